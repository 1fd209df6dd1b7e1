import { join } from 'node:path'
import type { Clock } from './clock.ts'
import type { DiskGuard } from './durability/disk-guard.ts'
import { PorchlightError } from './errors.ts'
import type { FileState } from './files/api.ts'
import type { Logger } from './logger.ts'
import type { Random } from './random.ts'
import type { AllowanceLimits } from './room/allowance.ts'
import type { Invite } from './room/invite.ts'
import { shownName } from './room/names.ts'
import { createRoomRecord, joinRoomRecord } from './room/new-room.ts'
import type { WayIn } from './room/new-room.ts'
import type { RecordConsumer } from './room/record-consumer.ts'
import { Room, roomId } from './room/room.ts'
import type { RoomRecord } from './room/room-record.ts'
import type { KnownRoom } from './self/room-follower.ts'
import { REFUSAL_WORDS } from './session/refusal-words.ts'
import type { Storage } from './storage.ts'
import { until } from './until.ts'

/** What the rooms of a device need of the engine that holds them. */
export interface RoomsOptions {
  readonly dir: string
  readonly limits?: AllowanceLimits
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** What is on the disk; another one after the store had to be opened anew. */
  readonly storage: () => Storage
  readonly guard: () => DiskGuard
  /** Before a small entry is written. Errors: `CLOSED`, `DISK_FULL`. */
  readonly ready: () => Promise<void>
  readonly blocked: (person: string) => boolean
  readonly tellsRead: () => boolean
  /** How far an item (the hex of its root) is here. */
  readonly fileState?: (roomId: string, root: string) => FileState
  /** Who learns from a room's records, beside the room itself. */
  readonly consumers: (record: RoomRecord) => RecordConsumer[]
  /** Nodes (hex) that hold a room, those that are best to reach first. */
  readonly holders?: (roomId: string) => readonly string[]
  /** A room is open, since the start, after a mended store or (`entered`) from now on. */
  readonly onopen: (room: Room, entered: boolean) => void
  /** A room is left; what it kept on the disk goes next. */
  readonly onleave: (room: Room) => void
  /** A room was entered that was not here. */
  readonly onenter: (room: Room) => void
  /** Nothing of a room that was left is on the disk any more, but for coming back. */
  readonly onerased: (room: Room) => void
}

const JOIN_PATIENCE = 5_000
const LEAVE_PATIENCE = 500

/** The rooms of this device: how they are opened, entered, left and forgotten. */
export class Rooms {
  readonly #options: RoomsOptions
  readonly #rooms = new Map<string, Room>()
  readonly #entering = new Map<string, Promise<Room>>()
  /** Rooms being made, opened or forgotten. */
  readonly #work = new Set<Promise<unknown>>()

  constructor(options: RoomsOptions) {
    this.#options = options
  }

  /** Every room, the personal one among them. */
  all(): Iterable<Room> {
    return this.#rooms.values()
  }

