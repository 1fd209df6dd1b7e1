/** Words at once, and more each second, of a peer that has nothing in common with this device. */
const STRANGER = { most: 128, rate: 1 }
/** The same where a mirror is in common: two nodes may have thousands of them. */
const KNOWN = { most: 32_768, rate: 128 }
/** Logs that cost as much as a word. */
const LOGS_PER_WORD = 16

/** Deposits at once, and more each second: a member has as many as rooms, each with a signature to check. */
const DEPOSITS = { most: 1_024, rate: 1 }

/** What a peer may say: heads cost by their number. */
export class WordBudget {
  #known = false
  #left = STRANGER.most
  #deposits = DEPOSITS.most

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
    this.#deposits = Math.min(DEPOSITS.most, this.#deposits + DEPOSITS.rate)
  }

  /** True when so many words are left. */
  affords(words: number): boolean {
    return this.#left >= words
  }

  /** False when no more deposits are heard. */
  deposit(): boolean {
    return --this.#deposits >= 0
  }

  /** False when it is used up. */
  spend(logs = 0, words = 1): boolean {
    this.#left -= words + logs / LOGS_PER_WORD
    return this.#left >= 0
  }
}
