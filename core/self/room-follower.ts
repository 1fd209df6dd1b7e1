import { Job } from '../job.ts'
import type { Room } from '../room/room.ts'
import { droppedDevices } from './own-devices.ts'
import { planOwnRooms, readRoomFact } from './own-rooms.ts'
import type { PersonalCache } from './personal-cache.ts'

/** A room that another device of this person, or a neighbour, told of. */
export interface KnownRoom {
  readonly room: Buffer
  readonly encryptionKey: Buffer
  readonly name: string
  readonly kind?: 'personal'
}

export interface RoomFollowerOptions {
  readonly facts: PersonalCache
  /** Every room of this device, the personal one among them. */
  readonly rooms: () => Iterable<Room>
  /** True while there are other devices to be in the same rooms with. */
  readonly shared: () => boolean
  /** This person and this device (hex). */
  readonly self: () => { readonly person: string; readonly device: string }
  /** Enters a room that this person is in with another device; the room, when it is here already. */
  readonly enter: (known: KnownRoom) => Promise<Room>
  readonly leave: (room: Room) => Promise<void>
  readonly onfault: (error: unknown) => void
}

/** Keeps this device in the rooms that the person's others are in, and devices that were cut off out of them. */
export class RoomFollower {
  readonly #options: RoomFollowerOptions
  readonly #job = new Job(() => this.#follow())
  #paused = true

  constructor(options: RoomFollowerOptions) {
    this.#options = options
  }

  /** From here on all rooms of this device are open: what is missing is to be entered. */
  begin(): void {
    this.#paused = false
    this.wake()
  }

  /** Resolves once nothing is under way any more. */
  async pause(): Promise<void> {
    this.#paused = true
    await this.#job.running
  }

  /** Rooms, or what the others said of rooms, changed. */
  wake(): void {
    if (!this.#paused) void this.#job.wake()
  }

  /** A room was entered, or opened again: one that the person left meanwhile on another device does not come back by that. */
  watch(room: Room, entered: boolean): void {
    room.on('state', () => this.wake())
    // Who comes back to a room comes back with all devices.
    if (entered && this.left(room.record.key)) this.#tell(room)
    this.wake()
  }

  /** True when the person left the room with this control key. */
  left(key: string): boolean {
    const fact = readRoomFact(key, this.#options.facts.get('room', key))
    return fact !== null && 'left' in fact
  }

  /** The person left a room on this device: with all of them. */
  tellLeft({ record: { key } }: Room): void {
    const { facts, onfault } = this.#options
    if (facts.get('room', key) !== undefined) facts.set('room', key, { left: true }).catch(onfault)
  }

  async #follow(): Promise<void> {
    try {
      await this.#cutOff()
      if (this.#options.shared()) await this.#catchUp()
    } catch (error) {
      this.#options.onfault(error)
    }
  }

  async #catchUp(): Promise<void> {
    const { facts, rooms, enter, leave } = this.#options
    const others = [...rooms()].filter((room) => !room.personal)
    const here = new Map(others.map((room) => [room.record.key, room]))
    const plan = planOwnRooms(facts.entries('room'), new Set(here.keys()))
    for (const key of plan.tell) {
      // Before this device is let in, no other of the person would be either.
      if (here.get(key)!.membership.joined) this.#tell(here.get(key)!)
    }
    for (const key of plan.leave) {
      if (this.#paused) return
      await leave(here.get(key)!)
    }
    for (const { key, encryptionKey, name } of plan.enter) {
      if (this.#paused) return
      await enter({
        room: Buffer.from(key, 'hex'),
        encryptionKey: Buffer.from(encryptionKey, 'hex'),
        name,
      })
    }
  }

  /** A device that was cut off is out of rooms too in which nobody could write that at the time. */
  async #cutOff(): Promise<void> {
    const { person, device } = this.#options.self()
    const rooms = [...this.#options.rooms()]
    const gone = droppedDevices(rooms, person)
    gone.delete(device)
    for (const id of gone) {
      for (const room of rooms) {
        if (this.#paused || room.control.state.devices.get(id)?.standing !== 'in') continue
        await room.moderation.drop(id)
      }
    }
  }

  #tell(room: Room): void {
    const { facts, onfault } = this.#options
    const { key, encryptionKey, name } = room.record
    facts.set('room', key, { encryptionKey, name }).catch(onfault)
  }
}
