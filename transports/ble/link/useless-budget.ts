/** So many packets that bring nothing may come in a row, and so many more each second. */
const IN_A_ROW = 1_024
const A_SECOND = 128

/** Counts packets that bring nothing: some always do (pings, what a gap made useless), endless ones are an attack. */
export class UselessBudget {
  #left = IN_A_ROW
  #at: number

  constructor(now: number) {
    this.#at = now
  }

  /** One came that brought something. */
  renew(): void {
    this.#left = IN_A_ROW
  }

  /** One more came that did not; false where it was one too many. */
  spend(now: number): boolean {
    this.#left = Math.min(IN_A_ROW, this.#left + ((now - this.#at) / 1_000) * A_SECOND) - 1
    this.#at = now
    return this.#left >= 0
  }
}