  /** The rooms that are for people. */
  *shown(): Iterable<Room> {
    for (const room of this.#rooms.values()) if (!room.personal) yield room
  }

  /** A room that is for people. Errors: `NOT_FOUND`. */
  get(id: string): Room {
    const room = this.#rooms.get(id)
    if (room && !room.personal) return room
    throw new PorchlightError('NOT_FOUND', `There is no room ${id.slice(0, 40)} on this device.`)
  }

  /** True while this device never had a room. */
  get none(): boolean {
    return this.#rooms.size + this.#entering.size + this.#state.left.length === 0
  }

  /** Opens the rooms that are on the disk. */
  async open(): Promise<void> {
    for (const record of this.#state.rooms) await this.#open(record, false)
  }

  /** Resolves once no room is being made, opened or forgotten: the store may be closed. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work)
  }

  /** Makes a room with this person as its admin. */
  async create(title: string, kind?: 'personal'): Promise<Room> {
    await this.#options.ready()
    return this.#track(this.#create(title, kind))
  }

  /** Enters by an invite, and waits for a member's answer. Errors: `NOT_ALLOWED`. */
  async join(
    invite: Invite,
    { patience, signal }: { patience?: number; signal?: AbortSignal },
  ): Promise<Room> {
    const { clock, ready } = this.#options
    await ready()
    const { entering, fresh } = this.#begin(invite)
    const room = await entering
    if (!fresh && !room.membership.joined) await room.askAgain(invite, this.#facts())
    const done = (): boolean => room.membership.joined || room.refusal !== null
    await until(room, ['changed'], done, { clock, ms: patience ?? JOIN_PATIENCE, signal })
    const { refusal } = room
    if (refusal !== null) {
      if (fresh && this.#rooms.get(room.id) === room) await this.#track(this.#drop(room))
      throw new PorchlightError('NOT_ALLOWED', REFUSAL_WORDS[refusal])
    }
    return room
  }

  /** Enters a room that this person is in with another device; the room, when it is here already. */
  async enterKnown({ room, encryptionKey, name, kind }: KnownRoom): Promise<Room> {
    await this.#options.ready()
    const way = { room, encryptionKey, seed: null }
    const about = { name: name && shownName(name), ...(kind && { kind }) }
    return this.#begin(way, about).entering
  }

  /** Enters the rooms that a backup named; members let this device in when they are met. */
  async enterRestored(): Promise<void> {
    const { restored } = this.#state
    if (!restored) return
    for (const { key, encryptionKey, name } of restored) {
      await this.enterKnown({
        room: Buffer.from(key, 'hex'),
        encryptionKey: Buffer.from(encryptionKey, 'hex'),
        name,
      })
    }
    delete this.#state.restored
    await this.#save()
  }

  /** Tells the members that are here, and forgets the room. */
  async leave(room: Room): Promise<void> {
    const { clock } = this.#options
    if (room.membership.joined) {
      await room.control.append({ type: 'leave' }).catch(() => {})
      const told = (): boolean => [...room.links].every((link) => !link.member)
      await until(room, ['changed'], told, { clock, ms: LEAVE_PATIENCE })
    }
    await this.#track(this.#drop(room))
  }

  get #state(): Storage['file']['state'] {
    return this.#options.storage().file.state
  }

  #save(): Promise<void> {
    return this.#options.storage().file.save()
  }

  /** What a new room is made of. */
  #facts(): Pick<Storage, 'keys' | 'store' | 'journal'> & RoomsOptions & { nickname: string } {
    const { keys, store, journal } = this.#options.storage()
    return { ...this.#options, keys, store, journal, nickname: this.#state.name }
  }

  /** Nothing is awaited before it is noted who enters: two calls in one tick must not both begin. */
  #begin(way: WayIn, about: Partial<RoomRecord> = {}): { entering: Promise<Room>; fresh: boolean } {
    const id = roomId(way.room)
    const here = this.#rooms.get(id)
    const begun = here ? Promise.resolve(here) : this.#entering.get(id)
    if (begun) return { entering: begun, fresh: false }
    const key = way.room.toString('hex')
    const left = this.#state.left.find((record) => record.key === key)
    const record = { ...joinRoomRecord(way, this.#facts(), left), ...about }
    const entering = this.#track(this.#enter(record)).finally(() => this.#entering.delete(id))
    this.#entering.set(id, entering)
    return { entering, fresh: true }
  }

  async #create(title: string, kind?: 'personal'): Promise<Room> {
    const record = await createRoomRecord({ ...this.#facts(), title })
    return this.#enter({ ...record, ...(kind && { kind }) })
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const tracked = work.finally(() => this.#work.delete(tracked))
    this.#work.add(tracked)
    return tracked
  }

  /** Takes a new record in: from here on it survives a restart. */
  async #enter(record: RoomRecord): Promise<Room> {
    const state = this.#state
    state.rooms.push(record)
    state.left = state.left.filter((other) => other.key !== record.key)
    await this.#save()
    const room = await this.#open(record, true)
    this.#options.onenter(room)
    return room
  }

  /** Forgets a room, but for what coming back to it takes. */
  async #drop(room: Room): Promise<void> {
    const state = this.#state
    state.rooms = state.rooms.filter((record) => record !== room.record)
    // Whoever comes back is handed keys anew; those of before would lie here for good.
    state.left.push({ ...room.record, epochs: {} })
    await this.#save()
    this.#rooms.delete(room.id)
    this.#options.onleave(room)
    await room.erase()
    this.#options.onerased(room)
  }

  async #open(record: RoomRecord, entered: boolean): Promise<Room> {
    const { storage, guard, dir } = this.#options
    const { keys, store, journal, suspect, file } = storage()
    const room = await Room.open({
      ...this.#options,
      record,
      store: store.namespace(Buffer.from(record.salt, 'hex')),
      keys,
      journal,
      suspect,
      dir: join(dir, 'index'),
      trust: (core) => storage().trust(core),
      onintake: (bytes) => guard().note(bytes),
      save: () => file.save(),
      consumers: this.#options.consumers(record),
    })
    room.logs.accepting = !guard().full
    this.#rooms.set(room.id, room)
    this.#options.onopen(room, entered)
    return room
  }
}
