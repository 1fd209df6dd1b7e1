import type Hypercore from 'hypercore'
import type { Clock } from '../clock.ts'
import { asDiskError } from '../durability/disk-error.ts'
import { Turns } from '../files/store/turns.ts'
import { checkpoint, readRange } from '../replication/bulk-server.ts'
import type { ContentLog } from '../room/content-log.ts'
import type { Room } from '../room/room.ts'
import { until } from '../until.ts'
import type { Copy, ItemName, LogHead, LogRange, Stored } from './copy.ts'
import { importRange, rootsAt, spansOf } from './import-range.ts'
import { mirrorId, mirrorKeys } from './mirror-keys.ts'
import type { MirrorKeys } from './mirror-keys.ts'
import { encodeManifest, MAX_WHOLE_BYTES, MAX_WHOLE_LENGTH, proveRange } from './range/prove.ts'
import { RoomNotes } from './room-notes.ts'
import { firstMissing } from './archive/segment-index.ts'

/** An entry of the control log is made durable in far less. */
const HOLD_LIMIT = 10_000

/** A log of the room that ranges are taken of, or into. */
interface OpenLog {
  readonly core: Hypercore
  /** Null for a control log. */
  readonly content: ContentLog | null
}

/**
 * A room of this device as one side of an exchange of ciphertext. What is `stored` here is as durable as what comes
 * from peers: the store writes it, and syncs it with what follows.
 */
export class RoomCopy implements Copy {
  readonly room: Room
  readonly keys: MirrorKeys
  readonly id: string
  readonly #clock: Clock
  readonly #turns = new Turns()
  readonly #notes: RoomNotes
  /** Holes that ranges did not fill: log (hex) → the first such block. */
  readonly #stuck = new Map<string, number>()

  constructor(room: Room, { clock }: { readonly clock: Clock }) {
    this.room = room
    this.#clock = clock
    const secret = Buffer.from(room.record.encryptionKey, 'hex')
    this.keys = mirrorKeys(secret, room.control.key)
    this.id = mirrorId(this.keys.mirror)
    this.#notes = new RoomNotes(room)
  }

  async heads(): Promise<readonly LogHead[]> {
    await this.room.caughtUp()
    const released = await this.#released()
    const heads: LogHead[] = []
    for (const { core, content } of this.#logs()) {
      const { manifest } = core
      const spans = spansOf(core)
      if (!manifest || spans.length === 0 || (!content && !released)) continue
      heads.push({ key: Buffer.from(core.key), manifest: encodeManifest(manifest), spans })
    }
    return heads
  }

