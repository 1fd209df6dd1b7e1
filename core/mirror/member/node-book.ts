import type { Clock } from '../../clock.ts'
import { shownName } from '../../room/names.ts'
import type { HeldRoom, NodeLink } from './node-link.ts'
import { trimNodes } from './saved-mirrors.ts'
import type { SavedMirrors, SavedNode } from './saved-mirrors.ts'

/** Relays that are tried at most. */
const MAX_RELAYS = 8
/** Of nodes that no room names, from one address, and of all that were met and are not in reach. */
const MAX_STRANGE = 2

export interface NodeBookOptions {
  readonly links: () => Iterable<NodeLink>
  readonly rooms: () => Iterable<HeldRoom>
  readonly saved: () => SavedMirrors
  readonly clock: Clock
}

/** A node that is in reach, or that a room names. */
export interface KnownNode {
  /** Node key (hex). */
  readonly id: string
  readonly name: string
  readonly link: NodeLink | null
  /** Wall-clock ms when it was last in reach; null for never. */
  readonly seen: number | null
  /** Rooms that name it. */
  readonly rooms: readonly string[]
}

/** The nodes that this device met, or that its rooms name: what they are called, whether they are there. */
export class NodeBook {
  readonly #options: NodeBookOptions

  constructor(options: NodeBookOptions) {
    this.#options = options
  }

  /** A node proved itself in a session, or says something else of itself. */
  met({ node }: NodeLink): void {
    if (!node) return
    const { saved, clock } = this.#options
    const nodes = (saved().nodes ??= {})
    const id = node.key.toString('hex')
    const relay = node.relay?.toString('hex')
    nodes[id] = { name: shown(node.name), seen: clock.now(), ...(relay !== undefined && { relay }) }
    trimNodes(nodes, new Set(this.#named().keys()))
  }

  /** Those in reach first. */
  all(): KnownNode[] {
    const links = this.#inReach()
    const named = this.#named()
    return [...new Set([...links.keys(), ...named.keys()])].map((id) => {
      const rooms = (named.get(id) ?? []).map((room) => room.id)
      return { id, name: this.nameOf(id), link: links.get(id) ?? null, seen: this.seen(id), rooms }
    })
  }

  /** What a node calls itself, or was called by who added it; empty for one of which nothing is known. */
  nameOf(id: string): string {
    const met = this.#saved(id)
    if (met) return met.name
    for (const room of this.#options.rooms()) {
      const entry = room.mirrors.get(id)
      if (entry && entry.name !== '') return shown(entry.name)
    }
    return ''
  }

  /** Wall-clock ms when a node was last in reach; null for never. */
  seen(id: string): number | null {
    const met = this.#saved(id)
    if (!met) return null
    if (this.#inReach().has(id)) met.seen = this.#options.clock.now()
    return met.seen
  }

  /** A node's relay (32 bytes), as it said itself; null where it has none. */
  relayOf(id: string): Buffer | null {
    const relay = this.#saved(id)?.relay
    return relay === undefined ? null : Buffer.from(relay, 'hex')
  }

  /**
   * Relays by which others are reached, best first: of nodes that rooms name, of others in reach, and of others that
   * were met last. Node and relay keys are free, so those of strangers are few from one place.
   */
  relays(): Buffer[] {
    const links = this.#inReach()
    const named = [...this.#named().keys()]
    const near = named.filter((id) => links.has(id))
    const strange = [...links].filter(([id]) => !named.includes(id))
    const met = Object.entries(this.#options.saved().nodes ?? {})
      .filter(([id]) => !named.includes(id) && !links.has(id))
      .sort(([, a], [, b]) => b.seen - a.seen)
    const keys = [
      ...[...near, ...named].flatMap((id) => this.#relaysOf(id)),
      ...fewOfEach(strange.map(([, { node, address }]) => [node?.relay?.toString('hex'), address])),
      ...fewOfEach(met.map(([, { relay }]) => [relay, ''])),
    ]
    return [...new Set(keys)].slice(0, MAX_RELAYS).map((key) => Buffer.from(key, 'hex'))
  }

  /** What a node said of its relay, or else what rooms say of it. */
  #relaysOf(id: string): string[] {
    const said = this.#saved(id)?.relay
    if (said !== undefined) return [said]
    const relays = (this.#named().get(id) ?? []).map(({ mirrors }) => mirrors.get(id)?.relay)
    return relays.flatMap((relay) => (relay ? [relay.toString('hex')] : []))
  }

  #saved(id: string): SavedNode | undefined {
    return this.#options.saved().nodes?.[id]
  }

  #inReach(): Map<string, NodeLink> {
    const links = new Map<string, NodeLink>()
    for (const link of this.#options.links()) {
      const id = link.node?.key.toString('hex')
      if (id !== undefined && !link.closed && !links.has(id)) links.set(id, link)
    }
    return links
  }

  #named(): Map<string, HeldRoom[]> {
    const named = new Map<string, HeldRoom[]>()
    for (const room of this.#options.rooms()) {
      for (const id of room.mirrors.keys()) named.set(id, [...(named.get(id) ?? []), room])
    }
    return named
  }
}

function shown(name: string): string {
  return name.trim() === '' ? '' : shownName(name)
}

/** The first relays of each address, of some with their addresses. */
function fewOfEach(relays: readonly (readonly [string | undefined, string])[]): string[] {
  const counts = new Map<string, number>()
  return relays.flatMap(([relay, address]) => {
    const count = counts.get(address) ?? 0
    if (relay === undefined || count >= MAX_STRANGE) return []
    counts.set(address, count + 1)
    return [relay]
  })
}
