import type { Clock } from '../clock.ts'
import { PorchlightError } from '../errors.ts'
import type { DeviceKeys } from '../identity/device-keys.ts'
import type { PersonMaterial } from '../identity/key-material.ts'
import type { Logger } from '../logger.ts'
import type { Random } from '../random.ts'
import type { RecordConsumer } from '../room/record-consumer.ts'
import type { Room } from '../room/room.ts'
import type { RoomRecord } from '../room/room-record.ts'
import type { Meeting } from '../session/meeting.ts'
import { droppedDevices, OwnDevices } from './own-devices.ts'
import type { PairingGrant } from './pairing-messages.ts'
import { notEmpty } from './pairing-words.ts'
import { PersonalCache } from './personal-cache.ts'
import type { SavedFacts } from './personal-cache.ts'
import { PersonalRooms } from './personal-rooms.ts'
import type { PersonalTopic } from './personal-store.ts'
import { ReadMarkers } from './read-markers.ts'
import { RecoveryBook } from './recovery-book.ts'
import type { RecoveredRoom } from './recovery-messages.ts'
import { RoomFollower } from './room-follower.ts'
import type { KnownRoom } from './room-follower.ts'

/** Rooms that neighbours told of and nobody let this device into yet. */
const MAX_RECOVERING = 512

/** What a person's own devices need of the engine that they run in. */
export interface SelfOptions {
  readonly keys: () => DeviceKeys
  /** This person's nickname; `named` is false until one was chosen. */
  readonly profile: () => { readonly name: string; readonly named: boolean }
  /** Takes a nickname over that another device wrote. */
  readonly rename: (name: string) => Promise<void>
  readonly saved: SavedFacts | undefined
  /** Writes down what the facts are now. */
  readonly save: (facts: SavedFacts) => Promise<void>
  /** Every room of this device, the personal one among them. */
  readonly rooms: () => Iterable<Room>
  /** True while this device never had a room. */
  readonly fresh: () => boolean
  readonly createPersonal: () => Promise<Room>
  /** Enters a room that this person is in with another device; the room, when it is here already. */
  readonly enter: (known: KnownRoom) => Promise<Room>
  readonly leave: (room: Room) => Promise<void>
  /** Makes this device another person's; durable when it resolves. */
  readonly adopt: (person: PersonMaterial) => Promise<void>
  readonly onmeetings: (topics: { join?: Buffer; leave?: Buffer }) => void
  readonly onpeople: () => void
  readonly onpairing: () => void
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** This person on this device and on their others: what these share, and how one of them comes and goes. */
export class Self {
  readonly facts: PersonalCache
  readonly devices: OwnDevices
  readonly #options: SelfOptions
  readonly #recovery: RecoveryBook
  readonly #markers: ReadMarkers
  readonly #follower: RoomFollower
  readonly #own: PersonalRooms
  /** What goes on without anybody waiting for it. */
  readonly #work = new Set<Promise<void>>()
  #stop = new AbortController()

