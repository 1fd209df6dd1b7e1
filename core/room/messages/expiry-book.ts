import type { Clock, Timer } from '../../clock.ts'
import { decodeExact, encode, fixed, list, struct, uint } from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import type { Place } from '../place.ts'
import type { PlacedRecord, RecordConsumer } from '../record-consumer.ts'
import { expiresAt } from './expiry.ts'
import { messagePayload } from './message-payload.ts'
import { PlaceList } from './place-list.ts'

/** The wall clock may be set: it is looked at again after so many ms at the latest. */
const LOOK = 60_000
/** Many that disappear one after another are told together. */
const PAUSE = 100
const ANY = 0xffff_ffff
/** Its time is over, and that was told. */
const OVER = 0

export interface ExpiryBookOptions {
  readonly clock: Clock
  /** The time of these messages is over; also of some that came too late. */
  readonly onexpired: (places: readonly Place[]) => void
}

const saved: Codec<{ log: Buffer; entries: { seq: number; at: number }[] }[]> = list(
  struct({ log: fixed(32), entries: list(struct({ seq: uint, at: uint }), ANY) }),
  ANY,
)

/** When which messages of a room disappear: 16 bytes for each that has a timer. One timer for the next of them. */
export class ExpiryBook implements RecordConsumer {
  readonly name = 'expiry'
  readonly #options: ExpiryBookOptions
  /** Log → when each of its messages disappears. */
  #logs = new Map<string, PlaceList>()
  #next = Infinity
  #timer: Timer | null = null
  #closed = false

  constructor(options: ExpiryBookOptions) {
    this.#options = options
  }

  take({ log, seq, body }: PlacedRecord): void {
    const payload = messagePayload(body)
    if (!payload || payload.expiresIn === null) return
    const list = this.#logs.get(log.hex) ?? new PlaceList()
    this.#logs.set(log.hex, list)
    const now = Math.floor(this.#options.clock.now())
    if (list.add(seq, expiresAt(body.sentAt, now, payload.expiresIn))) {
      this.#expect(list.get(seq)!)
    }
  }

  /** Wall-clock ms at which a message disappears; null for one without a timer. */
  at(log: string, seq: number): number | null {
    return this.#logs.get(log)?.get(seq) ?? null
  }

  /** True once a message's time is over: it does not come back when the clock is set back. */
  isOver(log: string, seq: number): boolean {
    const at = this.at(log, seq)
    return at !== null && at <= this.#options.clock.now()
  }

  save(): Buffer {
    const lists = [...this.#logs].map(([hex, { seqs, values }]) => ({
      log: Buffer.from(hex, 'hex'),
      entries: seqs.map((seq, i) => ({ seq, at: values[i]! })),
    }))
    return encode(saved, lists)
  }

  load(data: Buffer): void {
    const logs = new Map<string, PlaceList>()
    for (const { log, entries } of decodeExact(saved, data)) {
      const list = new PlaceList()
      for (const { seq, at } of entries) list.add(seq, at)
      logs.set(log.toString('hex'), list)
    }
    this.#logs = logs
    this.#expect(this.#earliest())
  }

  /** What is over stays over: the times themselves are kept, and told once more. */
  reset(): void {
    for (const { values } of this.#logs.values()) {
      for (const [i, at] of values.entries()) if (at === OVER) values[i] = OVER + 1
    }
    this.#expect(this.#earliest())
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  /** Something disappears then. */
  #expect(at: number): void {
    if (at >= this.#next || this.#closed) return
    this.#next = at
    this.#timer?.cancel()
    const wait = Math.max(PAUSE, at - this.#options.clock.now())
    this.#timer = this.#options.clock.after(Math.min(wait, LOOK), () => this.#look())
  }

  #look(): void {
    const now = this.#options.clock.now()
    const places: Place[] = []
    for (const [log, { seqs, values }] of this.#logs) {
      for (const [i, at] of values.entries()) {
        if (at === OVER || at > now) continue
        values[i] = OVER
        places.push({ log, seq: seqs[i]! })
      }
    }
    this.#next = Infinity
    this.#expect(this.#earliest())
    if (places.length > 0) this.#options.onexpired(places)
  }

  #earliest(): number {
    let earliest = Infinity
    for (const { values } of this.#logs.values()) {
      for (const at of values) if (at !== OVER && at < earliest) earliest = at
    }
    return earliest
  }
}
