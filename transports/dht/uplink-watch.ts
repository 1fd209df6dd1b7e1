/** Notices within about a second that the DHT came into reach, and within some seconds that it went. */
import { networkInterfaces } from 'node:os'
import { every } from '../../core/clock.ts'
import type { Clock, Timer } from '../../core/clock.ts'
import type { BootstrapNode } from './bootstrap.ts'
import type { NodeProbe } from './node-probe.ts'
import { FIRST, afterQuestion, patience, rest } from './uplink-policy.ts'
import type { UplinkState } from './uplink-policy.ts'

const POLL_MS = 500
/** Nodes asked at once where nothing is known to be up. */
const ASKED = 3

export interface UplinkWatchOptions {
  readonly clock: Clock
  readonly probe: NodeProbe
  readonly metered: boolean
  /** The nodes to ask, the likeliest to answer first. */
  readonly nodes: () => readonly BootstrapNode[]
  /** Bytes that links received so far: what carries bytes is no dead uplink. */
  readonly received: () => number
  /** This computer's own addresses beside loopback; the system's by default. */
  readonly addresses?: () => readonly string[]
  /** Reached: after it was away (or at the start), after a doubt, or from another address. */
  readonly onup: (how: 'fresh' | 'again' | 'moved') => void
  readonly ondown: () => void
}

const systemAddresses = (): readonly string[] =>
  Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
    (entries ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => `${name} ${address}`),
  )

export class UplinkWatch {
  readonly #options: UplinkWatchOptions
  readonly #list: () => readonly string[]
  #state: UplinkState = FIRST
  #addresses: readonly string[] = []
  #received = 0
  #turn = 0
  #moved = false
  #next: Timer | undefined
  #polling: Timer | undefined
  #closed = false

  constructor(options: UplinkWatchOptions) {
    this.#options = options
    this.#list = options.addresses ?? systemAddresses
  }

  start(): void {
    this.#addresses = this.#list()
    this.#options.probe.onanswer = () => this.#onanswer()
    this.#polling = every(this.#options.clock, POLL_MS, () => this.#poll())
    this.#ask()
  }

  close(): void {
    this.#closed = true
    this.#polling?.cancel()
    this.#next?.cancel()
  }

  /** Says that something changed or went wrong: asks at once. */
  doubt(): void {
    this.#ask()
  }

  #poll(): void {
    const before = this.#addresses
    this.#addresses = this.#list()
    const gone = before.some((address) => !this.#addresses.includes(address))
    const come = this.#addresses.some((address) => !before.includes(address))
    // Sockets and what the DHT knows of this device are of the address that is gone.
    if (gone) this.#moved = true
    if (gone || come) this.doubt()
  }

  #ask(): void {
    if (this.#closed) return
    const { probe, clock, metered } = this.#options
    probe.ask(this.#some())
    this.#next?.cancel()
    this.#next = clock.after(patience(this.#state, metered), () => {
      this.#learn(false)
      this.#ask()
    })
  }

  #onanswer(): void {
    if (this.#closed) return
    const { clock, metered } = this.#options
    this.#learn(true)
    this.#next?.cancel()
    this.#next = clock.after(rest(metered), () => this.#ask())
  }

  #learn(answered: boolean): void {
    const before = this.#state
    const received = this.#options.received()
    this.#state = afterQuestion(before, answered, received > this.#received)
    this.#received = received
    this.#tell(before)
  }

  #tell(before: UplinkState): void {
    const { onup, ondown } = this.#options
    const { uplink } = this.#state
    if (uplink === 'down' && before.uplink !== 'down') ondown()
    if (uplink !== 'up') return
    if (before.uplink === 'down' || before.uplink === 'unknown') onup('fresh')
    else if (this.#moved) onup('moved')
    else if (before.uplink === 'doubt') onup('again')
    this.#moved = false
  }

  /** One node while all is well, several by turns otherwise. */
  #some(): readonly BootstrapNode[] {
    const all = this.#options.nodes()
    const count = Math.min(all.length, this.#state.uplink === 'up' && !this.#moved ? 1 : ASKED)
    const from = this.#turn
    this.#turn += count
    return Array.from({ length: count }, (_, i) => all[(from + i) % all.length]!)
  }
}
