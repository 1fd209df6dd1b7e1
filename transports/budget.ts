/** An allowance that refills with time: so many at once, and so many a second. */
export class Budget {
  readonly #most: number
  readonly #perSecond: number
  #left: number
  #at: number

  constructor(most: number, perSecond: number, now: number) {
    this.#most = most
    this.#perSecond = perSecond
    this.#left = most
    this.#at = now
  }

  /** Takes `amount` if it is there; `now` in milliseconds. */
  take(amount: number, now: number): boolean {
    this.#refill(now)
    if (amount > this.#left) return false
    this.#left -= amount
    return true
  }

  /** Takes it although it is not there; gives the milliseconds until it is made up for. */
  owe(amount: number, now: number): number {
    this.#refill(now)
    this.#left -= amount
    return this.#left >= 0 ? 0 : (-this.#left / this.#perSecond) * 1_000
  }

  #refill(now: number): void {
    const earned = ((now - this.#at) / 1_000) * this.#perSecond
    this.#left = Math.min(this.#most, this.#left + earned)
    this.#at = now
  }
}
