import { bytes, decodeExact, encode, struct } from '../../codec/codec.ts'
import type { Delivery } from '../../api.ts'
import type { Clock } from '../../clock.ts'
import { mayWrite } from '../../control/roles.ts'
import type { RoomState } from '../../control/room-state.ts'
import type { Logger } from '../../logger.ts'
import type { Random } from '../../random.ts'
import { readUpTo } from '../../timeline/order.ts'
import type { LogIndex } from '../../timeline/log-index.ts'
import type { Position } from '../../timeline/order.ts'
import type { ContentLog } from '../content-log.ts'
import type { PlacedRecord, RecordConsumer } from '../record-consumer.ts'
import { FIRST_SILENT_KIND } from '../record.ts'
import { AckLedger } from './ack-ledger.ts'
import { AckWriter } from './ack-writer.ts'
import { DeliveryBook } from './delivery-book.ts'

/** How much of a log: its length. */
export interface LogLength {
  readonly key: Buffer
  readonly length: number
}

export interface ReceiptsOptions {
  /** This person and device (hex). */
  readonly person: string
  readonly device: string
  readonly state: () => RoomState
  /** The timeline's logs, and whose they are. */
  readonly logs: () => Iterable<LogIndex>
  readonly source: (log: string) => ContentLog | undefined
  /** Whether a device can open what an epoch sealed. */
  readonly opens: (device: string, epoch: number) => boolean
  /** How many records of a log there are, as its author's signature proves. */
  readonly written: (log: string) => number
  /** Whether this person tells others what they read. */
  readonly tellsRead: () => boolean
  /** False while this device may not write here. */
  readonly may: () => boolean
  /** Writes an acknowledgement; resolves with the bytes of its block. */
  readonly write: (payload: Buffer) => Promise<number>
  /** Delivery of this person's messages moved on. */
  readonly onnews: () => void
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** What is said in a room of who has what: by others of this person's messages, and by this device of theirs. */
export class Receipts implements RecordConsumer {
  readonly name = 'receipts'
  readonly #options: ReceiptsOptions
  readonly #book: DeliveryBook
  readonly #ledger = new AckLedger()
  readonly #writer: AckWriter
  #counted: { state: RoomState; writers: number } | null = null

  constructor(options: ReceiptsOptions) {
    this.#options = options
    const book = {
      ...options,
      holder: (device: string) => holderOf(options.state(), device),
    }
    this.#book = new DeliveryBook(book, options.onnews)
    this.#writer = new AckWriter({
      ...options,
      unsaid: () => this.#ledger.unsaid(this.#heardLogs(), options.tellsRead()),
      devices: () => this.#writers(),
      onwritten: (ack) => this.#ledger.stated(ack),
    })
  }

  /** A log was opened. */
  add(log: ContentLog): void {
    if (log.person === this.#options.person) this.#book.add(log)
  }

  take(record: PlacedRecord): void {
    this.#book.take(record)
    this.#ledger.take(record)
    const { log, body, size } = record
    if (body.kind < FIRST_SILENT_KIND && log.person !== this.#options.person) {
      this.#writer.arrived(size)
    }
  }

  /** The delivery of a record that is placed here. */
  of(log: ContentLog, seq: number): Delivery {
    if (log.person === this.#options.person) return this.#book.of(log.hex, seq)
    // Whatever another wrote and is shown here was delivered here.
    return { state: 'delivered', devices: 1 }
  }

  /** How many devices of members said that they have a record of this person's. */
  havers(log: string, seq: number): number {
    return this.#book.havers(log, seq)
  }

  /** A member's device said in a session what it has, and what its person read. */
  heard(device: string, have: Iterable<LogLength>, read: Iterable<LogLength>): void {
    for (const { key, length } of have) this.#book.tell(device, key.toString('hex'), length)
    for (const { key, length } of read) this.#book.tellRead(device, key.toString('hex'), length)
  }

  /** A node that can not read the room said that it holds, durably, so much of some logs. */
  stored(node: string, logs: Iterable<LogLength>): void {
    for (const { key, length } of logs) this.#book.stored(node, key.toString('hex'), length)
  }

  /** A node holds the room no more. */
  dropped(node: string): void {
    this.#book.dropped(node)
  }

  /** A member's device was told in a session what is here, and what was read. */
  told(device: string, have: Iterable<LogLength>, read: Iterable<LogLength>): void {
    const now = this.#options.clock.monotonic()
    for (const { key, length } of have) {
      if (this.#isOf(device, key)) this.#ledger.told(key, length, now)
    }
    for (const { key, length } of read) this.#ledger.toldRead(key, length)
  }

  /** The link to a device ended. */
  unlinked(device: string): void {
    const now = this.#options.clock.monotonic()
    for (const { key } of this.#options.logs()) {
      if (this.#isOf(device, key)) this.#ledger.unsure(key, now)
    }
    this.#writer.wake()
  }

  /** What this person has read of a device's logs, and tells of. */
  readOf(device: string): LogLength[] {
    const read: LogLength[] = []
    if (!this.#options.tellsRead()) return read
    for (const { key } of this.#options.logs()) {
      const length = this.#ledger.readLength(key)
      if (length > 0 && this.#isOf(device, key)) read.push({ key, length })
    }
    return read
  }

  /** This person has read everything up to a place, here and now: what arrives before it later, they have not seen. */
  readTo(position: Position): void {
    if (!this.#options.tellsRead()) return
    for (const log of this.#options.logs()) {
      const source = this.#options.source(log.hex)
      if (!source || source.person === this.#options.person) continue
      this.#ledger.read(log.key, readUpTo(log, position))
    }
    this.#writer.readOn()
  }

  /** What this device may do, or who is in, changed. */
  wake(): void {
    this.#writer.wake()
  }

  save(): Buffer {
    return encode(parts, { book: this.#book.save(), ledger: this.#ledger.save() })
  }

  load(data: Buffer): void {
    const { book, ledger } = decodeExact(parts, data)
    this.#book.load(book)
    this.#ledger.load(ledger)
  }

  reset(): void {
    this.#book.reset()
    this.#ledger.reset()
  }

  close(): Promise<void> {
    return this.#writer.close()
  }

  #isOf(device: string, log: Buffer): boolean {
    return this.#options.source(log.toString('hex'))?.device === device
  }

  /** Logs of others whose device is there to be told. */
  *#heardLogs(): Iterable<LogIndex> {
    for (const log of this.#options.logs()) {
      const source = this.#options.source(log.hex)
      if (!source || source.person === this.#options.person) continue
      if (holderOf(this.#options.state(), source.device)?.in) yield log
    }
  }

  /** Devices that may write, and so acknowledge. */
  #writers(): number {
    const state = this.#options.state()
    if (this.#counted?.state !== state) {
      let writers = 0
      for (const { person, standing } of state.devices.values()) {
        const role = state.persons.get(person)?.role
        if (standing === 'in' && role && mayWrite(role)) writers++
      }
      this.#counted = { state, writers }
    }
    return this.#counted.writers
  }
}

function holderOf(
  state: RoomState,
  device: string,
): { person: string; in: boolean; muted: boolean } | null {
  const entry = state.devices.get(device)
  if (!entry) return null
  const muted = state.persons.get(entry.person)?.muted ?? false
  return { person: entry.person, in: entry.standing === 'in', muted }
}

const parts = struct<{ book: Buffer; ledger: Buffer }>({
  book: bytes(Number.MAX_SAFE_INTEGER),
  ledger: bytes(Number.MAX_SAFE_INTEGER),
})
