import type { Clock, Timer } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import { flight, LARGEST_SEGMENT, segmentOf, serialization, windowOf } from './conditions.ts'
import type { Conditions } from './conditions.ts'

/** What a wire leads along. */
export interface Path {
  readonly conditions: () => Conditions
  /** True for a radio's link, which buffers little. */
  readonly narrow?: boolean
}

/** The end of a wire that a lane delivers to. */
export interface Receiver {
  /** Takes a segment, or null at the end; false when it wants no more until it asks. */
  take(segment: Uint8Array | null): boolean
  /** The other end destroyed its stream. */
  hungUp(): void
}

interface Item {
  arrives: number
  readonly segment: Uint8Array | null
}

/** One direction of a wire: delays, paces and buffers within a window; keeps the order. */
export class Lane {
  readonly #clock: Clock
  readonly #random: Random
  readonly #conditions: () => Conditions
  readonly #receiver: Receiver
  readonly #narrow: boolean
  #queue: Item[] = []
  #unread = 0
  #busyUntil = 0
  #lastArrival = 0
  #hangUpAt: number | null = null
  #wanted = false
  #held = false
  #closed = false
  #pumping = false
  #timer: Timer | null = null
  #accepted: (() => void) | null = null

  constructor(
    clock: Clock,
    random: Random,
    { conditions, narrow = false }: Path,
    receiver: Receiver,
  ) {
    this.#narrow = narrow
    this.#clock = clock
    this.#random = random
    this.#conditions = conditions
    this.#receiver = receiver
  }

  /** Puts a copy of the bytes on the wire; calls `accepted` once there is room for more. */
  send(data: Uint8Array, accepted: () => void): void {
    if (this.#closed) return accepted()
    const conditions = this.#conditions()
    const size = segmentOf(conditions, this.#narrow)
    for (let i = 0; i < data.byteLength; i += size) {
      // A copy, as on any wire: a receiver may decrypt in place, a sender may reuse its buffer.
      const segment = Buffer.from(data.subarray(i, i + size))
      this.#enqueue(segment, conditions)
    }
    this.#accepted = accepted
    this.#pump()
  }

  /** The sender's orderly end: arrives after everything that was sent. */
  end(): void {
    if (this.#closed) return
    this.#enqueue(null, this.#conditions())
    this.#pump()
  }

  /** The sender destroyed its stream: the receiver learns it one flight later, read or not. */
  hangUp(): void {
    if (this.#closed || this.#hangUpAt !== null) return
    const at = this.#clock.monotonic() + this.#conditions().latency
    this.#hangUpAt = Math.max(at, this.#lastArrival)
    this.#release()
    this.#pump()
  }

  /** The receiver has room. */
  want(): void {
    this.#wanted = true
    this.#pump()
  }

  /** Black-holes the lane: nothing arrives until `unhold`. */
  hold(): void {
    this.#held = true
    this.#timer?.cancel()
    this.#timer = null
  }

  /** Ends a black hole; what it swallowed is retransmitted, so it arrives one flight from now. */
  unhold(): void {
    if (!this.#held) return
    this.#held = false
    const earliest = this.#clock.monotonic() + this.#conditions().latency
    for (const item of this.#queue) item.arrives = Math.max(item.arrives, earliest)
    this.#lastArrival = Math.max(this.#lastArrival, earliest)
    if (this.#hangUpAt !== null) this.#hangUpAt = Math.max(this.#hangUpAt, earliest)
    this.#pump()
  }

  #enqueue(segment: Uint8Array | null, conditions: Conditions): void {
    const bytes = segment?.byteLength ?? 0
    this.#unread += bytes
    const sent = Math.max(this.#clock.monotonic(), this.#busyUntil)
    this.#busyUntil = sent + serialization(conditions, bytes)
    const arrives = this.#busyUntil + flight(conditions, bytes, this.#random)
    this.#lastArrival = Math.max(this.#lastArrival, arrives)
    this.#queue.push({ arrives: this.#lastArrival, segment })
  }

  #pump(): void {
    // A receiver may ask for more from within `take`.
    if (this.#pumping || this.#held || this.#closed) return
    this.#pumping = true
    const now = this.#clock.monotonic()
    const delivered = this.#deliver(now)
    this.#pumping = false
    if (this.#unread < windowOf(this.#conditions(), this.#narrow)) this.#release()
    // Not in the same turn as data: the receiver would drop what it has not shown yet.
    if (!delivered && this.#hangUpAt !== null && this.#hangUpAt <= now) this.#hungUp()
    this.#schedule()
  }

  /** Hands over what has arrived and is wanted; whether there was any. */
  #deliver(now: number): boolean {
    let delivered = false
    while (this.#wanted && (this.#queue[0]?.arrives ?? Infinity) <= now) {
      this.#wanted = this.#receiver.take(this.#arrived(now))
      delivered = true
    }
    return delivered
  }

  /** Takes out what has arrived, joined as TCP joins it: where one write ended shows to no receiver. */
  #arrived(now: number): Uint8Array | null {
    const segments: Uint8Array[] = []
    let bytes = 0
    for (let item = this.#queue[0]; item !== undefined; item = this.#queue[0]) {
      const size = item.segment?.byteLength ?? 0
      const full = bytes > 0 && (item.segment === null || bytes + size > LARGEST_SEGMENT)
      if (item.arrives > now || full) break
      this.#queue.shift()
      this.#unread -= size
      if (item.segment === null) return null
      segments.push(item.segment)
      bytes += size
    }
    return segments.length === 1 ? segments[0]! : Buffer.concat(segments)
  }

  #hungUp(): void {
    this.#closed = true
    this.#queue = []
    this.#receiver.hungUp()
  }

  #schedule(): void {
    this.#timer?.cancel()
    this.#timer = null
    if (this.#closed || this.#held) return
    const next = this.#wanted ? (this.#queue[0]?.arrives ?? Infinity) : Infinity
    const at = Math.min(next, this.#hangUpAt ?? Infinity)
    if (at === Infinity) return
    const wait = Math.max(0, at - this.#clock.monotonic())
    this.#timer = this.#clock.after(wait, () => {
      this.#timer = null
      this.#pump()
    })
  }

  #release(): void {
    const accepted = this.#accepted
    this.#accepted = null
    accepted?.()
  }
}
