/** Tells the radio its duty, as duty-policy.ts chooses it, and again whenever that may have changed. */
import type { Clock, Timer } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import { chooseDuty } from './duty-policy.ts'
import type { DutyFacts, Phase } from './duty-policy.ts'
import type { Duty, Radio } from './radio.ts'

export interface DutyKeeperOptions {
  readonly clock: Clock
  readonly random: Random
  readonly radio: Radio
  readonly facts: () => Omit<DutyFacts, 'now' | 'abilities' | 'phase' | 'chance'>
  /** Time passed without a change. */
  readonly onreview: () => void
}

export class DutyKeeper {
  readonly #options: DutyKeeperOptions
  #phase: Phase | undefined
  #duty: Duty | undefined
  #review: Timer | undefined
  #stopped = false

  constructor(options: DutyKeeperOptions) {
    this.#options = options
  }

  /** Whether a radio of one role is in that of looking. */
  get looks(): boolean {
    return this.#phase?.role === 'look'
  }

  /** Chooses anew; to be called whenever a fact changed. */
  choose(): void {
    if (this.#stopped) return
    const { clock, random, radio, facts, onreview } = this.#options
    const now = clock.monotonic()
    const choice = chooseDuty({
      ...facts(),
      now,
      abilities: radio.abilities,
      phase: this.#phase,
      chance: random.float(),
    })
    this.#phase = choice.phase
    const { advertise, scan } = choice.duty
    if (advertise !== this.#duty?.advertise || scan !== this.#duty.scan) {
      this.#duty = choice.duty
      radio.setDuty(choice.duty)
    }
    this.#review?.cancel()
    this.#review = clock.after(Math.max(0, choice.at - now), () => {
      onreview()
      this.choose()
    })
  }

  stop(): void {
    this.#stopped = true
    this.#review?.cancel()
  }
}
