import type { Clock, Timer } from '../../../core/clock.ts'

/** One timer that is only ever set earlier: what it is for looks at the time itself, and sets it anew. */
export class Alarm {
  readonly #clock: Clock
  readonly #ring: (late: number) => void
  #timer: Timer | null = null
  #due = Infinity

  constructor(clock: Clock, ring: (late: number) => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Rings by then (monotonic milliseconds), or earlier where that was asked for before. */
  by(due: number): void {
    if (due >= this.#due) return
    this.#timer?.cancel()
    this.#due = due
    this.#timer = this.#clock.after(Math.max(0, due - this.#clock.monotonic()), () => {
      this.#timer = null
      this.#due = Infinity
      this.#ring(this.#clock.monotonic() - due)
    })
  }

  in(ms: number): void {
    this.by(this.#clock.monotonic() + ms)
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#due = Infinity
  }
}
