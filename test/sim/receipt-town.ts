/**
 * Devices of a room whose logs and links are modelled, and whose receipts are real: hours pass in milliseconds, and
 * what each device reports can be compared with what all of them have.
 */
import type { Delivery } from '../../core/api.ts'
import { DEFAULT_SETTINGS, EMPTY_ROOM } from '../../core/control/room-state.ts'
import type { RoomState } from '../../core/control/room-state.ts'
import { hash } from '../../core/crypto/hash.ts'
import { sizeClass } from '../../core/crypto/padding.ts'
import { silentLogger } from '../../core/logger.ts'
import { seededRandom } from '../../core/random.ts'
import type { Random } from '../../core/random.ts'
import type { ContentLog } from '../../core/room/content-log.ts'
import { decodeAck } from '../../core/room/delivery/ack-payload.ts'
import { Receipts } from '../../core/room/delivery/receipts.ts'
import { KIND_ACK, KIND_TEXT } from '../../core/room/record.ts'
import type { Head, RecordBody } from '../../core/room/record.ts'
import { HIDDEN, LogIndex, SHOWN } from '../../core/timeline/log-index.ts'
import { compare } from '../../core/timeline/order.ts'
import type { Position } from '../../core/timeline/order.ts'
import { VirtualClock } from './virtual-clock.ts'

const LATENCY = 200
const HAVE_DELAY = 100
const MAX_HEADS = 8
/** Header, nonce and tag of a block; time, kind and lengths in its body. */
const AROUND = 46
const INSIDE = 13
/** A session message: the room's tag, its number and counts, the frame's length and authentication; a log in it. */
const AROUND_WORD = 43
const LENGTH = 35

const PERSON = {
  name: '',
  role: 'member',
  muted: false,
  banned: false,
  removed: false,
  recovery: '',
} as const

interface Entry {
  readonly body: RecordBody
  readonly size: number
  readonly lamport: number
}

export interface TownOptions {
  readonly seed: number
  /** For each device, the number of its person. */
  readonly persons: readonly number[]
}

export class TownDevice {
  readonly id: string
  readonly person: string
  readonly key: Buffer
  readonly receipts: Receipts
  /** Records of each log that are here, in the timeline. */
  readonly indexes = new Map<string, LogIndex>()
  readonly neighbours = new Set<TownDevice>()
  /** Acknowledgements that it wrote. */
  acks = 0
  readonly #town: Town
  readonly #declared = new Map<string, number>()
  readonly #told = new Map<TownDevice, Map<string, number>>()
  #speaking = false

  constructor(town: Town, n: number, person: number, random: Random) {
    this.#town = town
    this.id = hash([Buffer.from(`device ${n}`)]).toString('hex')
    this.person = hash([Buffer.from(`person ${person}`)]).toString('hex')
    this.key = hash([Buffer.from(`log ${n}`)])
    this.receipts = new Receipts({
      person: this.person,
      device: this.id,
      state: () => town.state,
      logs: () => this.indexes.values(),
      source: (log) => town.source(log, this),
      written: (log) => this.indexes.get(log)?.length ?? 0,
      opens: () => true,
      tellsRead: () => true,
      may: () => true,
      write: (payload) => Promise.resolve(this.#ack(payload)),
      onnews: () => {},
      clock: town.clock,
      random,
      logger: silentLogger,
    })
  }

  /** A message of so many bytes of text. */
  say(length: number): void {
    const heads: Head[] = []
    for (const index of this.indexes.values()) {
      const news = index.length > (this.#declared.get(index.hex) ?? 0)
      if (index.key.equals(this.key) || !news || heads.length === MAX_HEADS) continue
      heads.push({ log: index.key, length: index.length })
      this.#declared.set(index.hex, index.length)
    }
    const size = AROUND + sizeClass(INSIDE + 34 * heads.length + length + 5)
    this.#append({ sentAt: 0, kind: KIND_TEXT, heads, payload: Buffer.alloc(0) }, size)
    this.#town.messageBytes += size
  }

  /** Its person reads everything that is here. */
  readAll(): void {
    let last: Position | null = null
    for (const log of this.indexes.values()) {
      const end = { log, seq: log.length - 1 }
      if (log.length > 0 && (!last || compare(end, last) > 0)) last = end
    }
    if (!last) return
    this.receipts.readTo(last)
    this.#speakSoon()
  }

  /** How much it has read of a log, at most: what was here when it read last. */
  has(log: Buffer): number {
    return this.indexes.get(log.toString('hex'))?.length ?? 0
  }

  link(other: TownDevice): void {
    if (this.neighbours.has(other)) return
    this.neighbours.add(other)
    other.neighbours.add(this)
    for (const [one, two] of [
      [this, other],
      [other, this],
    ] as const) {
      one.#told.delete(two)
      one.#speakSoon()
      one.#passOn(two)
    }
  }

  unlink(other: TownDevice): void {
    if (!this.neighbours.delete(other)) return
    other.neighbours.delete(this)
    this.receipts.unlinked(other.id)
    other.receipts.unlinked(this.id)
  }

  delivery(seq: number): Delivery {
    return this.receipts.of(this.#town.source(this.key.toString('hex'), this), seq)
  }

  /** Takes the next record of a log into its timeline. */
  take(key: Buffer): void {
    const hex = key.toString('hex')
    let index = this.indexes.get(hex)
    if (!index) {
      index = new LogIndex(key, key.equals(this.key))
      this.indexes.set(hex, index)
      this.receipts.add(this.#town.source(hex, this))
    }
    const seq = index.length
    const { body, size, lamport } = this.#town.entries(key)[seq]!
    index.push(lamport, body.kind === KIND_TEXT ? SHOWN : HIDDEN)
    const log = this.#town.source(hex, this)
    this.receipts.take({ log, seq, body, epoch: 0, size })
    this.#speakSoon()
    for (const neighbour of this.neighbours) this.#passOn(neighbour)
  }

  #ack(payload: Buffer): number {
    const size = AROUND + sizeClass(INSIDE + payload.byteLength)
    if (!decodeAck(payload)) throw new Error('an ill-made acknowledgement')
    this.acks++
    this.#append({ sentAt: 0, kind: KIND_ACK, heads: [], payload }, size)
    this.#town.ackBytes += size
    return size
  }

  #append(body: RecordBody, size: number): void {
    const entries = this.#town.entries(this.key)
    let lamport = entries.at(-1)?.lamport ?? 0
    for (const { log, length } of body.heads) {
      lamport = Math.max(lamport, this.#town.entries(log)[length - 1]!.lamport)
    }
    entries.push({ body, size, lamport: lamport + 1 })
    this.take(this.key)
  }

  /** What a neighbour lacks goes to it, unless the link breaks first. */
  #passOn(to: TownDevice): void {
    this.#town.clock.after(LATENCY, () => {
      for (const index of this.indexes.values()) {
        while (this.neighbours.has(to) && to.has(index.key) < index.length) {
          this.#town.passedBytes += this.#town.entries(index.key)[to.has(index.key)]!.size
          to.take(index.key)
        }
      }
    })
  }

