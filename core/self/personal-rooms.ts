import type { Clock } from '../clock.ts'
import { Job } from '../job.ts'
import type { Logger } from '../logger.ts'
import type { RecordConsumer } from '../room/record-consumer.ts'
import type { Room } from '../room/room.ts'
import type { RoomRecord } from '../room/room-record.ts'
import { droppedDevices } from './own-devices.ts'
import type { PersonalCache } from './personal-cache.ts'
import { candidate, choosePersonal, holds, onlyOwn, yields } from './personal-choice.ts'
import { PersonalMerge } from './personal-merge.ts'
import { PersonalRoom } from './personal-room.ts'
import type { KnownRoom } from './room-follower.ts'

/** Personal rooms that this device is in or waits for at once: two, but for a device that tells of rooms that are none. */
const MAX_PERSONAL = 4

export interface PersonalRoomsOptions {
  readonly facts: PersonalCache
  /** This person (hex). */
  readonly person: () => string
  /** Every room of this device, the personal ones among them. */
  readonly rooms: () => Iterable<Room>
  readonly create: () => Promise<Room>
  readonly enter: (known: KnownRoom) => Promise<Room>
  readonly leave: (room: Room) => Promise<void>
  /** Writes the facts down. */
  readonly save: () => Promise<void>
  /** Another room is the one that is shared in. */
  readonly onshared: () => void
  readonly onfault: (error: unknown) => void
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * The room of this person's own devices. Two that were begun apart become one: until this device was let into the
 * other room and found nobody but its person there, it stays in its own.
 */
export class PersonalRooms {
  readonly #options: PersonalRoomsOptions
  /** Open ones, oldest first. */
  readonly #open = new Map<Room, PersonalMerge>()
  /** Of rooms about to be opened, by control key. */
  readonly #merges = new Map<string, PersonalMerge>()
  readonly #job = new Job(() => this.#settle())
  #shared: PersonalRoom | null = null
  #beginning: Promise<Room> | null = null
  #paused = true

  constructor(options: PersonalRoomsOptions) {
    this.#options = options
  }

  /** True while there is a room to share in. */
  get shared(): boolean {
    return this.#shared !== null
  }

  /** True while the first one is being made. */
  get beginning(): boolean {
    return this.#beginning !== null
  }

  /** The room that is shared in. */
  get room(): Room | null {
    return this.#shared?.room ?? null
  }

  /** Who learns from a room's records; for `opened`. */
  consumers(record: RoomRecord): RecordConsumer[] {
    const merge = new PersonalMerge(this.#options.person)
    this.#merges.set(record.key, merge)
    return [merge]
  }

  opened(room: Room): void {
    const merge = this.#merges.get(room.record.key)!
    this.#merges.delete(room.record.key)
    this.#open.set(room, merge)
    room.on('state', () => this.wake())
    this.wake()
  }

  left(room: Room): void {
    this.#open.delete(room)
  }

  begin(): void {
    this.#paused = false
    this.wake()
  }

  /** Who is in a room changed, or who may be. */
  wake(): void {
    if (this.#paused) return
    this.#shared?.wake()
    void this.#job.wake()
  }

  /** The room to share in, begun if there is none. Errors: `DISK_FULL`. */
  get(): Promise<Room> {
    const { create } = this.#options
    const [first] = this.#open.keys()
    const room = this.room ?? first
    const { joined, own } = room ? this.#candidate(room) : { joined: true, own: false }
    if (room && (own || !joined)) return Promise.resolve(room)
    this.#beginning ??= create().finally(() => {
      this.#beginning = null
    })
    return this.#beginning
  }

  /** Another device of the person shares in this room, with so many. */
  async propose(theirs: KnownRoom, devices: number): Promise<void> {
    const { rooms, enter } = this.#options
    await this.#beginning
    const key = theirs.room.toString('hex')
    for (const room of rooms()) if (room.record.key === key) return
    const ours = this.room && this.#candidate(this.room)
    if (this.#paused || this.#open.size >= MAX_PERSONAL) return
    if (ours && holds(ours) && !yields(ours, { key: theirs.room, present: devices })) return
    await enter(theirs)
  }

  /** Lets go of the rooms: they are about to be closed, for good or to be opened anew. */
  async detach(): Promise<void> {
    this.#paused = true
    await this.#job.running
    const shared = this.#shared
    this.#shared = null
    await shared?.close()
    this.#open.clear()
  }

  async #settle(): Promise<void> {
    try {
      const all = [...this.#open.keys()].map((room) => this.#candidate(room))
      const now = all.find(({ room }) => room === this.room)
      const best = choosePersonal(all, now)?.room
      if (this.#paused || !best) return
      if (best !== this.room) await this.#share(best)
      for (const room of this.#open.keys()) {
        // One that nobody let this device into may still turn out to be the better one.
        if (this.#paused || room === this.room || room.membership.standing === 'waiting') continue
        await this.#options.leave(room)
      }
    } catch (error) {
      this.#options.onfault(error)
    }
  }

  async #share(room: Room): Promise<void> {
    const { facts, onshared } = this.#options
    const before = this.#shared
    if (before) {
      await before.close()
      facts.sendAll()
    }
    this.#shared = new PersonalRoom({
      ...this.#options,
      room,
      merge: this.#open.get(room)!,
      cache: facts,
      safe: () => {
        const person = this.#options.person()
        return onlyOwn(room.control.state, person, this.#dropped)
      },
    })
    onshared()
  }

  #candidate(room: Room): ReturnType<typeof candidate> {
    return candidate(room, this.#options.person(), this.#dropped)
  }

  get #dropped(): Set<string> {
    return droppedDevices(this.#options.rooms(), this.#options.person())
  }
}
