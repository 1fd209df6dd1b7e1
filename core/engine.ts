import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import type {
  DevicesApi,
  EngineApi,
  EngineEvents,
  InviteOptions,
  InviteView,
  MemberAct,
  MemberView,
  MessagePage,
  MessageView,
  PeerView,
  RoomSettings,
  RoomView,
  SendOptions,
  SearchOptions,
  SearchPage,
  TransportView,
} from './api.ts'
import type { Clock } from './clock.ts'
import { DiskGuard } from './durability/disk-guard.ts'
import { storeError } from './durability/open-store.ts'
import { PorchlightError } from './errors.ts'
import { OwnIdentity } from './identity/own-identity.ts'
import type { Vault } from './identity/vault.ts'
import type { Logger } from './logger.ts'
import type { Random } from './random.ts'
import type { Named } from './people/name-watch.ts'
import { People } from './people/people.ts'
import type { AllowanceLimits } from './room/allowance.ts'
import { parseInvite } from './room/invite.ts'
import { checkName, shownName } from './room/names.ts'
import { createRoomRecord, joinRoomRecord } from './room/new-room.ts'
import { MAX_TEXT } from './room/messages/payloads.ts'
import { Room, roomId } from './room/room.ts'
import type { RoomRecord } from './room/room-record.ts'
import { Self } from './self/self.ts'
import type { KnownRoom } from './self/room-follower.ts'
import { until } from './until.ts'
import { REFUSAL_WORDS } from './session/refusal-words.ts'
import { search } from './search/search.ts'
import { SessionManager } from './session/session-manager.ts'
import { Storage } from './storage.ts'
import { canRemember } from './transport.ts'
import type { Transport } from './transport.ts'

export interface EngineOptions {
  /** The data directory; made when missing. One engine at a time. */
  readonly dir: string
  /** Nickname for a new person. */
  readonly name?: string
  /** The unlocked key file; whoever gives it closes it. Without one it is opened here. */
  readonly vault?: Vault
  /** How much one device may write in a room, for tests: all devices of a room must hold to the same. */
  readonly limits?: AllowanceLimits
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

const JOIN_PATIENCE = 5_000
const LEAVE_PATIENCE = 500
/** Bytes that a small entry takes, padding and proofs included. */
const SMALL = 2048

/** Opens a device's data, repairs what a crash left, and opens its rooms. Errors: `LOCKED`, `DAMAGED`, `DISK_FULL`. */
export async function openEngine(options: EngineOptions): Promise<EngineApi> {
  return Engine.open(options)
}

class Engine extends EventEmitter<EngineEvents> implements EngineApi {
  readonly #options: EngineOptions
  #storage: Storage
  readonly #sessions: SessionManager
  readonly #rooms = new Map<string, Room>()
  readonly #entering = new Map<string, Promise<Room>>()
  readonly #self: Self
  readonly identity: OwnIdentity
  readonly people: People
  #guard: DiskGuard | null = null
  #mending: Promise<void> = Promise.resolve()
  #closing: Promise<void> | null = null

