import type { Clock, Timer } from '../../core/clock.ts'
import { PorchlightError } from '../../core/errors.ts'
import { seededRandom } from '../../core/random.ts'
import type { Random } from '../../core/random.ts'
import { checkConditions, perfect } from './conditions.ts'
import type { Conditions } from './conditions.ts'
import { sameSide } from './partition.ts'
import type { Partition, PartitionMode } from './partition.ts'
import { earlyCloses, reconnectDelay } from './reconnect-policy.ts'
import { linkSeed } from './seed.ts'
import { MemoryTransport } from './transport.ts'
import type { Medium, MemoryTransportOptions } from './transport.ts'
import { Wire } from './wire.ts'

export interface MemoryNetworkOptions {
  readonly clock: Clock
  /** Drawn from once: the same seed gives every link the same jitter, losses and dialling side. */
  readonly random: Random
  /** Conditions of every path without narrower ones; default perfect. */
  readonly conditions?: Partial<Conditions>
  /** Milliseconds until a lost link is made again; default 100. */
  readonly reconnect?: number
}

/** Where conditions apply; all paths when empty. Both ends and transport beat ends, ends beat transport. */
export interface Where {
  readonly between?: readonly [string, string]
  readonly transport?: string
}

interface Pair {
  readonly key: string
  readonly transport: string
  readonly hosts: readonly [string, string]
  wire: Wire | null
  pending: Timer | null
  links: number
  openedAt: number
  early: number
}

/**
 * A simulated network of hosts, entirely under the given clock and random source: links between all
 * transports of one id that are on, share a topic and are not partitioned, exactly one for each pair.
 */
export class MemoryNetwork implements Medium {
  readonly #clock: Clock
  readonly #seed: number
  readonly #reconnect: number
  readonly #transports = new Map<string, MemoryTransport>()
  readonly #pairs = new Map<string, Pair>()
  readonly #conditions = new Map<string, Partial<Conditions>>()
  #partition: Partition | null = null

  constructor({ clock, random, conditions = {}, reconnect = 100 }: MemoryNetworkOptions) {
    this.#clock = clock
    this.#seed = random.bytes(4).readUInt32LE()
    this.#reconnect = reconnect
    this.shape(conditions)
  }

