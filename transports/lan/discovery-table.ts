/**
 * Who was heard on the local network. Anybody there can announce anything, so the table is bounded,
 * as is each sender's share of it, and nothing forged pushes out a device that was really met.
 */
import { isLanAddress, readHostPort } from './lan-address.ts'
import type { InstanceId } from '../preface/instance-identity.ts'

export const MAX_NEIGHBOURS = 256
export const MAX_NEIGHBOURS_PER_SOURCE = 8
/** Whoever can announce from this very computer can do worse; many nodes on one are for trying things out. */
const MAX_NEIGHBOURS_HERE = 64
const MAX_ROUTES = 4

/** One way to an instance. Times are monotonic milliseconds. */
export interface Route {
  /** `host:port`. */
  readonly address: string
  failures: number
  /** Not dialled before. */
  notBefore: number
  /** A preface proved that the instance is there. */
  proven: boolean
}

/** A topics generation of each side at which they had nothing in common. */
export interface Refusal {
  readonly ours: number
  readonly theirs: number
}

export interface Neighbour {
  readonly id: InstanceId
  /** The host that first told of it; its share of the table is counted. */
  readonly source: string
  /** Newest first. */
  readonly routes: Route[]
  seen: number
  /** Since when a link to it has been missing. */
  wantedSince: number
  generation: number | undefined
  refusal: Refusal | undefined
  /** It said that it leaves. */
  gone: boolean
}

/** One announcement, its address being the one it came from. */
export interface Sighting {
  readonly id: InstanceId
  /** `host:port`. */
  readonly address: string
  readonly host: string
  readonly generation?: number
}

export class DiscoveryTable {
  /** Least recently heard first. */
  readonly #neighbours = new Map<InstanceId, Neighbour>()
  readonly #perSource = new Map<string, number>()
  readonly #isKept: (neighbour: Neighbour) => boolean

  /** `isKept` says which neighbours no announcement may push out: linked or remembered ones. */
  constructor(isKept: (neighbour: Neighbour) => boolean) {
    this.#isKept = isKept
  }

  get size(): number {
    return this.#neighbours.size
  }

  get(id: InstanceId): Neighbour | undefined {
    return this.#neighbours.get(id)
  }

  all(): Iterable<Neighbour> {
    return this.#neighbours.values()
  }

  /** Notes an announcement; undefined when there is no room for it. */
  heard(sighting: Sighting, now: number): Neighbour | undefined {
    const neighbour = this.#neighbours.get(sighting.id) ?? this.#add(sighting, now)
    if (!neighbour) return undefined
    neighbour.seen = now
    neighbour.gone = false
    neighbour.generation = sighting.generation ?? neighbour.generation
    noteRoute(neighbour, sighting.address)
    this.#neighbours.delete(neighbour.id)
    this.#neighbours.set(neighbour.id, neighbour)
    return neighbour
  }

  /** Notes that an instance leaves; only a host it was heard from may say so. */
  left(id: InstanceId, host: string): void {
    const neighbour = this.#neighbours.get(id)
    const routed = neighbour?.routes.some((route) => readHostPort(route.address)?.host === host)
    if (!neighbour || !routed) return
    neighbour.gone = true
    if (!this.#isKept(neighbour)) this.#remove(neighbour)
  }

  clear(): void {
    this.#neighbours.clear()
    this.#perSource.clear()
  }

  #add(sighting: Sighting, now: number): Neighbour | undefined {
    const { id, host: source } = sighting
    const crowded = (this.#perSource.get(source) ?? 0) >= placesOf(source)
    if (crowded && !this.#evict((other) => other.source === source)) return undefined
    if (this.#neighbours.size >= MAX_NEIGHBOURS && !this.#evict(() => true)) return undefined
    const neighbour: Neighbour = {
      id,
      source,
      routes: [],
      seen: now,
      wantedSince: now,
      generation: undefined,
      refusal: undefined,
      gone: false,
    }
    this.#neighbours.set(id, neighbour)
    this.#perSource.set(source, (this.#perSource.get(source) ?? 0) + 1)
    return neighbour
  }

  #evict(among: (neighbour: Neighbour) => boolean): boolean {
    for (const neighbour of this.#neighbours.values()) {
      if (!among(neighbour) || this.#isKept(neighbour)) continue
      this.#remove(neighbour)
      return true
    }
    return false
  }

  #remove(neighbour: Neighbour): void {
    this.#neighbours.delete(neighbour.id)
    const left = (this.#perSource.get(neighbour.source) ?? 1) - 1
    if (left <= 0) this.#perSource.delete(neighbour.source)
    else this.#perSource.set(neighbour.source, left)
  }
}

/** Puts an address in front of an instance's routes, the last unproven one giving way. */
export function noteRoute(neighbour: Neighbour, address: string): Route {
  const at = neighbour.routes.findIndex((route) => route.address === address)
  const [found] = at >= 0 ? neighbour.routes.splice(at, 1) : []
  const route = found ?? { address, failures: 0, notBefore: 0, proven: false }
  neighbour.routes.unshift(route)
  if (neighbour.routes.length > MAX_ROUTES) {
    const unproven = neighbour.routes.findLastIndex((other) => !other.proven && other !== route)
    neighbour.routes.splice(unproven >= 0 ? unproven : MAX_ROUTES, 1)
  }
  return route
}

/** How many instances one address may announce. */
function placesOf(source: string): number {
  return isLanAddress(source) ? MAX_NEIGHBOURS_PER_SOURCE : MAX_NEIGHBOURS_HERE
}

/** An announcement worth noting: from the local network, and not from this instance itself. */
export function isPlausible(sighting: Sighting, own: InstanceId, loopback: boolean): boolean {
  return sighting.id !== own && isLanAddress(sighting.host, loopback)
}
