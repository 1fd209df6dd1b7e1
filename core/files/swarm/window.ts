/** Bytes that may be under way from one source: little at first, so that a slow link is not flooded before it is known. */
export const FIRST_WINDOW = 16 * 1024
/** The least, for links of a few kB a second. */
export const MIN_WINDOW = 1024
/** The most next door: more gains nothing there and costs memory. */
const NEAR_WINDOW = 2 * 1024 * 1024
/** Bytes more for each ms that a byte takes at best: some 100 MB a second at any distance. */
const PER_MS = 100 * 1024
/** The most. */
export const MAX_WINDOW = 8 * 1024 * 1024
/** Milliseconds that bytes may queue on the way: less starves a link that stutters, more holds up text. */
export const QUEUE = 30
/** The same while people are writing: a message passes the queue twice, once told of and once asked for. */
export const TALK_QUEUE = 12
/** After so much silence the way is empty, and may be another one: how long it takes at best is measured anew. */
const IDLE = 2_000

/** The most that is put up with where queues are not what takes time. */
const MAX_PATIENCE = 1_000
/** What a smaller window costs is seen after so many ms. */
const EPOCH = 100
/** How fast patience goes, each epoch. */
const FORGET = 0.97

/**
 * The next window, from how long bytes took that were granted a window ago: it settles where they take `patience` ms
 * longer than at best (FAST TCP: they queue for so long), and at most doubles or halves in a round trip.
 */
export function nextWindow(
  window: number,
  took: number,
  least: number,
  patience: number = QUEUE,
): number {
  const factor = took > 0 ? (least + patience) / took : 2
  const next = window * Math.min(2, Math.max(0.5, factor))
  const most = Math.min(MAX_WINDOW, NEAR_WINDOW + PER_MS * least)
  return Math.round(Math.min(most, Math.max(MIN_WINDOW, next)))
}

/** What was seen in some time: under which window, bytes a ms, and how long they took. */
export interface Epoch {
  readonly window: number
  readonly rate: number
  readonly took: number
}

/**
 * True when less came for the smaller window: then it is not on the line that bytes queue, but somebody is slow to
 * answer (a busy processor, a disk), and a window that shrinks for it would shrink without end.
 */
export function wasHarm(before: Epoch, after: Epoch): boolean {
  if (after.window >= before.window) return false
  return after.rate < (before.rate * (1 + after.window / before.window)) / 2
}

/** What one source may send: how far it was granted, and the window by which the grant goes on. */
export class GrantWindow {
  #size = FIRST_WINDOW
  #limit = 0
  #received = 0
  #least = Infinity
  #heardAt = -Infinity
  #sample: { readonly since: number; readonly beyond: number } | null = null
  /** Ms that bytes may queue. */
  #queue = QUEUE
  /** Ms more that they may take where queues are not what takes time. */
  #extra = 0
  #epoch: {
    since: number
    received: number
    window: number
    took: number
    samples: number
  } | null = null
  /** What was seen before the window was made smaller. */
  #before: Epoch | null = null

  get size(): number {
    return this.#size
  }

  /** Bytes that may still come under what was granted. */
  get open(): number {
    return this.#limit - this.#received
  }

  /** The limit to be told now; null while that of before will do. `awaited`: bytes that were asked for and did not come. */
  renew(now: number, awaited: number): number | null {
    const limit = this.#received + this.#size
    if (limit - this.#limit < this.#size / 4) return null
    if (now - this.#heardAt > IDLE) this.#least = Infinity
    // Only a source that has more to send than it may tells by its silence how long the way is.
    if (!this.#sample && awaited > this.open) this.#sample = { since: now, beyond: this.#limit }
    this.#limit = limit
    return limit
  }

  /** Notes bytes that came, and for how many ms they may queue; false when they were not granted. */
  take(now: number, bytes: number, queue: number = QUEUE): boolean {
    this.#queue = queue
    this.#received += bytes
    this.#heardAt = now
    if (this.#received > this.#limit) return false
    if (!this.#sample || this.#received <= this.#sample.beyond) return true
    const took = now - this.#sample.since
    this.#sample = null
    this.#least = Math.min(this.#least, took)
    if (took <= this.#least + this.#patience) this.#size = this.#next(took)
    this.#note(now, took)
    return true
  }

  /** What was awaited is not coming: the time it takes says nothing. */
  spoil(): void {
    this.#sample = null
    this.#epoch = null
  }

  #next(took: number): number {
    return nextWindow(this.#size, took, this.#least, this.#patience)
  }

  get #patience(): number {
    return this.#queue + this.#extra
  }

  /** It grows at once, and shrinks when it is known what the last time cost. */
  #note(now: number, took: number): void {
    const epoch = this.#epoch
    if (!epoch) {
      this.#epoch = {
        since: now,
        received: this.#received,
        window: this.#size,
        took: 0,
        samples: 0,
      }
      return
    }
    epoch.took += took
    epoch.samples++
    const ms = now - epoch.since
    if (ms < EPOCH) return
    const seen = {
      window: epoch.window,
      rate: (this.#received - epoch.received) / ms,
      took: epoch.took / epoch.samples,
    }
    this.#settle(seen)
    this.#epoch = { since: now, received: this.#received, window: this.#size, took: 0, samples: 0 }
  }

  #settle(seen: Epoch): void {
    const before = this.#before
    this.#before = null
    this.#extra *= FORGET
    if (before && wasHarm(before, seen)) {
      this.#size = Math.max(this.#size, before.window)
      this.#extra = Math.min(MAX_PATIENCE, Math.max(0, before.took - this.#least - this.#queue))
    } else if (seen.took > this.#least + this.#patience) {
      this.#before = seen
      this.#size = this.#next(seen.took)
    }
  }
}