  /**
   * A host's transport, off until started. A host that restarts asks again, once its former one is off.
   * Throws BAD_REQUEST while that one is on: two would share one address.
   */
  transport(host: string, options: MemoryTransportOptions = {}): MemoryTransport {
    const transport = new MemoryTransport(this, host, options)
    const key = `${transport.id}/${host}`
    if ((this.#transports.get(key)?.status.state ?? 'off') !== 'off') {
      throw new PorchlightError(
        'BAD_REQUEST',
        `Host ${host} is on this network already; stop it first.`,
      )
    }
    this.#transports.set(key, transport)
    return transport
  }

  /** Replaces the conditions of some paths; holds for what is sent from now on. BAD_CONFIG when out of range. */
  shape(conditions: Partial<Conditions>, where: Where = {}): void {
    checkConditions(conditions)
    this.#conditions.set(placeKey(where.between, where.transport), { ...conditions })
  }

  /** Splits the hosts; replaces the partition there was. Hosts in no group form one more together. */
  partition(groups: readonly (readonly string[])[], mode: PartitionMode = 'cut'): void {
    this.#partition = { groups: groups.map((group) => [...group]), mode }
    this.#applyPartition()
  }

  /** Ends the partition; cut links come back after the reconnect delay, black-holed ones flow again. */
  heal(): void {
    this.#partition = null
    this.#applyPartition()
  }

  /** Cuts every link between two hosts once, as a cable pulled and put back; they link again. */
  sever(a: string, b: string): void {
    for (const pair of this.#pairs.values()) {
      if (!pair.hosts.includes(a) || !pair.hosts.includes(b)) continue
      pair.early = 0
      pair.wire?.cut()
    }
  }

  /** Open links, as pairs of host ids. */
  links(): readonly (readonly [string, string])[] {
    return [...this.#pairs.values()].filter((p) => p.wire !== null).map((p) => p.hosts)
  }

  changed(transport: MemoryTransport): void {
    for (const other of this.#transports.values()) {
      if (other.id === transport.id && other.host !== transport.host) {
        this.#review(this.#pairOf(transport, other))
      }
    }
  }

  silenced(transport: MemoryTransport): void {
    for (const pair of this.#pairs.values()) {
      const side = pair.transport === transport.id ? pair.hosts.indexOf(transport.host) : -1
      if (side === -1) continue
      pair.early = 0
      pair.wire?.ends[side]!.destroy()
    }
  }

  #pairOf(one: MemoryTransport, other: MemoryTransport): Pair {
    const hosts = [one.host, other.host].sort() as [string, string]
    const key = placeKey(hosts, one.id)
    let pair = this.#pairs.get(key)
    if (pair === undefined) {
      const fresh = { wire: null, pending: null, links: 0, openedAt: 0, early: 0 }
      pair = { key, transport: one.id, hosts, ...fresh }
      this.#pairs.set(key, pair)
    }
    return pair
  }

  #review(pair: Pair): void {
    if (pair.wire !== null || pair.pending !== null || !this.#wanted(pair)) return
    const { latency } = this.#conditionsOf(pair)
    const wait = pair.links === 0 ? 2 * latency : reconnectDelay(this.#reconnect, pair.early)
    pair.pending = this.#clock.after(wait, () => {
      pair.pending = null
      if (this.#wanted(pair)) this.#connect(pair)
    })
  }

  #wanted(pair: Pair): boolean {
    const [a, b] = this.#endpoints(pair)
    if (a?.status.state !== 'on' || b?.status.state !== 'on') return false
    return a.shares(b) && sameSide(this.#partition, a.host, b.host)
  }

  #endpoints({ transport, hosts }: Pair): (MemoryTransport | undefined)[] {
    return hosts.map((host) => this.#transports.get(`${transport}/${host}`))
  }

  #connect(pair: Pair): void {
    const random = seededRandom(linkSeed(this.#seed, pair.key, pair.links++))
    const [a, b] = this.#endpoints(pair) as [MemoryTransport, MemoryTransport]
    const narrow = a.narrow && b.narrow
    const path = { conditions: () => this.#conditionsOf(pair), narrow }
    const wire = new Wire(this.#clock, random, path, () => this.#closed(pair))
    pair.wire = wire
    pair.openedAt = this.#clock.monotonic()
    const dialler = random.float() < 0.5 ? a : b
    for (const [self, peer, stream] of [
      [a, b, wire.ends[0]],
      [b, a, wire.ends[1]],
    ] as const) {
      // The first host's listener may have stopped the other meanwhile.
      if (stream.destroying) continue
      const { id, cost, metered, anonymous } = self
      self.deliver({
        stream,
        initiator: self === dialler,
        transport: id,
        cost,
        metered,
        narrow,
        anonymous,
        address: peer.address,
      })
    }
  }

  #closed(pair: Pair): void {
    pair.wire = null
    pair.early = earlyCloses(pair.early, this.#clock.monotonic() - pair.openedAt)
    this.#review(pair)
  }

  #conditionsOf({ transport, hosts }: Pair): Conditions {
    const at = (key: string): Partial<Conditions> => this.#conditions.get(key) ?? {}
    const wide = { ...perfect, ...at(placeKey()), ...at(placeKey(undefined, transport)) }
    return { ...wide, ...at(placeKey(hosts)), ...at(placeKey(hosts, transport)) }
  }

  #applyPartition(): void {
    const mode = this.#partition?.mode
    for (const pair of this.#pairs.values()) {
      const apart = !sameSide(this.#partition, ...pair.hosts)
      pair.wire?.hold(apart && mode === 'black-hole')
      pair.early = 0
      if (apart && mode === 'cut') pair.wire?.cut()
      // What waited for long because its ends kept closing early has new hope.
      pair.pending?.cancel()
      pair.pending = null
      this.#review(pair)
    }
  }
}

function placeKey(between?: readonly [string, string], transport?: string): string {
  return `${transport ?? '*'}:${between === undefined ? '*' : [...between].sort().join('|')}`
}
