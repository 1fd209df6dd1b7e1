import type { KeyPair } from 'hypercore'
import type { Clock, Timer } from '../../clock.ts'
import type { Farewells } from './farewells.ts'
import type { HeldRoom, NodeLink } from './node-link.ts'
import { Placement } from './placement.ts'
import type { SavedMirrors, SavedPlace } from './saved-mirrors.ts'

/** How long changes are gathered before they are told, and before they are written down. */
const TELL_AFTER = 100
const SAVE_AFTER = 10_000

export interface AgentOptions {
  /** Rooms of this device that are for people. */
  readonly rooms: () => Iterable<HeldRoom>
  /** Sessions in order of their coming. */
  readonly links: () => Iterable<NodeLink>
  /** This device's own node key (hex): it needs no copy of what it has. */
  readonly self: string
  /** The pair by which this device is known at a node (hex), and nowhere else. */
  readonly depositor: (node: string) => KeyPair
  readonly saved: () => SavedMirrors
  /** Writes down what was saved. */
  readonly save: () => Promise<void>
  /** Rooms that this device left and that nodes are still to be told of. */
  readonly farewells: Farewells
  readonly onchange: () => void
  readonly clock: Clock
}

/**
 * A member's side of blind peers: whatever node a room's members named is asked to hold it as soon as it is met, and
 * told when it is not to any more.
 */
export class MemberAgent {
  readonly #options: AgentOptions
  /** By room id and node key. */
  readonly #placements = new Map<string, Placement>()
  /** What was to be seen of nodes when it was told last, and what was written down. */
  #told = ''
  #written = ''
  #tell: Timer | null = null
  #save: Timer | null = null
  #closed = false

  constructor(options: AgentOptions) {
    this.#options = options
  }

  /** Where a room is held, or is to be; undefined where nobody asked for it. */
  placement(room: string, node: string): Placement | undefined {
    return this.#placements.get(`${room}/${node}`)
  }

  /** The session with a node (hex); null while it is not in reach. */
  linkOf(node: string): NodeLink | null {
    for (const link of this.#options.links()) {
      if (!link.closed && link.node?.key.toString('hex') === node) return link
    }
    return null
  }

  /** Rooms, the nodes that they name, or the sessions with nodes are others than before. */
  follow(): void {
    if (this.#closed) return
    const wanted = new Map<string, { room: HeldRoom; node: string }>()
    for (const room of this.#options.rooms()) {
      if (!room.joined) continue
      for (const node of room.mirrors.keys()) {
        if (node !== this.#options.self) wanted.set(`${room.id}/${node}`, { room, node })
      }
    }
    for (const [place, placement] of this.#placements) {
      if (wanted.get(place)?.room === placement.room) continue
      this.#placements.delete(place)
      if (wanted.has(place)) placement.close()
      else this.#end(place, placement)
    }
    for (const [place, { room, node }] of wanted) {
      const placement = this.#placements.get(place) ?? this.#begin(place, room, node)
      placement.meet(this.linkOf(node))
    }
    this.#options.farewells.say((node) => this.linkOf(node))
    const picture = this.#picture()
    if (picture !== this.#told) this.#changed()
    this.#told = picture
  }

  /** A room is left: nodes in reach are told now, others when they are met. */
  left(room: string): void {
    for (const [place, placement] of this.#placements) {
      if (placement.room.id !== room) continue
      this.#placements.delete(place)
      this.#end(place, placement)
    }
    this.#changed()
  }

  /** A node said what it has of some logs (hex) of a mirror (hex id). */
  onstored(link: NodeLink, id: string, logs: readonly string[]): void {
    this.#of(link, id)?.stored(logs)
    this.#changed()
  }

  /** A node said what becomes of a deposit. */
  onkept(link: NodeLink, id: string): void {
    const words = link.kept(id)
    if (words) this.#of(link, id)?.told(words)
    this.#changed()
  }

  close(): void {
    this.#closed = true
    this.#tell?.cancel()
    this.#save?.cancel()
    for (const placement of this.#placements.values()) placement.close()
    this.#placements.clear()
  }

  #of(link: NodeLink, id: string): Placement | undefined {
    return [...this.#placements.values()].find(
      (placement) => placement.link === link && placement.id === id,
    )
  }

  #begin(place: string, room: HeldRoom, node: string): Placement {
    const { depositor, clock } = this.#options
    const places = (this.#options.saved().places ??= {})
    const saved: SavedPlace = (places[place] ??= { held: 0, bytes: null, until: null })
    // Asked for again before the node was told that it was not wanted.
    delete saved.ended
    const placement = new Placement({
      room,
      node,
      saved,
      clock,
      depositor: () => depositor(node),
      onchange: () => this.#changed(),
    })
    this.#placements.set(place, placement)
    return placement
  }

  #end(place: string, placement: Placement): void {
    const { places = {} } = this.#options.saved()
    if (placement.forget()) delete places[place]
    else if (places[place]) places[place].ended = true
  }

  #changed(): void {
    if (this.#closed) return
    const { clock, onchange, save } = this.#options
    this.#tell ??= clock.after(TELL_AFTER, () => {
      this.#tell = null
      onchange()
    })
    this.#save ??= clock.after(SAVE_AFTER, () => {
      this.#save = null
      const places = JSON.stringify(this.#options.saved().places)
      if (places === this.#written) return
      this.#written = places
      void save().catch(() => {})
    })
  }

  /** Which nodes are in reach, and what is asked of which. */
  #picture(): string {
    const nodes = [...this.#options.links()].flatMap(({ node, closed }) =>
      node && !closed ? [[node.key.toString('hex'), node.name, node.free]] : [],
    )
    const places = [...this.#placements].map(([place, { link, refused }]) => {
      return [place, link !== null, refused]
    })
    return JSON.stringify([nodes, places])
  }
}
