import type { Clock, Timer } from '../../core/clock.ts'
import { TimerQueue } from './timer-queue.ts'

export interface VirtualClockOptions {
  /** Wall-clock milliseconds at the start; default 1 November 2026. */
  readonly start?: number
  /** Waits until what the last timer set off has come to rest; default a few turns of the event loop. */
  readonly settle?: () => Promise<void>
}

const LOOP_TURNS = 4

/** Lets microtasks, immediates and completed input and output run. */
async function turns(): Promise<void> {
  for (let i = 0; i < LOOP_TURNS; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Time that moves only when told to: timers fire in order of their due time, then of their making. */
export class VirtualClock implements Clock {
  readonly #start: number
  readonly #settle: () => Promise<void>
  readonly #pending = new TimerQueue()
  #elapsed = 0
  #skew = 0

  constructor({ start = Date.UTC(2026, 10, 1), settle = turns }: VirtualClockOptions = {}) {
    this.#start = start
    this.#settle = settle
  }

  now(): number {
    return this.#start + this.#elapsed + this.#skew
  }

  monotonic(): number {
    return this.#elapsed
  }

  after(ms: number, fn: () => void): Timer {
    return this.#pending.add(this.#elapsed + Math.max(0, ms), fn)
  }

  /** Moves the wall clock alone, as a person or a bad battery does. */
  skew(ms: number): void {
    this.#skew += ms
  }

  /** A view of the same time whose wall clock is off by `ms`: a device of its own. */
  skewed(ms: number): Clock {
    return {
      now: () => this.now() + ms,
      monotonic: () => this.monotonic(),
      after: (wait, fn) => this.after(wait, fn),
    }
  }

  /** Lets `ms` milliseconds pass. */
  async run(ms: number): Promise<void> {
    await this.runUntil(() => false, ms)
  }

  /** Lets time pass until the condition holds, at most `limit` milliseconds; says whether it holds. */
  async runUntil(condition: () => boolean | Promise<boolean>, limit: number): Promise<boolean> {
    const end = this.#elapsed + limit
    for (;;) {
      await this.#settle()
      if (await condition()) return true
      const next = this.#pending.next(end)
      if (next === null) break
      this.#elapsed = next.due
      next.fn()
    }
    this.#elapsed = end
    return condition()
  }
}
