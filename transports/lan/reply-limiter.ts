/** How often a source gets an answer: a forged request must not make this device a flood's source. */
import type { Clock } from '../../core/clock.ts'

const PER_SOURCE_MS = 80
const PER_SECOND = 50
const MAX_SOURCES = 256

/** A bounded record of recent answers. */
export class ReplyLimiter {
  readonly #clock: Clock
  readonly #last = new Map<string, number>()
  #tokens = PER_SECOND
  #filledAt = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#filledAt = clock.monotonic()
  }

  /** True when `source` may be answered now; that answer is then counted. */
  allow(source: string): boolean {
    const now = this.#clock.monotonic()
    this.#tokens = Math.min(PER_SECOND, this.#tokens + ((now - this.#filledAt) * PER_SECOND) / 1000)
    this.#filledAt = now
    const last = this.#last.get(source)
    if (last !== undefined && now - last < PER_SOURCE_MS) return false
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    this.#last.delete(source)
    this.#last.set(source, now)
    if (this.#last.size > MAX_SOURCES) {
      for (const oldest of this.#last.keys()) {
        this.#last.delete(oldest)
        break
      }
    }
    return true
  }
}
