import type { Room } from '../../room/room.ts'
import type { LogRange } from '../copy.ts'
import type { SharedCopy } from '../exchange/shared-copy.ts'
import { regularsEach } from './regulars.ts'
import { RoomLots } from './room-lots.ts'
import type { RoomLot } from './room-lots.ts'
import type { SpraySource } from './sprayer.ts'
import type { SprayLimits } from './spray.ts'

/** Part of the state file: by room id, what this device sprays of its own. */
export type SavedLots = Record<string, RoomLot[]>

/** A room of this device, as carriers find it. */
export interface CarriedRoom {
  readonly room: Room
  /** The id (hex) of its full mirror, which members and blind peers know. */
  readonly mirror: string
  /** Under the carriers' key. */
  readonly shared: SharedCopy
}

export interface RoomSourcesOptions {
  readonly rooms: () => Iterable<CarriedRoom>
  readonly limits: SprayLimits
  readonly saved: () => { lots?: SavedLots }
  readonly save: () => Promise<void>
}

/** What is new in this device's rooms, for strangers to carry. */
export class RoomSources {
  readonly #options: RoomSourcesOptions
  readonly #known = new Map<Room, RoomLots>()
  #begun = false

  constructor(options: RoomSourcesOptions) {
    this.#options = options
  }

  /** Looks at the rooms that there are at the start: what is in them is not new. */
  begin(now: number): void {
    this.#follow(now)
    this.#begun = true
  }

  /** All rooms, as they are now. */
  *sources(now: number): Generator<SpraySource> {
    if (this.#follow(now)) this.#save()
    for (const { room, mirror, shared } of this.#options.rooms()) {
      const lots = this.#known.get(room)
      if (!lots || !room.membership.joined) continue
      yield {
        shared,
        lots: lots.lots,
        regulars: regularsEach(lots.devices, this.#options.limits),
        knows: (link) => link.matched(mirror),
        changed: () => this.#save(),
      }
    }
  }

  /** A carrier brought something of a room. */
  brought(shared: SharedCopy, { key, from, blocks }: LogRange): void {
    for (const known of this.#options.rooms()) {
      if (known.shared.copy !== shared.copy) continue
      this.#known.get(known.room)?.brought(key.toString('hex'), from + blocks.length)
    }
  }

  #follow(now: number): boolean {
    const { rooms, limits, saved } = this.#options
    const here = new Set<Room>()
    let changed = false
    for (const { room } of rooms()) {
      here.add(room)
      let lots = this.#known.get(room)
      if (!lots) {
        const fresh = this.#begun
        lots = new RoomLots(room, { limits, saved: saved().lots?.[room.id] ?? [], fresh })
        this.#known.set(room, lots)
      }
      if (lots.look(now)) changed = true
    }
    for (const room of this.#known.keys()) if (!here.has(room)) this.#known.delete(room)
    return changed
  }

  #save(): void {
    const lots: SavedLots = {}
    for (const [{ id }, known] of this.#known) {
      const mine = known.lots.filter((lot) => lot.mine && (!lot.begun || lot.copies > 0))
      if (mine.length > 0) lots[id] = [...mine]
    }
    this.#options.saved().lots = lots
    // What is lost of it is only not sprayed, or begun once more.
    this.#options.save().catch(() => {})
  }
}
