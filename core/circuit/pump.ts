import type { Clock, Timer } from '../clock.ts'
import type { Leg } from './leg.ts'

export interface PumpOptions {
  readonly clock: Clock
  /** True while the link takes more: else what is written next waits behind what it holds. */
  readonly ready: () => boolean
  /** Resolves when it takes more, or is gone. */
  readonly drained: () => Promise<void>
}

/**
 * Sends the frames of a link's circuits by turns, a frame at a time and never into a full link, so that what is said
 * in the session itself waits for one frame at most. Circuits that end here go first.
 */
export class Pump {
  readonly #options: PumpOptions
  readonly #legs = new Set<Leg>()
  #running = false
  #waiting = false
  #timer: Timer | null = null
  #closed = false

  constructor(options: PumpOptions) {
    this.#options = options
  }

  wake(leg: Leg): void {
    if (this.#closed || !leg.sendable) return
    this.#legs.add(leg)
    this.#run()
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#legs.clear()
  }

  #run(): void {
    // What a frame sets off may write more.
    if (this.#running || this.#waiting) return
    this.#running = true
    this.#timer?.cancel()
    while (!this.#closed && this.#legs.size > 0) {
      if (!this.#options.ready()) {
        this.#wait()
        break
      }
      const leg = this.#next()
      if (!leg) break
      leg.sendNext()
    }
    this.#running = false
  }

  #wait(): void {
    this.#waiting = true
    void this.#options.drained().then(() => {
      this.#waiting = false
      this.#run()
    })
  }

  /** Whose turn it is; null while all wait for credit or their pace. */
  #next(): Leg | null {
    let wait = Infinity
    for (const own of [true, false]) {
      for (const leg of this.#legs) {
        if (leg.own !== own) continue
        const ms = leg.sendable ? (leg.pace?.wait() ?? 0) : 0
        if (ms > 0) {
          wait = Math.min(wait, ms)
          continue
        }
        this.#legs.delete(leg)
        if (!leg.sendable) continue
        // Behind the others.
        this.#legs.add(leg)
        return leg
      }
    }
    if (wait < Infinity) this.#timer = this.#options.clock.after(wait, () => this.#run())
    return null
  }
}
