import type { Clock } from '../../core/clock.ts'
import { Budget } from '../budget.ts'

/** Keeps what all links send, and what they let come in, under so many bytes a second each way. */
export class Throttle {
  readonly #clock: Clock
  readonly #in: Budget | null
  readonly #out: Budget | null

  /** `rate` in bytes a second; 0 is no limit. */
  constructor(clock: Clock, rate: number) {
    this.#clock = clock
    const now = clock.monotonic()
    this.#in = rate > 0 ? new Budget(rate, rate, now) : null
    this.#out = rate > 0 ? new Budget(rate, rate, now) : null
  }

  get limited(): boolean {
    return this.#out !== null
  }

  /** Calls back once so many bytes that arrived are made up for. */
  in(bytes: number, then: () => void): void {
    this.#wait(this.#in, bytes, then)
  }

  /** Calls back once so many bytes that left are made up for. */
  out(bytes: number, then: () => void): void {
    this.#wait(this.#out, bytes, then)
  }

  #wait(budget: Budget | null, bytes: number, then: () => void): void {
    const ms = budget?.owe(bytes, this.#clock.monotonic()) ?? 0
    if (ms === 0) then()
    else this.#clock.after(ms, then)
  }
}
