import type { Clock, Timer } from '../../clock.ts'

/** Ranges that are read and sent at a time. */
const MAX_READING = 8
/** How long one counts: a slow link must not keep all others waiting. */
const PATIENCE = 30_000
/** Slow ones beside them; over that the oldest ends. */
const MAX_SLOW = 8

interface Slot {
  readonly end: () => void
  timer: Timer | null
}

/** Bounds what all links together hold in memory of ranges that they send. */
export class ReadSlots {
  readonly #clock: Clock
  readonly #waiting: (() => void)[] = []
  /** Oldest first. */
  readonly #slow = new Set<Slot>()
  #reading = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when a range may be read, with what says that it was sent. `end`: it takes too long, with too many others. */
  async enter(end: () => void): Promise<() => void> {
    if (this.#reading >= MAX_READING) await new Promise<void>((go) => this.#waiting.push(go))
    else this.#reading++
    const slot: Slot = { end, timer: null }
    slot.timer = this.#clock.after(PATIENCE, () => this.#tooSlow(slot))
    return () => {
      if (this.#slow.delete(slot)) return
      if (!slot.timer) return
      slot.timer.cancel()
      slot.timer = null
      this.#next()
    }
  }

  #tooSlow(slot: Slot): void {
    slot.timer = null
    this.#slow.add(slot)
    this.#next()
    if (this.#slow.size <= MAX_SLOW) return
    const [oldest] = this.#slow
    this.#slow.delete(oldest!)
    oldest!.end()
  }

  /** The slot goes to who waits longest. */
  #next(): void {
    const go = this.#waiting.shift()
    if (go) go()
    else this.#reading--
  }
}
