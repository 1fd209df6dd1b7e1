/** Words at once, and more each second, of a peer that has nothing in common with this device. */
const STRANGER = { most: 128, rate: 1 }
/** The same where a mirror is in common. */
const KNOWN = { most: 8_192, rate: 128 }
/** Logs that cost as much as a word. */
const LOGS_PER_WORD = 16

/** What a peer may say: heads cost by their number, deposits by the signatures to check. */
export class WordBudget {
  #known = false
  #left = STRANGER.most

  /** A mirror is in common. */
  widen(): void {
    if (this.#known) return
    this.#known = true
    this.#left = KNOWN.most
  }

  /** A second passed. */
  refill(): void {
    const { most, rate } = this.#known ? KNOWN : STRANGER
    this.#left = Math.min(most, this.#left + rate)
  }

  /** False when it is used up. */
  spend(logs = 0, words = 1): boolean {
    this.#left -= words + logs / LOGS_PER_WORD
    return this.#left >= 0
  }
}
