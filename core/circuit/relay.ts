import { every } from '../clock.ts'
import type { Clock, Timer } from '../clock.ts'
import { Bucket } from './bucket.ts'
import type { CircuitLink } from './circuit-link.ts'
import type { Noted } from './find-book.ts'
import type { Leg, LegSink, Pace } from './leg.ts'
import type { FindMessage, OpenMessage } from './messages.ts'

/** What this device does for others' circuits at most. Bytes a second count both directions. */
export interface RelayLimits {
  readonly circuits: number
  /** Of them by one neighbour's host, at either end. */
  readonly byAddress: number
  readonly circuitRate: number
  readonly rate: number
}

/** Enough for text, and for a small file now and then. */
export const RELAY_LIMITS: RelayLimits = {
  circuits: 64,
  byAddress: 8,
  circuitRate: 512 * 1024,
  rate: 2 * 1024 * 1024,
}

export interface RelayOptions {
  readonly clock: Clock
  /** Whether this person lets others' circuits through. */
  readonly relays: () => boolean
  readonly limits: RelayLimits
  /** A link to each neighbour that knows circuits. */
  readonly neighbours: () => readonly CircuitLink[]
}

/** Sends of finds at once and each second: of those that members' links brought, and the same again for strangers'. */
const SENDS = 512
const SENDS_RATE = 128
/** A circuit over which nothing goes has no ends: they say a word a second. */
const IDLE = 30_000
const SWEEP = 5_000

/** A circuit that goes through this device. */
interface Passing {
  readonly legs: readonly [Leg, Leg]
  readonly hosts: readonly [string, string]
  movedAt: number
  /** Legs of which nothing more can come. */
  gone: number
}

/** Passes finds and circuits on between neighbours, of which it learns nothing but that they are. */
export class Relay {
  readonly #options: RelayOptions
  readonly #passing = new Set<Passing>()
  readonly #all: Bucket
  readonly #sends = { known: new Bucket(SENDS, SENDS_RATE), others: new Bucket(SENDS, SENDS_RATE) }
  #sweeper: Timer | null = null
  #turn = 0

  constructor(options: RelayOptions) {
    this.#options = options
    this.#all = new Bucket(options.limits.rate, options.limits.rate)
  }

  /** How many circuits go through this device. */
  get circuits(): number {
    return this.#passing.size
  }

  /** Bytes of them that wait here. */
  get queued(): number {
    let sum = 0
    for (const { legs } of this.#passing) sum += legs[0].queued + legs[1].queued
    return sum
  }

  /** Passes a find on, once, to whoever it did not come from. */
  forward(from: CircuitLink, find: FindMessage, noted: Noted<CircuitLink>): void {
    if (find.hops <= 1 || from.metered || !this.#options.relays()) return
    const now = this.#options.clock.monotonic()
    const sends = from.known ? this.#sends.known : this.#sends.others
    const links = this.#options.neighbours()
    // Where not all can be asked, not always the same are left out.
    const first = this.#turn++
    for (let n = 0; n < links.length; n++) {
      const link = links[(first + n) % links.length]!
      if (link === from || link.key === from.key || link.metered) continue
      if (!link.finds.take(1, now)) continue
      if (!sends.take(1, now)) return
      noted.sent.set(link, 0)
      link.send.find.send({ ...find, hops: find.hops - 1 })
    }
  }

  /** Joins a circuit that `from` opened to the neighbour that answered. */
  connect(from: CircuitLink, leg: Leg, to: CircuitLink, { id, answer }: OpenMessage): void {
    const { clock, limits, relays } = this.#options
    const hosts = [from.host, to.host] as const
    if (!relays() || from.metered || to.metered) return leg.abort('refused')
    const busy = this.#passing.size >= limits.circuits || hosts.some((one) => this.#full(one))
    if (busy) return leg.abort('busy')
    const onward = to.open(id, answer)
    if (!onward) return leg.abort('lost')
    const legs = [leg, onward] as const
    const passing: Passing = { legs, hosts, movedAt: clock.monotonic(), gone: 0 }
    this.#passing.add(passing)
    this.#sweeper ??= every(clock, SWEEP, () => this.#sweep())
    const pace = this.#pace()
    leg.pace = pace
    onward.pace = pace
    leg.join(this.#sink(passing, leg, onward))
    onward.join(this.#sink(passing, onward, leg))
  }

  /** Ends all circuits through this device. */
  close(): void {
    for (const { legs } of this.#passing) for (const leg of legs) leg.abort('lost')
    this.#passing.clear()
    this.#rest()
  }

  #full(host: string): boolean {
    let n = 0
    for (const { hosts } of this.#passing) {
      if (hosts.includes(host)) n += 1
    }
    return n >= this.#options.limits.byAddress
  }

  #sink(passing: Passing, here: Leg, there: Leg): LegSink {
    const { clock } = this.#options
    return {
      ondata: (data, cost) => {
        passing.movedAt = clock.monotonic()
        there.write(data, () => here.consumed(cost))
      },
      onclose: (reason) => {
        if (reason === 'ended') return there.end()
        there.abort(reason)
        this.#forget(passing)
      },
      ongone: () => {
        passing.gone += 1
        if (passing.gone === 2) this.#forget(passing)
      },
    }
  }

  /** Whatever its neighbours have yet to say, it takes nobody's place. */
  #forget(passing: Passing): void {
    this.#passing.delete(passing)
    if (this.#passing.size === 0) this.#rest()
  }

  #pace(): Pace {
    const { clock, limits } = this.#options
    const one = new Bucket(limits.circuitRate, limits.circuitRate)
    return {
      wait: () => Math.max(one.wait(clock.monotonic()), this.#all.wait(clock.monotonic())),
      spend: (cost) => {
        one.spend(cost, clock.monotonic())
        this.#all.spend(cost, clock.monotonic())
      },
    }
  }

  #sweep(): void {
    const before = this.#options.clock.monotonic() - IDLE
    const open = this.#options.relays()
    for (const passing of this.#passing) {
      if (open && passing.movedAt > before) continue
      for (const leg of passing.legs) leg.abort(open ? 'lost' : 'refused')
      this.#forget(passing)
    }
  }

  #rest(): void {
    this.#sweeper?.cancel()
    this.#sweeper = null
  }
}
