import { decodeExact, encode, fixed, list, struct, uint } from '../../codec/codec.ts'
import { keyPrefix, logPrefix } from '../../control/log-prefix.ts'
import type { PlacedRecord, RecordConsumer } from '../record-consumer.ts'
import { KIND_ACK } from '../record.ts'
import { decodeAck, MAX_ACKED } from './ack-payload.ts'
import type { Ack } from './ack-payload.ts'

/** What was told so shortly before a link broke may not have arrived, in ms. */
const UNSURE = 10_000

/** Another person's log, as far as it is placed here. */
export interface HeardLog {
  readonly key: Buffer
  readonly length: number
  /** How many of its first records people can see. */
  shownBefore(seq: number): number
}

/** Lengths of one log. */
interface Entry {
  readonly key: Buffer
  /** Stated in records of this device: reaches the author whatever happens. */
  stated: number
  /** Told the author in a session, for sure and lately. */
  told: number
  telling: { length: number; at: number } | null
  /** What this person has read here, and what the author was told of it. */
  read: number
  readStated: number
  readTold: number
}

/** What this device has said of others' logs, and so what their authors may not know yet. */
export class AckLedger implements RecordConsumer {
  readonly name = 'acks'
  readonly #entries = new Map<string, Entry>()

  take({ log, body }: PlacedRecord): void {
    if (!log.own) return
    for (const head of body.heads) {
      const entry = this.#entry(head.log)
      entry.stated = Math.max(entry.stated, head.length)
    }
    const ack = body.kind === KIND_ACK ? decodeAck(body.payload) : null
    if (ack) this.stated(ack)
  }

  /** It stands in a record of this device. */
  stated(ack: Ack): void {
    for (const { log, length } of ack.have) {
      const entry = this.#entry(log)
      entry.stated = Math.max(entry.stated, length)
    }
    for (const { log, length } of ack.read) {
      const entry = this.#entry(log)
      entry.readStated = Math.max(entry.readStated, length)
    }
  }

  /** The author was told in a session that so much of a log is here; `now` in monotonic ms. */
  told(log: Buffer, length: number, now: number): void {
    const entry = this.#entry(log)
    if (entry.telling && now - entry.telling.at > UNSURE) entry.told = entry.telling.length
    entry.telling = { length, at: now }
  }

  /** The author was told in a session that so much was read. */
  toldRead(log: Buffer, length: number): void {
    const entry = this.#entry(log)
    entry.readTold = Math.max(entry.readTold, length)
  }

  /** The link to the author of a log ended: what was told just before may be lost. */
  unsure(log: Buffer, now: number): void {
    const entry = this.#entry(log)
    if (entry.telling && now - entry.telling.at > UNSURE) entry.told = entry.telling.length
    entry.telling = null
  }

  /** This person has read the first `length` records of a log. */
  read(log: Buffer, length: number): void {
    const entry = this.#entry(log)
    entry.read = Math.max(entry.read, length)
  }

  /** How much of a log this person has read and tells of. */
  readLength(log: Buffer): number {
    return this.#entries.get(logPrefix(log))?.read ?? 0
  }

  /** What no author of these logs can know yet: only messages count, never what devices say among themselves. */
  unsaid(logs: Iterable<HeardLog>, reads: boolean): Ack {
    const ack: Ack = { have: [], read: [] }
    for (const log of logs) {
      const entry = this.#entries.get(logPrefix(log.key))
      const known = Math.max(entry?.stated ?? 0, entry?.told ?? 0, entry?.telling?.length ?? 0)
      const prefix = keyPrefix(log.key)
      if (news(log, known, log.length) && ack.have.length < MAX_ACKED) {
        ack.have.push({ log: prefix, length: log.length })
      }
      if (!entry || !reads || ack.read.length === MAX_ACKED) continue
      const told = Math.max(entry.readStated, entry.readTold)
      if (news(log, told, entry.read)) ack.read.push({ log: prefix, length: entry.read })
    }
    return ack
  }

  save(): Buffer {
    const entries = [...this.#entries.values()].map(({ telling, ...entry }) => ({
      ...entry,
      told: telling?.length ?? entry.told,
    }))
    return encode(saved, entries)
  }

  load(data: Buffer): void {
    for (const entry of decodeExact(saved, data)) {
      this.#entries.set(logPrefix(entry.key), { ...entry, telling: null })
    }
  }

  /** Forgets what records of this device say; what was told and read can not be learned again, and stays. */
  reset(): void {
    for (const entry of this.#entries.values()) {
      entry.stated = 0
      entry.readStated = 0
    }
  }

  #entry(log: Buffer): Entry {
    const id = logPrefix(log)
    let entry = this.#entries.get(id)
    if (!entry) {
      const key = Buffer.from(keyPrefix(log))
      entry = { key, stated: 0, told: 0, telling: null, read: 0, readStated: 0, readTold: 0 }
      this.#entries.set(id, entry)
    }
    return entry
  }
}

/** True when people can see a record among those from `from` to `to`. */
function news(log: HeardLog, from: number, to: number): boolean {
  const end = Math.min(to, log.length)
  return from < end && log.shownBefore(end) > log.shownBefore(from)
}

const saved = list(
  struct<Omit<Entry, 'telling'>>({
    key: fixed(8),
    stated: uint,
    told: uint,
    read: uint,
    readStated: uint,
    readTold: uint,
  }),
  Number.MAX_SAFE_INTEGER,
)
