/** Links that ended as soon as they were made: core has a better way to that device, or it does not want us. */
import { doubling } from '../../core/doubling.ts'

/** A link that lasted longer was of use. */
export const SHORT_MS = 5_000
const FIRST_MS = 500
const LONGEST_MS = 10 * 60_000
const MOST = 1_024

interface Short {
  readonly times: number
  readonly until: number
}

/** How long to leave each device alone, by a name of it. Times are monotonic milliseconds. */
export class ShortLinks {
  /** Oldest first. */
  readonly #short = new Map<string, Short>()

  /** Notes how long a link lasted; `chance` in [0, 1) spreads the wait by half either way. */
  ended(name: string, lasted: number, now: number, chance: number): void {
    const times = (this.#short.get(name)?.times ?? 0) + 1
    this.#short.delete(name)
    if (lasted >= SHORT_MS) return
    if (this.#short.size >= MOST) this.#short.delete(this.#short.keys().next().value!)
    const wait = doubling(times, FIRST_MS, LONGEST_MS) * (0.5 + chance)
    this.#short.set(name, { times, until: now + wait })
  }

  /** Not dialled before. */
  until(name: string): number {
    return this.#short.get(name)?.until ?? 0
  }

  /** Somebody was lost: all are tried anew. */
  clear(): void {
    this.#short.clear()
  }
}
