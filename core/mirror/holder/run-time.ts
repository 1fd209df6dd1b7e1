import type { Clock } from '../../clock.ts'

/** More than passes from one look to the next while a device runs: what is more, it slept through. */
const LONGEST = 2 * 60 * 60_000
/** The wall clock may be off by so much before times are shown anew. */
const TOLERATED = 60_000

/**
 * How long a device has been running, over its restarts. What is kept for others ages by this: a wall clock may be set
 * by years at once, and nobody can call on a device that is switched off.
 */
export class RunTime {
  readonly #clock: Clock
  #ran = 0
  #last: number
  #offset = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#last = clock.monotonic()
    this.anchor()
  }

  /** Milliseconds. */
  now(): number {
    const now = this.#clock.monotonic()
    this.#ran += Math.min(LONGEST, Math.max(0, now - this.#last))
    this.#last = now
    return Math.floor(this.#ran)
  }

  /** It ran for so long in earlier runs. */
  begin(ran: number): void {
    this.#ran = Math.max(this.now(), ran)
    this.anchor()
  }

  /** Looks at the wall clock again. */
  anchor(): void {
    const offset = this.#clock.now() - this.now()
    if (Math.abs(offset - this.#offset) > TOLERATED) this.#offset = offset
  }

  /** A time of this as people know it: wall-clock ms. */
  wall(ran: number): number {
    return Math.max(0, Math.floor(ran + this.#offset))
  }
}