  async read(key: Buffer, from: number, max: number): Promise<LogRange | null> {
    const log = this.#log(key)
    if (!log?.core.manifest || log.core.closing) return null
    if (!(await this.#released()) && !log.content) return null
    const { core, content } = log
    // Taken in one tick: an entry of our own that is not durable yet is behind it.
    const { length, signature } = core.core.state
    if (from >= length || core.fork !== 0) return null
    const roots = await rootsAt(core, from)
    if (!roots) return null
    const name = {
      key: Buffer.from(core.key),
      manifest: encodeManifest(core.manifest!),
      from,
      roots,
    }
    const range = await readRange(core, from, {
      bytes: Math.min(max, MAX_WHOLE_BYTES),
      blocks: content ? undefined : MAX_WHOLE_LENGTH,
      head: { length, signature: signature && Buffer.from(signature) },
      checkpoint: content ? checkpoint : undefined,
      // Its author may have written anything there.
      sound: (blocks, said) => proveRange({ ...name, blocks, signature: said }) !== null,
    })
    return range && { ...name, blocks: range.blocks, signature: range.signature }
  }

  async wants({ key, spans }: LogHead): Promise<number | null> {
    const log = this.#log(key)
    if (!log || this.#refuses(log) !== null) return null
    const { length } = log.core
    const limit = log.content?.limit ?? Infinity
    const missing = firstMissing(spansOf(log.core), spans)
    const hex = key.toString('hex')
    const stuck = missing !== null && missing < length && this.#stuck.get(hex) === missing
    const beyond = spans.some(({ from, to }) => from <= length && length < to)
    const from = stuck ? (beyond ? length : null) : missing
    return from !== null && from <= length && from < limit ? from : null
  }

  async store(range: LogRange): Promise<Stored> {
    const log = this.#log(range.key)
    if (!log || !proveRange(range)) return 'refused'
    const hex = range.key.toString('hex')
    return this.#turns.run(hex, () => this.#store(log, range))
  }

  async notes(): Promise<readonly Buffer[]> {
    return this.#notes.list()
  }

  note(statements: readonly Buffer[]): Promise<void> {
    return this.#notes.take(statements)
  }

  over(statements: readonly Buffer[]): readonly Buffer[] {
    return this.#notes.over(statements)
  }

  async items(): Promise<readonly ItemName[] | null> {
    const { files } = this.room.conversation
    // While its timeline is placed anew, a room knows less than it will.
    if (!files.complete) return null
    return files
      .list()
      .toReversed()
      .map(({ item: { root, size, chunk } }) => ({ root, size, chunk }))
  }

  watch(onchange: () => void): () => void {
    const { room } = this
    const told = (): void => onchange()
    const events = ['state', 'log', 'placed', 'files'] as const
    const onstate = (): void => void this.#notes.look()
    for (const event of events) room.on(event, told)
    room.on('state', onstate)
    // Said at each look at the control log too, as `heads` takes one: only what is new is news.
    let known = this.#control()
    const onheads = (): void => {
      const now = this.#control()
      if (now === known) return
      known = now
      told()
    }
    room.control.on('heads', onheads)
    return () => {
      for (const event of events) room.off(event, told)
      room.off('state', onstate)
      room.control.off('heads', onheads)
    }
  }

  /** How far the control logs go here. */
  #control(): string {
    return this.room.control
      .heads()
      .map(({ length }) => length)
      .join()
  }

  async #store(log: OpenLog, range: LogRange): Promise<Stored> {
    const refused = this.#refuses(log)
    if (refused !== null) return refused
    const { core, content } = log
    if (content && range.from >= content.limit) return 'refused'
    const before = core.length
    let stored: Stored
    try {
      stored = await this.#restoring(log, () => importRange(core, range))
    } catch (cause) {
      const error = asDiskError(cause)
      if (error.code === 'DISK_FULL') return 'full'
      if (core.closing) return 'refused'
      throw error
    }
    const hex = range.key.toString('hex')
    if (stored === 'gap') this.#stuck.set(hex, core.contiguousLength)
    else this.#stuck.delete(hex)
    if (core.length > before) content?.took(range.blocks.slice(before - core.length))
    if (!content) await this.room.caughtUp()
    return stored
  }

  /** Why nothing is taken into a log now; null for no reason. */
  #refuses({ core, content }: OpenLog): Stored | null {
    if (core.closing) return 'refused'
    return content && !this.room.logs.accepting ? 'full' : null
  }

  /** What comes of this device's own logs is what it lost: nothing may be written there meanwhile. */
  #restoring<T>({ core, content }: OpenLog, work: () => Promise<T>): Promise<T> {
    const { room } = this
    if (content) return content.own ? room.restore(content, work) : work()
    return core.key.equals(room.control.writer) ? room.control.restore(work) : work()
  }

  #log(key: Buffer): OpenLog | null {
    const hex = key.toString('hex')
    const content = this.room.logs.get(hex)
    if (content) return { core: content.core, content }
    const core = this.room.control.cores.get(hex)
    return core?.opened ? { core, content: null } : null
  }

  *#logs(): Iterable<OpenLog> {
    for (const core of this.room.control.cores.all()) yield { core, content: null }
    for (const content of this.room.logs) yield { core: content.core, content }
  }

  /**
   * Waits while an entry of this device's own is being made durable: nobody may hear of it before. False where the disk
   * takes too long: control logs are not given then.
   */
  #released(): Promise<boolean> {
    const { control } = this.room
    const free = (): boolean => !control.holding
    return until(control, ['released'], free, { clock: this.#clock, ms: HOLD_LIMIT })
  }
}
