import { systemClock } from '../../core/clock.ts'
import type { Clock, Timer } from '../../core/clock.ts'

/** Waits longer than this end when the clock is moved; shorter ones in their own time. */
const LONG = 20_000

/** The machine's clock for what happens now, that a test moves on by minutes or days. */
export class JumpClock implements Clock {
  #ahead = 0
  readonly #waiting = new Map<object, { at: number; fn: () => void }>()

  now(): number {
    return systemClock.now() + this.#ahead
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#ahead
  }

  after(ms: number, fn: () => void): Timer {
    if (ms < LONG) return systemClock.after(ms, fn)
    const id = {}
    this.#waiting.set(id, { at: this.monotonic() + ms, fn })
    return { cancel: () => this.#waiting.delete(id) }
  }

  /** Moves on by so many milliseconds, and sets off what was due by then. */
  jump(ms: number): void {
    this.#ahead += ms
    for (const [id, { at, fn }] of this.#waiting) {
      if (at > this.monotonic()) continue
      this.#waiting.delete(id)
      fn()
    }
  }
}
