import type { Place } from '../room/place.ts'
import type { Room } from '../room/room.ts'
import type { PersonalCache } from './personal-cache.ts'

export interface ReadMarkersOptions {
  readonly facts: PersonalCache
  /** True while there are other devices to share with. */
  readonly shared: () => boolean
  readonly onfault: (error: unknown) => void
}

/**
 * How far each room was read, on whichever device it was read furthest: a marker that another device wrote is
 * taken over where it is further on, and written again where this device is.
 */
export class ReadMarkers {
  readonly #options: ReadMarkersOptions
  readonly #rooms = new Map<string, Room>()
  /** Rooms whose marker names a record that is not here yet. */
  readonly #ahead = new Set<string>()

  constructor(options: ReadMarkersOptions) {
    this.#options = options
  }

  /** Follows a room for as long as it is open. */
  watch(room: Room): void {
    this.#rooms.set(room.id, room)
    room.on('read', () => this.share(room))
    room.on('placed', () => {
      if (this.#ahead.has(room.id)) this.changed(room.id)
    })
    this.#ahead.add(room.id)
  }

  /** The room is closed, or left. */
  unwatch(room: Room): void {
    if (this.#rooms.get(room.id) !== room) return
    this.#rooms.delete(room.id)
    this.#ahead.delete(room.id)
  }

  /** Tells the other devices how far this room was read here. */
  share(room: Room): void {
    const { record, reading } = room
    const { read } = record
    if (!read || !this.#options.shared()) return
    const fact = this.#fact(room.id)
    if (fact && reading.has(fact) && reading.has(read) && reading.compare(fact, read) >= 0) return
    const { facts, onfault } = this.#options
    facts.set('read', room.id, { log: read.log, seq: read.seq }).catch(onfault)
  }

  /** Another device may have read further. */
  changed(id: string): void {
    const room = this.#rooms.get(id)
    const fact = this.#fact(id)
    if (!room || !fact) return
    this.#ahead.delete(id)
    const { record, reading } = room
    if (!reading.has(fact)) {
      this.#ahead.add(id)
      return
    }
    const { read } = record
    if (!read || !reading.has(read) || reading.compare(read, fact) < 0) {
      reading.moveTo(fact).catch(this.#options.onfault)
    } else this.share(room)
  }

  #fact(id: string): Place | null {
    const { log, seq } = (this.#options.facts.get('read', id) ?? {}) as Partial<Place>
    return typeof log === 'string' && Number.isSafeInteger(seq) ? { log, seq: seq! } : null
  }
}
