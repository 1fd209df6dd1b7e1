import type { Room } from '../../room/room.ts'
import type { CarriedRoom } from '../carry/room-sources.ts'
import type { Copy } from '../copy.ts'
import type { SharedCopy } from '../exchange/shared-copy.ts'
import { mirrorId } from '../mirror-keys.ts'
import { EmptyCopy } from './empty-copy.ts'
import type { Farewells } from './farewells.ts'
import { RoomAtNodes } from './held-room.ts'

export interface RoomCopiesOptions {
  readonly rooms: () => Iterable<Room>
  readonly farewells: Farewells
  /** What is here of a room, as mirrors hold it. */
  readonly copyOf: (room: Room) => Copy
}

interface Known {
  readonly at: RoomAtNodes
  readonly shared: readonly SharedCopy[]
}

/** The rooms of this device, as whoever holds or carries their mirrors finds them. */
export class RoomCopies {
  readonly #options: RoomCopiesOptions
  #known = new Map<Room, Known>()
  /** By mirror's id: rooms that were left, and of which a node is still to be told. */
  #left = new Map<string, SharedCopy>()

  constructor(options: RoomCopiesOptions) {
    this.#options = options
  }

  *[Symbol.iterator](): Iterator<RoomAtNodes> {
    for (const { at } of this.#known.values()) yield at
  }

  /** What sessions look for. */
  *shared(): Iterable<SharedCopy> {
    for (const { shared } of this.#known.values()) yield* shared
    yield* this.#left.values()
  }

  /** Rooms, as strangers carry them. */
  *carried(): Generator<CarriedRoom> {
    for (const { at, shared } of this.#known.values()) {
      yield { room: at.room, mirror: at.mirror, shared: shared[1]! }
    }
  }

  /** What is here of each room. */
  copies(): Copy[] {
    return [...this.#known.values()].map(({ shared }) => shared[0]!.copy)
  }

  /** The room of a mirror (hex id). */
  roomOf(id: string): Room | null {
    for (const { at } of this.#known.values()) if (at.mirror === id) return at.room
    return null
  }

  /** Takes in which rooms there are; true where `shared` is something else than before. */
  follow(): boolean {
    const before = [...this.shared()].map(({ key }) => key.toString('hex')).join()
    const rooms = new Set(this.#options.rooms())
    // After the store was opened anew the same rooms are others, with copies of their own.
    let changed = false
    for (const room of this.#known.keys()) {
      if (!rooms.has(room)) changed = this.#known.delete(room)
    }
    for (const room of rooms) {
      if (this.#known.has(room)) continue
      this.#known.set(room, this.#begin(room))
      changed = true
    }
    const here = new Set([...this].map(({ mirror }) => mirror))
    this.#left = new Map(
      [...this.#options.farewells.open()]
        .map(({ key }) => ({ key, id: mirrorId(key) }))
        .filter(({ id }) => !here.has(id))
        .map(({ key, id }) => [id, this.#left.get(id) ?? emptyOf(key, id)]),
    )
    return changed || [...this.shared()].map(({ key }) => key.toString('hex')).join() !== before
  }

  #begin(room: Room): Known {
    const at = new RoomAtNodes(room)
    const copy = this.#options.copyOf(room)
    const { mirror, carry } = at.keys
    const files = { id: room.id, names: (node: string) => at.joined && at.mirrors.has(node) }
    const shared: SharedCopy[] = [
      { key: mirror, scope: 'mirror', kind: 'room', copy, files },
      { key: carry, scope: 'carry', kind: 'room', copy },
    ]
    return { at, shared }
  }
}

function emptyOf(key: Buffer, id: string): SharedCopy {
  return { key, scope: 'mirror', kind: 'room', copy: new EmptyCopy(id) }
}
