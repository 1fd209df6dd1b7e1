interface Bound {
  /** At once. */
  readonly most: number
  /** And more each second. */
  readonly rate: number
}

/** Words of a peer that has nothing in common with this device. */
const STRANGER: Bound = { most: 128, rate: 1 }
/** The same where a mirror is in common: two nodes may have thousands of them. */
const KNOWN: Bound = { most: 32_768, rate: 128 }
/** The same of a member of a room of this device. */
const MEMBER: Bound = { most: 65_536, rate: 512 }
/** Logs that cost as much as a word. */
const LOGS_PER_WORD = 16

/** Deposits: a member of a room has as many as rooms, each with a signature to check. */
const DEPOSITS: Bound = { most: 1_024, rate: 1 }
const DEPOSITS_OF_MEMBER: Bound = { most: 8_192, rate: 8 }

/** What a peer may say: heads cost by their number. */
export class WordBudget {
  readonly #paired: () => boolean
  #known = false
  #used = 0
  #deposits = 0

  /** `paired`: true while the peer is a member of a room of this device. */
  constructor(paired: () => boolean) {
    this.#paired = paired
  }

  /** A mirror is in common. */
  widen(): void {
    this.#known = true
  }

  /** A second passed. */
  refill(): void {
    this.#used = Math.max(0, this.#used - this.#words.rate)
    this.#deposits = Math.max(0, this.#deposits - this.#ofDeposits.rate)
  }

  /** True when so many words are left. */
  affords(words: number): boolean {
    return this.#used + words <= this.#words.most
  }

  /** False when no more deposits are heard. */
  deposit(): boolean {
    return ++this.#deposits <= this.#ofDeposits.most
  }

  /** False when it is used up. */
  spend(logs = 0, words = 1): boolean {
    this.#used += words + logs / LOGS_PER_WORD
    return this.#used <= this.#words.most
  }

  get #words(): Bound {
    if (this.#paired()) return MEMBER
    return this.#known ? KNOWN : STRANGER
  }

  get #ofDeposits(): Bound {
    return this.#paired() ? DEPOSITS_OF_MEMBER : DEPOSITS
  }
}