  private constructor(options: EngineOptions, storage: Storage) {
    super()
    this.setMaxListeners(0)
    this.#options = options
    this.#storage = storage
    this.#self = this.#makeSelf()
    this.identity = new OwnIdentity({
      vault: storage.vault,
      random: options.random,
      state: () => this.#storage.state,
      rooms: () => this.#rooms.values(),
      onchange: () => this.emit('people'),
    })
    this.people = new People({
      ...options,
      store: this.#self.facts,
      person: () => this.#storage.keys.person,
      name: () => this.name,
      known: () => this.#everyone(),
      onchange: (person) => this.#onpeople(person),
    })
    this.#sessions = new SessionManager({
      ...options,
      rooms: () => this.#rooms.values(),
      meetings: () => this.#self.meetings(),
      onpeers: () => this.emit('peers'),
      ontransports: () => this.emit('transports'),
    })
  }

  static async open(options: EngineOptions): Promise<Engine> {
    const { dir, clock } = options
    const engine = new Engine(options, await Storage.open(options))
    engine.#guard = await DiskGuard.open({
      dir,
      store: join(dir, 'store'),
      clock,
      onchange: (full) => engine.#ondisk(full),
      oncritical: () => void engine.#oncritical().catch(() => {}),
    })
    try {
      await engine.#openRooms()
      await engine.#enterRestored()
    } catch (error) {
      await engine.close().catch(() => {})
      throw storeError(error, join(dir, 'store'))
    }
    return engine
  }

  get deviceId(): string {
    return this.#storage.keys.device.publicKey.toString('hex')
  }

  get personId(): string {
    return this.#storage.keys.person.toString('hex')
  }

  get name(): string {
    return this.#storage.state.state.name
  }

  get named(): boolean {
    return this.#storage.state.state.named
  }

  async setName(name: string): Promise<void> {
    const { state } = this.#storage
    state.state.name = checkName(name)
    state.state.named = true
    await state.save()
    this.#self.renamed(state.state.name)
    for (const room of this.#rooms.values()) await room.membership.rename(state.state.name)
  }

  addTransport(transport: Transport): void {
    if (canRemember(transport)) {
      transport.remember(this.#storage.state.state.addresses[transport.id] ?? [])
    }
    this.#sessions.transports.add(transport)
  }

  transports(): TransportView[] {
    return this.#sessions.views()
  }

  switchTransport(id: string, on: boolean): Promise<void> {
    return this.#sessions.transports.switch(id, on)
  }

  dial(transport: string, address: string, signal?: AbortSignal): Promise<void> {
    return this.#sessions.transports.dial(transport, address, signal)
  }

  peers(): PeerView[] {
    return this.#sessions.peers()
  }

  rooms(): RoomView[] {
    return [...this.#shown()].map((room) => room.view())
  }

  async createRoom(name: string): Promise<RoomView> {
    const title = checkName(name)
    await this.#ready(SMALL)
    const record = await createRoomRecord({
      ...this.#facts(),
      title,
    })
    return (await this.#enter(record)).view()
  }

  async invite(room: string, options: InviteOptions = {}): Promise<string> {
    await this.#ready(SMALL)
    return this.#room(room).invites.make(options)
  }

  invites(room: string): InviteView[] {
    return this.#room(room).invites.list()
  }

  async revoke(room: string, invite: string): Promise<void> {
    await this.#ready(SMALL)
    await this.#room(room).invites.revoke(invite)
  }

  settings(room: string): RoomSettings {
    return this.#room(room).moderation.settings
  }

  async setSettings(room: string, change: Partial<RoomSettings>): Promise<RoomSettings> {
    await this.#ready(SMALL)
    return this.#room(room).moderation.setSettings(change)
  }

  async moderate(room: string, person: string, act: MemberAct): Promise<void> {
    await this.#ready(SMALL)
    await this.#room(room).moderation.moderate(person, act)
  }

  async join(
    text: string,
    options: { patience?: number; signal?: AbortSignal } = {},
  ): Promise<RoomView> {
    const invite = parseInvite(text)
    await this.#ready(SMALL)
    const id = roomId(invite.room)
    const facts = this.#facts()
    // No await while nobody is entering: two calls in one tick must not both begin.
    const begun = this.#entering.get(id)
    let room = this.#rooms.get(id) ?? (begun && (await begun))
    const fresh = !room
    if (!room) {
      const key = invite.room.toString('hex')
      const left = this.#storage.state.state.left.find((record) => record.key === key)
      const entering = this.#enter(joinRoomRecord(invite, facts, left))
      this.#entering.set(id, entering)
      try {
        room = await entering
      } finally {
        this.#entering.delete(id)
      }
    } else if (!room.membership.joined) {
      await room.askAgain(invite, facts)
    }
    const entered = room
    const done = (): boolean => entered.membership.joined || entered.refusal !== null
    await until(entered, ['changed'], done, {
      clock: this.#options.clock,
      ms: options.patience ?? JOIN_PATIENCE,
      signal: options.signal,
    })
    const { refusal } = entered
    if (refusal !== null) {
      if (fresh && this.#rooms.get(id) === entered) await this.#drop(entered)
      throw new PorchlightError('NOT_ALLOWED', REFUSAL_WORDS[refusal])
    }
    return entered.view()
  }

  leave(id: string): Promise<void> {
    return this.#leave(this.#room(id))
  }

  async #leave(room: Room): Promise<void> {
    const { clock } = this.#options
    if (room.membership.joined) {
      await room.control.append({ type: 'leave' }).catch(() => {})
      const told = (): boolean => [...room.links].every((link) => !link.member)
      await until(room, ['changed'], told, { clock, ms: LEAVE_PATIENCE })
    }
    await this.#drop(room)
  }

  members(room: string): MemberView[] {
    const { membership, conversation } = this.#room(room)
    return this.people.describe(membership.members()).map((member) => {
      const avatar = conversation.avatar(member.id)
      return { ...member, ...(avatar !== undefined && { avatar }) }
    })
  }

  async send(room: string, text: string, options: SendOptions = {}): Promise<MessageView> {
    await this.#ready(SMALL + Buffer.byteLength(text))
    return this.#room(room).conversation.writer.send(text, options)
  }

  async edit(room: string, message: string, text: string): Promise<MessageView> {
    await this.#ready(SMALL + Buffer.byteLength(text))
    return this.#room(room).conversation.writer.edit(message, text)
  }

  async remove(room: string, message: string, options: { on?: boolean } = {}): Promise<void> {
    await this.#ready(SMALL)
    await this.#room(room).conversation.writer.remove(message, options.on ?? true)
  }

  async react(room: string, message: string, emoji: string, on: boolean): Promise<MessageView> {
    await this.#ready(SMALL)
    return this.#room(room).conversation.writer.react(message, emoji, on)
  }

  async pin(room: string, message: string, on: boolean): Promise<void> {
    await this.#ready(SMALL)
    await this.#room(room).conversation.writer.pin(message, on)
  }

  async pins(room: string): Promise<MessageView[]> {
    await this.#mending
    return this.#room(room).conversation.pins()
  }

  async messages(
    room: string,
    options: { limit?: number; before?: string; after?: string } = {},
  ): Promise<MessagePage> {
    const limit = options.limit ?? 50
    if (!Number.isInteger(limit) || limit < 1 || limit > 500) {
      throw new PorchlightError('BAD_REQUEST', 'A page has between 1 and 500 messages.')
    }
    await this.#mending
    const { before, after } = options
    if (before !== undefined && after !== undefined) {
      throw new PorchlightError(
        'BAD_REQUEST',
        'A page comes before a message or after it, not both.',
      )
    }
    return this.#room(room).messages({ limit, before, after })
  }

  async search(words: string, options: SearchOptions = {}): Promise<SearchPage> {
    await this.#mending
    const rooms = options.room === undefined ? this.#shown() : [this.#room(options.room)]
    return search([...rooms], words, options)
  }

  markRead(room: string, messageId?: string): Promise<void> {
    return this.#room(room).markRead(messageId)
  }

  get devices(): DevicesApi {
    return this.#self.devices
  }

  draft(room: string): string {
    const text = this.#self.facts.get('draft', this.#room(room).id)
    return typeof text === 'string' ? text : ''
  }

  async setDraft(room: string, text: string): Promise<void> {
    if (Buffer.byteLength(text) > MAX_TEXT) {
      throw new PorchlightError(
        'TOO_LARGE',
        `A draft has at most ${MAX_TEXT} bytes. The one before was kept; shorten the text.`,
      )
    }
    await this.#self.facts.set('draft', this.#room(room).id, text === '' ? null : text)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { addresses } = this.#storage.state.state
    this.#guard?.close()
    await this.#mending
    for (const transport of this.#sessions.transports) {
      if (canRemember(transport)) addresses[transport.id] = transport.known().slice(0, 64)
    }
    await this.#self.close()
    await this.#sessions.close()
    for (const room of this.#rooms.values()) await room.close()
    await this.#storage.close()
    if (!this.#options.vault) await this.#storage.vault.close()
  }

  /** Before some bytes are written. Errors: `CLOSED`, `DISK_FULL`. */
  async #ready(bytes: number): Promise<void> {
    if (this.#closing) throw new PorchlightError('CLOSED', 'Porchlight is stopping.')
    await this.#guard!.check(bytes)
    await this.#mending
  }

  #ondisk(full: boolean): void {
    this.#options.logger.warn('disk', { full })
    for (const room of this.#rooms.values()) room.logs.accepting = !full
    if (full || this.#closing) return
    this.#mending = this.#mending
      .then(() => this.#mend())
      .catch((error: unknown) => {
        this.#options.logger.error('store-not-mended', { error: String(error) })
      })
  }

  /** A store that refuses to write would be sent the same blocks over and over. */
  async #oncritical(): Promise<void> {
    await this.#mending
    if (this.#closing || (await this.#storage.healthy())) return
    this.#sessions.suspend('the disk is full')
  }

  /** There is space again: a store that met the full disk before we did has to be opened anew. */
  async #mend(): Promise<void> {
    if (this.#closing) return
    if (await this.#storage.healthy()) return this.#sessions.resume()
    this.#options.logger.warn('store-reopened')
    this.#sessions.suspend('the store is opened anew')
    await this.#self.detach()
    for (const room of this.#rooms.values()) await room.close().catch(() => {})
    await this.#storage.close().catch(() => {})
    this.#storage = await Storage.open({ ...this.#options, vault: this.#storage.vault })
    await this.#openRooms()
    this.#sessions.resume()
  }

  async #openRooms(): Promise<void> {
    for (const record of this.#storage.state.state.rooms) await this.#openRoom(record)
    this.#self.begin()
  }

  /** Every person of this device's rooms. */
  *#everyone(): Iterable<Named> {
    for (const room of this.#shown()) yield* room.people()
  }

  #onpeople(person: string | null): void {
    for (const room of person === null ? [] : this.#shown()) {
      if (!room.control.state.persons.has(person!)) continue
      this.people.watch(room.id, room.people())
      room.renew()
    }
    this.emit('people')
  }

  /** What a new room is made of. */
  #facts(): Pick<Storage, 'keys' | 'store' | 'journal'> & EngineOptions & { nickname: string } {
    const { keys, store, journal } = this.#storage
    return { ...this.#options, keys, store, journal, nickname: this.name }
  }

  #makeSelf(): Self {
    return new Self({
      ...this.#options,
      keys: () => this.#storage.keys,
      profile: () => this.#storage.state.state,
      rename: async (name) => {
        const { state } = this.#storage
        state.state.name = shownName(name)
        state.state.named = true
        await state.save()
        this.emit('people')
      },
      saved: this.#storage.state.state.personal,
      save: (facts) => {
        const { state } = this.#storage
        state.state.personal = facts
        return state.save()
      },
      rooms: () => this.#rooms.values(),
      fresh: () =>
        this.#rooms.size + this.#entering.size + this.#storage.state.state.left.length === 0,
      createPersonal: async () => {
        await this.#ready(SMALL)
        const record = await createRoomRecord({ ...this.#facts(), title: 'Own devices' })
        return this.#enter({ ...record, kind: 'personal' })
      },
      enter: (known) => this.#enterKnown(known),
      leave: (room) => this.#leave(room),
      adopt: (person) => this.#storage.vault.adopt(person),
      onmeetings: ({ join: topic, leave }) => {
        if (topic) this.#sessions.transports.join(topic)
        if (leave) this.#sessions.transports.leave(leave)
        this.#sessions.roomsChanged()
      },
      onpeople: () => this.emit('people'),
      onpairing: () => this.emit('pairing'),
    })
  }

  /** Enters a room that this person is in with another device. */
  async #enterKnown(known: KnownRoom): Promise<Room> {
    await this.#ready(SMALL)
    const id = roomId(known.room)
    const here = this.#rooms.get(id) ?? (await this.#entering.get(id))
    if (here) return here
    const { encryptionKey, kind } = known
    const name = known.name && shownName(known.name)
    const key = known.room.toString('hex')
    const left = this.#storage.state.state.left.find((record) => record.key === key)
    const way = { room: known.room, encryptionKey, seed: null }
    const record = joinRoomRecord(way, this.#facts(), left)
    const entering = this.#enter({ ...record, name, ...(kind && { kind }) })
    this.#entering.set(id, entering)
    try {
      return await entering
    } finally {
      this.#entering.delete(id)
    }
  }

  /** The rooms that a backup named; members let this device in when they are met. */
  async #enterRestored(): Promise<void> {
    const { state } = this.#storage
    const { restored } = state.state
    if (!restored) return
    for (const { key, encryptionKey, name } of restored) {
      await this.#enterKnown({
        room: Buffer.from(key, 'hex'),
        encryptionKey: Buffer.from(encryptionKey, 'hex'),
        name,
      })
    }
    delete state.state.restored
    await state.save()
  }

  /** The rooms that are for people. */
  *#shown(): Iterable<Room> {
    for (const room of this.#rooms.values()) if (!room.personal) yield room
  }

  #room(id: string): Room {
    const room = this.#rooms.get(id)
    if (room && !room.personal) return room
    throw new PorchlightError('NOT_FOUND', `There is no room ${id.slice(0, 40)} on this device.`)
  }

  /** Forgets a room, but for what coming back to it takes. */
  async #drop(room: Room): Promise<void> {
    const { state } = this.#storage
    state.state.rooms = state.state.rooms.filter((record) => record !== room.record)
    state.state.left.push(room.record)
    await state.save()
    this.#rooms.delete(room.id)
    this.#self.left(room)
    this.#sessions.transports.leave(room.topic)
    this.#sessions.roomsChanged()
    await room.erase()
    this.emit('room', room.id)
  }

  /** Takes a new record in: from here on it survives a restart. */
  async #enter(record: RoomRecord): Promise<Room> {
    const { state } = this.#storage
    state.state.rooms.push(record)
    state.state.left = state.state.left.filter((other) => other.key !== record.key)
    await state.save()
    const room = await this.#openRoom(record)
    this.#sessions.roomsChanged()
    if (!room.personal) this.emit('room', room.id)
    return room
  }

  async #openRoom(record: RoomRecord): Promise<Room> {
    const { keys, store, journal, suspect, state } = this.#storage
    const room = await Room.open({
      ...this.#options,
      record,
      store: store.namespace(Buffer.from(record.salt, 'hex')),
      keys,
      journal,
      suspect,
      dir: join(this.#options.dir, 'index'),
      trust: (core) => this.#storage.trust(core),
      onintake: (bytes) => this.#guard!.note(bytes),
      blocked: (person) => this.people.blocked(person),
      tellsRead: () => this.identity.readReceipts,
      save: () => state.save(),
      consumers: this.#self.consumers(record),
    })
    room.logs.accepting = !this.#guard!.full
    this.#rooms.set(room.id, room)
    this.#sessions.transports.join(room.topic)
    this.#self.opened(room)
    if (room.personal) return room
    room.on('state', () => this.people.watch(room.id, room.people()))
    room.on('changed', () => {
      this.emit('room', room.id)
      this.identity.shareAvatar().catch((error: unknown) => {
        this.#options.logger.warn('avatar-not-shared', { error: String(error) })
      })
    })
    room.on('delivery', () => this.emit('delivery', room.id))
    room.on('timeline', (messages, overflow) => {
      this.emit('timeline', { roomId: room.id, messages, overflow })
    })
    return room
  }
}
