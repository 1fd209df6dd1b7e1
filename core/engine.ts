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
import { CIRCUIT } from './circuit/seeker.ts'
import { Files } from './files/files.ts'
import { FileSettings } from './files/file-settings.ts'
import { ItemStore } from './files/store/item-store.ts'
import { Swarm } from './files/swarm/swarm.ts'
import type { ChunkWork } from './files/work/chunk-work.ts'
import { inlineWork } from './files/work/inline-work.ts'
import type { Clock } from './clock.ts'
import { DiskGuard } from './durability/disk-guard.ts'
import { storeError } from './durability/open-store.ts'
import { errorCode, PorchlightError } from './errors.ts'
import { OwnIdentity } from './identity/own-identity.ts'
import type { Vault } from './identity/vault.ts'
import type { Logger } from './logger.ts'
import { Mirrors } from './mirror/mirrors.ts'
import type { SprayLimits } from './mirror/carry/spray.ts'
import type { Random } from './random.ts'
import { Recognition } from './recognition/recognition.ts'
import type { Named } from './people/name-watch.ts'
import { People } from './people/people.ts'
import type { AllowanceLimits } from './room/allowance.ts'
import { parseInvite } from './room/invite.ts'
import { checkName, shownName } from './room/names.ts'
import { MAX_TEXT } from './room/messages/payloads.ts'
import type { Room } from './room/room.ts'
import { Rooms } from './rooms.ts'
import { Self } from './self/self.ts'
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
  /** How what is new is carried by strangers, for tests. */
  readonly spray?: SprayLimits
  /** Who reads, seals, hashes and writes the chunks of files; whoever gives it closes it. Default: this thread. */
  readonly chunkWork?: ChunkWork
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

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
  readonly #rooms: Rooms
  readonly #self: Self
  readonly identity: OwnIdentity
  readonly people: People
  readonly files: Files
  readonly mirrors: Mirrors
  readonly #swarm: Swarm
  readonly #recognition: Recognition
  #guard: DiskGuard | null = null
  /** True while all rooms are open. */
  #opened = false
  #mending: Promise<void> = Promise.resolve()
  #closing: Promise<void> | null = null

  private constructor(options: EngineOptions, storage: Storage, items: ItemStore) {
    super()
    this.setMaxListeners(0)
    this.#options = options
    this.#storage = storage
    this.#rooms = this.#makeRooms()
    this.#self = this.#makeSelf()
    this.identity = new OwnIdentity({
      vault: storage.vault,
      random: options.random,
      file: () => this.#storage.file,
      rooms: () => this.#rooms.all(),
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
    this.#swarm = new Swarm({
      ...options,
      held: (room, root) => this.files.held(room, root) ?? this.mirrors.heldItem(room, root),
    })
    this.files = this.#makeFiles(items)
    this.mirrors = this.#makeMirrors()
    this.#recognition = this.#makeRecognition()
    this.#sessions = new SessionManager({
      ...options,
      swarm: this.#swarm,
      mirrors: this.mirrors.exchange,
      recognition: this.#recognition,
      device: () => this.#storage.keys.device,
      blocked: (person) => this.people.blocked(person),
      relays: () => this.mirrors.settings.relay,
      rooms: () => this.#rooms.all(),
      meetings: () => this.#self.meetings(),
      onpeers: () => this.emit('peers'),
      ontransports: () => {
        this.mirrors.transportsChanged()
        this.emit('transports')
      },
    })
  }

  static async open(options: EngineOptions): Promise<Engine> {
    const { dir, clock } = options
    const storage = await Storage.open(options)
    const engine = new Engine(
      options,
      storage,
      await openItems(options, storage, () => engine.#guard!),
    )
    engine.#guard = await DiskGuard.open({
      dir,
      store: join(dir, 'store'),
      clock,
      onchange: (full) => engine.#ondisk(full),
      oncritical: () => void engine.#oncritical().catch(() => {}),
      onroom: () => engine.files.onspace(),
    })
    try {
      await engine.#openRooms()
      await engine.mirrors.begin()
      await engine.#rooms.enterRestored()
      await engine.switchTransport(CIRCUIT, true)
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
    return this.#storage.file.state.name
  }

  get named(): boolean {
    return this.#storage.file.state.named
  }

  async setName(name: string): Promise<void> {
    await this.#takeName(checkName(name))
    this.#self.renamed(this.name)
    this.mirrors.renamed()
    for (const room of this.#rooms.all()) await room.membership.rename(this.name)
  }

  addTransport(transport: Transport): void {
    if (canRemember(transport)) {
      transport.remember(this.#storage.file.state.addresses[transport.id] ?? [])
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
    return [...this.#rooms.shown()].map((room) => room.view())
  }

  async createRoom(name: string): Promise<RoomView> {
    return (await this.#rooms.create(checkName(name))).view()
  }

  async invite(room: string, options: InviteOptions = {}): Promise<string> {
    await this.#ready(SMALL)
    return this.#rooms.get(room).invites.make(options)
  }

  invites(room: string): InviteView[] {
    return this.#rooms.get(room).invites.list()
  }

  async revoke(room: string, invite: string): Promise<void> {
    await this.#ready(SMALL)
    await this.#rooms.get(room).invites.revoke(invite)
  }

  settings(room: string): RoomSettings {
    return this.#rooms.get(room).moderation.settings
  }

  async setSettings(room: string, change: Partial<RoomSettings>): Promise<RoomSettings> {
    await this.#ready(SMALL)
    return this.#rooms.get(room).moderation.setSettings(change)
  }

  async moderate(room: string, person: string, act: MemberAct): Promise<void> {
    await this.#ready(SMALL)
    await this.#rooms.get(room).moderation.moderate(person, act)
  }

  async join(
    text: string,
    options: { patience?: number; signal?: AbortSignal } = {},
  ): Promise<RoomView> {
    return (await this.#rooms.join(parseInvite(text), options)).view()
  }

  async leave(id: string): Promise<void> {
    await this.#rooms.leave(this.#rooms.get(id))
  }

  members(room: string): MemberView[] {
    const { membership, conversation } = this.#rooms.get(room)
    return this.people.describe(membership.members()).map((member) => {
      const avatar = conversation.avatar(member.id)
      return { ...member, ...(avatar !== undefined && { avatar }) }
    })
  }

  async send(room: string, text: string, options: SendOptions = {}): Promise<MessageView> {
    await this.#ready(SMALL + Buffer.byteLength(text))
    return this.#rooms.get(room).conversation.writer.send(text, options)
  }

  async edit(room: string, message: string, text: string): Promise<MessageView> {
    await this.#ready(SMALL + Buffer.byteLength(text))
    return this.#rooms.get(room).conversation.writer.edit(message, text)
  }

  async remove(room: string, message: string, options: { on?: boolean } = {}): Promise<void> {
    await this.#ready(SMALL)
    await this.#rooms.get(room).conversation.writer.remove(message, options.on ?? true)
  }

  async react(room: string, message: string, emoji: string, on: boolean): Promise<MessageView> {
    await this.#ready(SMALL)
    return this.#rooms.get(room).conversation.writer.react(message, emoji, on)
  }

  async pin(room: string, message: string, on: boolean): Promise<void> {
    await this.#ready(SMALL)
    await this.#rooms.get(room).conversation.writer.pin(message, on)
  }

  async pins(room: string): Promise<MessageView[]> {
    await this.#mending
    return this.#rooms.get(room).conversation.pins()
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
    return this.#rooms.get(room).reading.page({ limit, before, after })
  }

  async search(words: string, options: SearchOptions = {}): Promise<SearchPage> {
    await this.#mending
    const rooms = options.room === undefined ? this.#rooms.shown() : [this.#rooms.get(options.room)]
    return search(
      [...rooms].map(({ reading }) => reading),
      words,
      options,
    )
  }

  markRead(room: string, messageId?: string): Promise<void> {
    return this.#rooms.get(room).reading.mark(messageId)
  }

  get devices(): DevicesApi {
    return this.#self.devices
  }

  draft(room: string): string {
    const text = this.#self.facts.get('draft', this.#rooms.get(room).id)
    return typeof text === 'string' ? text : ''
  }

  async setDraft(room: string, text: string): Promise<void> {
    if (Buffer.byteLength(text) > MAX_TEXT) {
      throw new PorchlightError(
        'TOO_LARGE',
        `A draft has at most ${MAX_TEXT} bytes. The one before was kept; shorten the text.`,
      )
    }
    await this.#self.facts.set('draft', this.#rooms.get(room).id, text === '' ? null : text)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { addresses } = this.#storage.file.state
    this.#guard?.close()
    await this.#mending
    for (const transport of this.#sessions.transports) {
      if (canRemember(transport)) addresses[transport.id] = transport.known().slice(0, 64)
    }
    await this.#self.close()
    await this.mirrors.stop()
    await this.files.close()
    await this.#sessions.close()
    this.#recognition.close()
    await this.mirrors.close()
    await this.#rooms.settled()
    for (const room of this.#rooms.all()) await room.close()
    await this.#storage.close()
    if (!this.#options.vault) await this.#storage.vault.close()
  }

  /** Before some bytes are written. Errors: `CLOSED`, `DISK_FULL`. */
  async #ready(bytes: number): Promise<void> {
    if (this.#closing) throw closing()
    await this.#guard!.check(bytes)
    await this.#mending
    if (this.#closing) throw closing()
  }

  #ondisk(full: boolean): void {
    this.#options.logger.warn('disk', { full })
    for (const room of this.#rooms.all()) room.logs.accepting = !full
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
    this.#opened = false
    await this.#self.detach()
    await this.#rooms.settled()
    for (const room of this.#rooms.all()) await room.close().catch(() => {})
    await this.#storage.close().catch(() => {})
    this.#storage = await Storage.open({ ...this.#options, vault: this.#storage.vault })
    await this.#openRooms()
    this.#sessions.resume()
  }

  async #openRooms(): Promise<void> {
    await this.#rooms.open()
    this.#self.begin()
    this.#opened = true
    this.#recognition.changed()
    for (const room of this.#rooms.shown()) this.files.opened(room)
  }

  async #takeName(name: string): Promise<void> {
    const { file } = this.#storage
    file.state.name = name
    file.state.named = true
    await file.save()
  }

  /** Every person of this device's rooms. */
  *#everyone(): Iterable<Named> {
    for (const room of this.#rooms.shown()) yield* room.people()
  }

  #onpeople(person: string | null): void {
    for (const room of person === null ? [] : this.#rooms.shown()) {
      if (!room.control.state.persons.has(person!)) continue
      this.people.watch(room.id, room.people())
      room.renew()
    }
    this.#recognition.changed()
    this.emit('people')
  }

  #makeRooms(): Rooms {
    return new Rooms({
      ...this.#options,
      storage: () => this.#storage,
      guard: () => this.#guard!,
      ready: () => this.#ready(SMALL),
      blocked: (person) => this.people.blocked(person),
      fileState: (room, root) => this.files.state(room, root),
      tellsRead: () => this.identity.readReceipts,
      consumers: (record) => this.#self.consumers(record),
      holders: (room) => this.mirrors.best(room),
      onopen: (room, entered) => this.#onopen(room, entered),
      onleave: (room) => {
        this.#self.left(room)
        this.mirrors.left(room)
        this.#sessions.transports.leave(room.topic)
        this.#sessions.roomsChanged()
        this.#recognition.changed()
      },
      onenter: (room) => {
        this.#sessions.roomsChanged()
        if (room.personal) return
        this.files.opened(room)
        this.emit('room', room.id)
      },
      onerased: (room) => {
        this.files.left(room.id)
        this.emit('room', room.id)
      },
    })
  }

  #makeFiles(store: ItemStore): Files {
    return new Files({
      ...this.#options,
      store,
      swarm: this.#swarm,
      settings: new FileSettings({
        saved: () => (this.#storage.file.state.files ??= {}),
        save: () => this.#storage.file.save(),
      }),
      rooms: () => (this.#opened ? [...this.#rooms.shown()] : null),
      room: (id) => this.#rooms.get(id),
      ready: () => this.#ready(SMALL),
      onfiles: (change) => this.emit('files', change),
    })
  }

  #makeMirrors(): Mirrors {
    return new Mirrors({
      ...this.#options,
      keys: () => this.#storage.keys,
      name: () => this.name,
      rooms: () => this.#rooms.shown(),
      room: (id) => this.#rooms.get(id),
      left: () => this.#storage.file.state.left,
      saved: () => (this.#storage.file.state.mirrors ??= {}),
      save: () => this.#storage.file.save(),
      ready: () => this.#ready(SMALL),
      transports: () => this.#sessions.transports,
      files: () => this.files,
      guard: () => this.#guard!,
      swarm: this.#swarm,
      openItems: (name) => openStore(this.#options, this.#storage, () => this.#guard!, name),
      ownItem: (root) => this.files.has(root),
      onchange: () => this.emit('mirrors'),
    })
  }

  #makeRecognition(): Recognition {
    return new Recognition({
      ...this.#options,
      saved: this.#storage.file.state.recognition ?? null,
      save: (saved) => {
        const { file } = this.#storage
        file.state.recognition = saved
        file.save().catch((error: unknown) => {
          this.#options.logger.warn('recognition-not-saved', { code: errorCode(error) })
        })
      },
      open: () => this.#opened,
      shares: (device) =>
        this.#opened &&
        [...this.#rooms.all()].some(({ membership, control }) => {
          const known = membership.joined ? control.state.devices.get(device) : undefined
          return known?.standing === 'in' && !this.people.blocked(known.person)
        }),
      onkeys: (own, known) => this.#sessions.transports.recognise(own, known),
    })
  }

  #makeSelf(): Self {
    return new Self({
      ...this.#options,
      keys: () => this.#storage.keys,
      profile: () => this.#storage.file.state,
      rename: async (name) => {
        await this.#takeName(shownName(name))
        this.emit('people')
      },
      saved: this.#storage.file.state.personal,
      save: (facts) => {
        const { file } = this.#storage
        file.state.personal = facts
        return file.save()
      },
      rooms: () => this.#rooms.all(),
      fresh: () => this.#rooms.none,
      createPersonal: () => this.#rooms.create('Own devices', 'personal'),
      enter: (known) => this.#rooms.enterKnown(known),
      leave: (room) => this.#rooms.leave(room),
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

  #onopen(room: Room, entered: boolean): void {
    this.#sessions.transports.join(room.topic)
    this.#self.opened(room, entered)
    room.on('state', () => this.#recognition.changed())
    this.#recognition.changed()
    if (room.personal) return
    this.mirrors.opened(room)
    room.on('state', () => this.people.watch(room.id, room.people()))
    room.on('changed', () => this.emit('room', room.id))
    room.on('pictures', () => this.#sharePicture())
    this.#sharePicture()
    room.on('delivery', () => this.emit('delivery', room.id))
    room.on('timeline', (messages, overflow) => {
      this.emit('timeline', { roomId: room.id, messages, overflow })
    })
  }

  #sharePicture(): void {
    this.identity.shareAvatar().catch((error: unknown) => {
      this.#options.logger.warn('avatar-not-shared', { error: String(error) })
    })
  }
}

/** Opens the items of this device; `guard` is asked once something is written. */
async function openItems(
  options: EngineOptions,
  storage: Storage,
  guard: () => DiskGuard,
): Promise<ItemStore> {
  try {
    return await openStore(options, storage, guard, 'files')
  } catch (error) {
    await storage.close().catch(() => {})
    throw error
  }
}

/** Opens items that stand in a directory of their own. */
function openStore(
  options: EngineOptions,
  storage: Storage,
  guard: () => DiskGuard,
  name: string,
): Promise<ItemStore> {
  return ItemStore.open({
    ...options,
    dir: join(options.dir, name),
    envelope: storage.keys.envelope(name),
    work: options.chunkWork ?? inlineWork(),
    space: (bytes) => guard().space(bytes),
  })
}

function closing(): PorchlightError {
  return new PorchlightError('CLOSED', 'Porchlight is stopping.')
}