  #speakSoon(): void {
    if (this.#speaking) return
    this.#speaking = true
    this.#town.clock.after(HAVE_DELAY, () => {
      this.#speaking = false
      for (const neighbour of this.neighbours) this.#speak(neighbour)
    })
  }

  #speak(to: TownDevice): void {
    const told = this.#told.get(to) ?? new Map<string, number>()
    this.#told.set(to, told)
    const fresh = (id: string, length: number): boolean => {
      if (told.get(id) === length) return false
      told.set(id, length)
      return true
    }
    const have = [...this.indexes.values()].filter(({ hex, length }) => {
      const theirs = this.#town.source(hex, this).person === to.person
      return (theirs || !told.has(hex)) && fresh(hex, length)
    })
    const read = this.receipts
      .readOf(to.id)
      .filter(({ key, length }) => fresh(`read ${key.toString('hex')}`, length))
    if (have.length + read.length === 0) return
    const lengths = have.map(({ key, length }) => ({ key, length }))
    this.receipts.told(to.id, lengths, read)
    this.#town.wordBytes += AROUND_WORD + LENGTH * (have.length + read.length)
    this.#town.clock.after(LATENCY, () => {
      if (this.neighbours.has(to)) to.receipts.heard(this.id, lengths, read)
    })
  }
}

export class Town {
  readonly clock = new VirtualClock({ settle: () => Promise.resolve() })
  readonly random: Random
  readonly devices: TownDevice[]
  readonly state: RoomState
  messageBytes = 0
  ackBytes = 0
  /** What devices said of what they have in sessions: once for each link that it went over. */
  wordBytes = 0
  /** Messages likewise, once for each link that one went over. */
  passedBytes = 0
  readonly #logs = new Map<string, { entries: Entry[]; of: TownDevice }>()

  constructor({ seed, persons }: TownOptions) {
    this.random = seededRandom(seed)
    this.devices = persons.map(
      (person, n) => new TownDevice(this, n, person, seededRandom(seed * 1_000 + n)),
    )
    for (const device of this.devices) {
      this.#logs.set(device.key.toString('hex'), { entries: [], of: device })
    }
    const ids = this.devices.map(({ id }) => id)
    const epoch = { id: 0, depth: 0, parent: null, at: 0, ephemeral: Buffer.alloc(32), links: [] }
    this.state = {
      ...EMPTY_ROOM,
      settings: DEFAULT_SETTINGS,
      devices: new Map(
        this.devices.map(({ id, person }) => [
          id,
          { person, writer: id, logs: [], standing: 'in', dropped: false, since: 0 },
        ]),
      ),
      persons: new Map(
        this.devices.map(({ person }, seniority) => [person, { ...PERSON, seniority }]),
      ),
      epochs: new Map([
        [0, { ...epoch, holders: new Set(ids), handed: new Set(ids), boxes: new Map() }],
      ]),
    }
  }

  entries(log: Buffer): Entry[] {
    return this.#logs.get(log.toString('hex'))!.entries
  }

  /** A log as a device has it. */
  source(hex: string, at: TownDevice): ContentLog {
    const { of } = this.#logs.get(hex)!
    const { id: device, person, key } = of
    return { key, hex, device, person, own: of === at } as ContentLog
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random.float() * from.length)]!
  }

  get acks(): number {
    return this.devices.reduce((sum, { acks }) => sum + acks, 0)
  }

  async close(): Promise<void> {
    for (const { receipts } of this.devices) await receipts.close()
  }
}
