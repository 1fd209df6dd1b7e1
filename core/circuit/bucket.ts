/** How much of something may be used: `burst` at once, and `rate` more each second. Times in ms, monotonic. */
export class Bucket {
  readonly #burst: number
  readonly #rate: number
  #left: number
  #at = -Infinity

  constructor(burst: number, rate: number) {
    this.#burst = burst
    this.#rate = rate
    this.#left = burst
  }

  /** Uses `n` of it, if so much is there. */
  take(n: number, now: number): boolean {
    this.#fill(now)
    if (this.#left < n) return false
    this.#left -= n
    return true
  }

  /** Uses `n` of it, owing what is not there. */
  spend(n: number, now: number): void {
    this.#fill(now)
    this.#left -= n
  }

  /** Milliseconds until nothing is owed; 0 while there is some. */
  wait(now: number): number {
    this.#fill(now)
    return this.#left > 0 ? 0 : Math.ceil(((1 - this.#left) * 1_000) / this.#rate)
  }

  #fill(now: number): void {
    if (now <= this.#at) return
    if (this.#at !== -Infinity) {
      this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) * this.#rate) / 1_000)
    }
    this.#at = now
  }
}
