import type { Clock } from '../../../core/clock.ts'
import { Alarm } from './alarm.ts'
import { watchDuty } from './watch-policy.ts'
import type { Ending, WatchFacts } from './watch-policy.ts'

/** A timer that is so late tells of this machine, not of the other end. */
const OWN_STALL = 1_000

/** What the watch has done, and what of the facts only the link knows. */
export interface Watched {
  facts(): Pick<WatchFacts, 'open' | 'blocked' | 'roundTrip'>
  sayHello(): void
  /** Says something, and with `ask` wants an acknowledgement. */
  saySomething(ask: boolean): void
  end(why: Ending): void
}

/** Carries out watch-policy.ts: notes what happens, and rings when something is due. */
export class Watch {
  readonly #clock: Clock
  readonly #watched: Watched
  readonly #alarm: Alarm
  readonly #startedAt: number
  #heardAt: number
  #saidAt: number
  #waitingSince: number | null = null
  #asked = 0
  #askedAt = 0
  #starvedSince: number | null = null
  #gapSince: number | null = null

  constructor(clock: Clock, watched: Watched) {
    this.#clock = clock
    this.#watched = watched
    this.#alarm = new Alarm(clock, (late) => this.#ring(late))
    this.#startedAt = this.#heardAt = this.#saidAt = clock.monotonic()
    this.#alarm.in(0)
  }

  heard(): void {
    this.#heardAt = this.#clock.monotonic()
  }

  said(): void {
    this.#saidAt = this.#clock.monotonic()
  }

  /** Something else is true that the policy asks for. */
  look(): void {
    this.#alarm.in(0)
  }

  /** Something left that is to be acknowledged. */
  waits(): void {
    if (this.#waitingSince === null) this.progressed(false)
  }

  /** Some of it was acknowledged; with `idle`, all. */
  progressed(idle: boolean): void {
    const before = this.#waitingSince
    this.#waitingSince = idle ? null : this.#clock.monotonic()
    this.#asked = 0
    if (before === null) this.look()
  }

  starves(now: boolean): void {
    const before = this.#starvedSince
    this.#starvedSince = now ? (before ?? this.#clock.monotonic()) : null
    if (now && before === null) this.look()
  }

  misses(now: boolean): void {
    const before = this.#gapSince
    this.#gapSince = now ? (before ?? this.#clock.monotonic()) : null
    if (now && before === null) this.look()
  }

  stop(): void {
    this.#alarm.cancel()
  }

  #ring(late: number): void {
    const now = this.#clock.monotonic()
    if (late > OWN_STALL) this.#heardAt = Math.min(now, this.#heardAt + late)
    for (;;) {
      const duty = watchDuty({ ...this.#own, ...this.#watched.facts() }, now)
      if (duty.do === 'wait') return this.#alarm.in(duty.ms)
      if (duty.do === 'end') return this.#watched.end(duty.why)
      if (duty.do === 'hello') this.#watched.sayHello()
      else this.#watched.saySomething(duty.do === 'ask')
      if (duty.do !== 'ask') continue
      this.#asked++
      this.#askedAt = now
    }
  }

  get #own(): Omit<WatchFacts, 'open' | 'blocked' | 'roundTrip'> {
    return {
      startedAt: this.#startedAt,
      heardAt: this.#heardAt,
      saidAt: this.#saidAt,
      waitingSince: this.#waitingSince,
      asked: this.#asked,
      askedAt: this.#askedAt,
      starvedSince: this.#starvedSince,
      gapSince: this.#gapSince,
    }
  }
}
