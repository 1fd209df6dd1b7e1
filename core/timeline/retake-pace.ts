/** Provisional places stay so long once they were taken back; twice as long each time, as long as it goes on. */
const REST_MIN = 250
const REST_MAX = 8_000

/** A member who lets out record after record that others build on must not have all placed anew each time. */
export class RetakePace {
  #last = -Infinity
  #rest = 0

  /** How many ms are left to wait at `now` (monotonic ms); 0 when it may be done, and then it counts as done. */
  take(now: number): number {
    const wait = this.#last + this.#rest - now
    if (wait > 0) return wait
    this.#rest = -wait > REST_MAX ? REST_MIN : Math.min(REST_MAX, 2 * this.#rest)
    this.#last = now
    return 0
  }
}
