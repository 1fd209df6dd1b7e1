import { Budget } from '../budget.ts'

/** Dials that one address asks for: so many at once, and one more each so many seconds. */
const EACH = 2
const EACH_PER_SECOND = 0.1
/** The same for all. */
const ALL = 16
const ALL_PER_SECOND = 1
const MAX_ADDRESSES = 1_024

/**
 * Dials to relays that others name in their handshakes, as whoever dials may: without a bound any key as often as they
 * like. One who asks for very many takes nothing from those elsewhere.
 */
export class ForcedDials {
  readonly #all: Budget
  readonly #each = new Map<string, Budget>()

  constructor(now: number) {
    this.#all = new Budget(ALL, ALL_PER_SECOND, now)
  }

  /** Takes one for this address if it is there; `now` in milliseconds. */
  take(address: string, now: number): boolean {
    const own = this.#each.get(address) ?? new Budget(EACH, EACH_PER_SECOND, now)
    // Those used longest ago are forgotten first.
    this.#each.delete(address)
    this.#each.set(address, own)
    const [oldest] = this.#each.keys()
    if (this.#each.size > MAX_ADDRESSES) this.#each.delete(oldest!)
    return own.take(1, now) && this.#all.take(1, now)
  }
}