  constructor(options: SelfOptions) {
    this.#options = options
    this.facts = new PersonalCache({
      saved: options.saved,
      save: () => options.save(this.facts.saved()),
    })
    this.#markers = new ReadMarkers({
      facts: this.facts,
      shared: () => this.#own.shared,
      onfault: (error) => this.#fault(error),
    })
    this.#own = new PersonalRooms({
      ...options,
      facts: this.facts,
      person: () => options.keys().person.toString('hex'),
      create: () => this.#begin(),
      enter: (known) => this.#enter(known),
      save: () => options.save(this.facts.saved()),
      onshared: () => {
        for (const other of this.#others()) this.#markers.share(other)
        this.#follower.wake()
      },
      onfault: (error) => this.#fault(error),
    })
    this.devices = new OwnDevices({
      ...options,
      nickname: () => options.profile().name,
      facts: this.facts,
      empty: () => this.#empty,
      personal: () => this.personal(),
      adopt: (grant) => this.#adopt(grant),
      drop: (room, device) => room.moderation.drop(device),
    })
    this.#follower = new RoomFollower({
      ...options,
      enter: (known) => this.#enter(known),
      facts: this.facts,
      shared: () => this.#own.shared,
      self: () => ({
        person: options.keys().person.toString('hex'),
        device: options.keys().device.publicKey.toString('hex'),
      }),
      onfault: (error) => this.#fault(error),
    })
    this.#recovery = new RecoveryBook({
      keys: options.keys,
      rooms: () => this.#others(),
      personal: () => this.personal(),
      onrooms: (rooms) => this.#track(this.#recover(rooms)),
      dropped: () => droppedDevices(options.rooms(), options.keys().person.toString('hex')),
      onpersonal: ({ room, encryptionKey, name, personal }) => {
        const known = { room, encryptionKey, name, kind: 'personal' as const }
        this.#track(this.#unlessStopped(this.#own.propose(known, personal)))
      },
    })
    this.facts.on('change', (topic, key) => this.#onchange(topic, key))
  }

  /** What sessions look for beside rooms. */
  meetings(): Meeting[] {
    return [...this.devices.meetings(), ...this.#recovery.meetings()]
  }

  /** Who learns from a room's records; for `opened`. */
  consumers(record: RoomRecord): RecordConsumer[] {
    return record.kind === 'personal' ? this.#own.consumers(record) : []
  }

  /** A room is open; `entered`: it was not on this device before. */
  opened(room: Room, entered: boolean): void {
    if (room.personal) return this.#attach(room)
    this.#markers.watch(room)
    this.#follower.watch(room, entered)
  }

  /** All rooms that this device has are open. */
  begin(): void {
    this.#stop = new AbortController()
    this.#own.begin()
    this.#follower.begin()
  }

  /** The person left a room on this device. */
  left(room: Room): void {
    if (room.personal) return this.#own.left(room)
    this.#markers.unwatch(room)
    this.#follower.tellLeft(room)
  }

  renamed(name: string): void {
    if (!this.#own.shared) return
    this.facts.set('profile', 'name', name).catch((error: unknown) => this.#fault(error))
  }

  /** The room of this person's own devices, begun if there is none. Errors: `DISK_FULL`. */
  personal(): Promise<Room> {
    return this.#own.get()
  }

  /** Lets go of the rooms: they are about to be closed, for good or to be opened anew. */
  async detach(): Promise<void> {
    this.#stop.abort(new PorchlightError('CLOSED', 'Porchlight is stopping.'))
    await Promise.all([this.#follower.pause(), this.#own.detach()])
    await Promise.all(this.#work)
  }

  async close(): Promise<void> {
    this.devices.close()
    await this.detach()
  }

  async #begin(): Promise<Room> {
    const { createPersonal, keys, profile, clock } = this.#options
    const room = await createPersonal()
    const id = keys().device.publicKey.toString('hex')
    if (!this.facts.get('device', id)) {
      const name = `Device ${id.slice(0, 4)}`
      await this.facts.set('device', id, { name, since: clock.now() })
    }
    if (profile().named) await this.facts.set('profile', 'name', profile().name)
    return room
  }

  #attach(room: Room): void {
    this.#own.opened(room)
    room.on('state', () => {
      if (this.#own.room !== room) return
      const { devices } = room.control.state
      this.devices.arrived(
        [...devices].filter(([, { standing }]) => standing === 'in').map(([id]) => id),
      )
      this.#options.onpeople()
      this.#follower.wake()
    })
  }

  /** Takes over who the offering device says that we are. */
  async #adopt(grant: PairingGrant): Promise<void> {
    const { adopt, rename, enter } = this.#options
    if (!this.#empty) throw notEmpty()
    const { person, attestation, recovery, room, encryptionKey } = grant
    await adopt({ person, attestation, recovery })
    await rename(grant.nickname)
    await enter({ room, encryptionKey, name: '', kind: 'personal' })
  }

  /** A neighbour told of rooms that this person is in. */
  async #recover(rooms: readonly RecoveredRoom[]): Promise<void> {
    const { profile, rename } = this.#options
    for (const { room, encryptionKey, name, nickname } of rooms) {
      if (this.#stop.signal.aborted) return
      const waiting = [...this.#others()].filter((other) => !other.membership.joined)
      if (this.#follower.left(room.toString('hex')) || waiting.length >= MAX_RECOVERING) continue
      // So that the rooms read who they were before.
      if (!profile().named && nickname !== '') await rename(nickname)
      await this.#enter({ room, encryptionKey, name })
    }
  }

  async #enter(known: KnownRoom): Promise<Room> {
    this.#stop.signal.throwIfAborted()
    return this.#unlessStopped(this.#options.enter(known))
  }

  /** What waits for a store that is being opened anew must not be waited for until it is. */
  async #unlessStopped<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#stop
    let onabort = (): void => {}
    const stopped = new Promise<never>((_, reject) => {
      onabort = () => reject(signal.reason as Error)
      signal.addEventListener('abort', onabort, { once: true })
      if (signal.aborted) onabort()
    })
    try {
      return await Promise.race([work, stopped])
    } finally {
      signal.removeEventListener('abort', onabort)
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#fault(error))
      .finally(() => this.#work.delete(tracked))
    this.#work.add(tracked)
  }

  #onchange(topic: PersonalTopic, key: string): void {
    if (topic === 'room') this.#follower.wake()
    if (topic === 'read') this.#markers.changed(key)
    if (topic === 'device') this.#options.onpeople()
    if (topic !== 'profile' || key !== 'name') return
    const name = this.facts.get('profile', 'name')
    if (typeof name !== 'string' || name === this.#options.profile().name) return
    void this.#options.rename(name).catch((error: unknown) => this.#fault(error))
  }

  /** Nothing that the person asked for failed: it is done again when the disk has space, or at the next start. */
  #fault(error: unknown): void {
    if (!this.#stop.signal.aborted)
      this.#options.logger.warn('own-devices', { error: String(error) })
  }

  *#others(): Iterable<Room> {
    for (const room of this.#options.rooms()) if (!room.personal) yield room
  }

  get #empty(): boolean {
    return this.#options.fresh() && !this.#own.beginning
  }
}
