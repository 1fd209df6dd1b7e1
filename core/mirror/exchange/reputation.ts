import type { Clock } from '../../clock.ts'
import { restAfter } from '../policy/rest.ts'

/** Ranges that prove nothing, after which a peer is not talked to any more. */
const MAX_FALSE = 3
/** Gaps in a row in what a peer says it has, after which it is left alone for a while. */
const MANY_GAPS = 32

/** What one peer's answers were worth. */
export class Reputation {
  readonly #clock: Clock
  #false = 0
  #gaps = 0
  #restsUntil = -Infinity

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** True while it is asked for nothing. */
  get rests(): boolean {
    return this.#restsUntil > this.#clock.monotonic()
  }

  /** It did not serve a log that it says it has: a few gaps are a matter of chance. */
  failed(): void {
    this.#gaps++
    if (this.#gaps % MANY_GAPS === 0) this.rest()
  }

  /** It is asked for nothing for a while. */
  rest(): void {
    this.#restsUntil = this.#clock.monotonic() + restAfter(Math.ceil(this.#gaps / MANY_GAPS))
  }

  /** It sent what was asked for. */
  served(): void {
    this.#gaps = 0
  }

  /** It sent what no author signed; true once that was too often. */
  lied(): boolean {
    return ++this.#false >= MAX_FALSE
  }
}
