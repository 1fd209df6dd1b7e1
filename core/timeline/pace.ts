/** How long to rest before a thing is done again: ever longer, as long as it goes on. Times in ms. */
export class Pace {
  readonly #min: number
  readonly #max: number
  #last = -Infinity
  #rest = 0

  constructor(min: number, max: number) {
    this.#min = min
    this.#max = max
  }

  /** How long is left to wait at `now` (monotonic); 0 when it may be done, and then it counts as done. */
  take(now: number): number {
    const wait = this.#last + this.#rest - now
    if (wait > 0) return wait
    this.#rest = -wait > this.#max ? this.#min : Math.min(this.#max, 2 * this.#rest)
    this.#last = now
    return 0
  }
}
