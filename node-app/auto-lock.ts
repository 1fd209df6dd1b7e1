import { every, type Clock, type Timer } from '../core/clock.ts'

const CHECK = 5_000

export interface AutoLockOptions {
  /** After so many minutes in which nobody used the node; 0 never. */
  readonly minutes: number
  readonly clock: Clock
  /** Locks, where there is a passphrase. */
  readonly lock: () => Promise<void>
}

/** Locks the node once nobody has used it for a while. */
export class AutoLock {
  readonly #options: AutoLockOptions
  readonly #timer: Timer | null
  #used: { now: number; monotonic: number }

  constructor(options: AutoLockOptions) {
    const { clock, minutes } = options
    this.#options = options
    this.#used = { now: clock.now(), monotonic: clock.monotonic() }
    this.#timer = minutes > 0 ? every(clock, CHECK, () => this.#check()) : null
  }

  /** A person did something. */
  used(): void {
    const { clock } = this.#options
    this.#used = { now: clock.now(), monotonic: clock.monotonic() }
  }

  close(): void {
    this.#timer?.cancel()
  }

  async #check(): Promise<void> {
    const { clock, minutes, lock } = this.#options
    // A computer that sleeps may stop the one clock, a person may set the other.
    const idle = Math.max(clock.now() - this.#used.now, clock.monotonic() - this.#used.monotonic)
    if (idle < minutes * 60_000) return
    this.used()
    await lock()
  }
}
