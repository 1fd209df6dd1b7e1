import { EventEmitter } from 'node:events'
import type {
  EngineApi,
  EngineEvents,
  InviteOptions,
  InviteView,
  MemberAct,
  MemberView,
  MessagePage,
  MessageView,
  PeerView,
  Role,
  RoomSettings,
  RoomView,
  SearchOptions,
  SearchPage,
  SendOptions,
  TransportView,
} from '../../core/api.ts'
import { PorchlightError } from '../../core/errors.ts'
import { FakeDevices } from './fake-devices.ts'
import { FakeFiles, type FakeFile } from './fake-files.ts'
import { FakeMirrors } from './fake-mirrors.ts'
import { FakePeople } from './fake-people.ts'
import { pictureOf, StreetIdentity } from './street-identity.ts'
import { StreetRoom, type Written } from './street-room.ts'

/** Neighbours whose engines share rooms in memory: what the page is tested against. */
export class Street {
  readonly rooms = new Map<string, StreetRoom>()
  /** Everybody who lives here, for whoever asks whether a person is known. */
  readonly everybody = new Map<string, MemberView>()
  /** While false, nobody is there to let a joiner in. */
  open = true
  /** While true, what is written stays where it was written. */
  apart = false
  now = 1_800_000_000_000
  #ids = 0

  engine(name: string): StreetEngine {
    return new StreetEngine(this, this.nextId(), name)
  }

  /** 64 hexadecimal digits. */
  nextId(): string {
    this.#ids += 1
    return (this.#ids * 0x1f3d5b).toString(16).padStart(8, '0').repeat(8)
  }

  /** Opens the door to all who wait. */
  letIn(): void {
    this.open = true
    for (const room of this.rooms.values()) {
      for (const engine of room.waiting) room.joined.add(engine)
      room.waiting.clear()
      this.announce(room)
    }
  }

  /** Ends the time apart: what was written meanwhile is delivered. */
  meet(): void {
    this.apart = false
    for (const room of this.rooms.values())
      for (const engine of room.joined) engine.emit('delivery', room.id)
  }

  announce(room: StreetRoom): void {
    for (const engine of [...room.joined, ...room.waiting, ...room.removed])
      engine.emit('room', room.id)
  }

  /** Tells everybody in the room what a message looks like now. */
  changed(room: StreetRoom, message: Written): void {
    for (const engine of room.joined) {
      const messages = [room.shown(message, engine, this.apart)]
      engine.emit('timeline', { roomId: room.id, messages, overflow: false })
    }
  }
}

export class StreetEngine extends EventEmitter<EngineEvents> implements EngineApi {
  readonly personId: string
  readonly deviceId: string
  readonly people: FakePeople
  readonly devices: FakeDevices
  name: string
  named: boolean
  avatar: Buffer | null = null
  /** Per room: how many messages of the order were seen. */
  readonly seen = new Map<string, number>()
  readonly drafts = new Map<string, string>()
  near: PeerView[] = []
  missing = 0
  role: Role | null = null
  refusal: PorchlightError | null = null
  ways: TransportView[] = [
    { id: 'lan', state: 'on', peers: 0, addresses: ['192.0.2.7:4748'] },
    { id: 'ble', state: 'unavailable', reason: 'No Bluetooth adapter.', peers: 0, addresses: [] },
    { id: 'dht', state: 'off', peers: 0, addresses: [] },
  ]
  readonly dialled: string[] = []
  readonly identity: StreetIdentity
  readonly mirrors = new FakeMirrors(() => void this.emit('mirrors'))
  /** Others have what this person sends as `remote`; a test lets it arrive. */
  readonly files: FakeFiles = new FakeFiles({
    person: () => ({ id: this.personId, name: this.name }),
    messageId: (id) => {
      this.#room(id)
      return this.#street.nextId()
    },
    post: (id, file, { text = '', replyTo, expiresIn }) => {
      for (const engine of this.#room(id).joined) {
        if (engine !== this) engine.files.offer(id, file)
      }
      const more = {
        ...(replyTo === undefined ? {} : { replyTo }),
        ...(expiresIn === undefined ? {} : { expiresIn }),
      }
      this.write(id, [text], { ...more, file: file.id, message: file.messageId })
    },
    unpost: (id, message) => {
      this.#change(id, message, (written) => (written.kind = 'deleted'))
      for (const engine of this.#room(id).joined) engine.files.forget(id, message)
    },
    changed: (change) => this.emit('files', change),
  })
  readonly #street: Street

  constructor(street: Street, id: string, name: string) {
    super()
    this.#street = street
    this.personId = id
    this.deviceId = id.split('').reverse().join('')
    this.name = name
    this.named = name !== 'Someone'
    this.people = new FakePeople(street.everybody, () => this.emit('people'))
    this.devices = new FakeDevices(this.deviceId, (what) => this.emit(what))
    this.identity = new StreetIdentity(this)
    street.everybody.set(id, this.#member(this, 'member', false, false))
  }

  async setName(name: string): Promise<void> {
    this.name = name.trim()
    this.named = true
    for (const room of this.#street.rooms.values())
      if (room.joined.has(this)) this.#street.announce(room)
  }

  addTransport(): void {}

  transports(): readonly TransportView[] {
    return this.ways
  }

  async switchTransport(id: string, on: boolean): Promise<void> {
    this.ways = this.ways.map((way) => (way.id === id ? { ...way, state: on ? 'on' : 'off' } : way))
    this.emit('transports')
  }

  async dial(_transport: string, address: string): Promise<void> {
    if (!address.includes(':')) throw new PorchlightError('BAD_ADDRESS', 'An address has a port.')
    this.dialled.push(address)
  }

  peers(): readonly PeerView[] {
    return this.near
  }

  rooms(): readonly RoomView[] {
    return [...this.#street.rooms.values()].flatMap((room) => {
      const state = room.stateOf(this)
      return state === null ? [] : [this.#view(room, state)]
    })
  }

  async createRoom(name: string): Promise<RoomView> {
    const room = new StreetRoom(this.#street.nextId(), name, this)
    this.#street.rooms.set(room.id, room)
    this.emit('room', room.id)
    return this.#view(room, 'joined')
  }

  settings(id: string): RoomSettings {
    return this.#room(id).settings
  }

  async setSettings(id: string, change: Partial<RoomSettings>): Promise<RoomSettings> {
    const room = this.#room(id)
    room.settings = { ...room.settings, ...change }
    this.#street.announce(room)
    return room.settings
  }

  async invite(id: string, options: InviteOptions = {}): Promise<string> {
    const room = this.#room(id)
    room.invites.push({
      id: this.#street.nextId(),
      role: options.role ?? 'member',
      by: this.personId,
      used: 0,
      uses: options.uses ?? null,
      expiresAt: options.expiresIn === undefined ? null : this.#street.now + options.expiresIn,
      state: 'open',
    })
    return `porchlight:${room.id}`
  }

  invites(id: string): readonly InviteView[] {
    return this.#room(id).invites
  }

  async revoke(id: string, invite: string): Promise<void> {
    const { invites } = this.#room(id)
    const at = invites.findIndex((known) => known.id === invite)
    invites[at] = { ...invites[at]!, state: 'revoked' }
  }

  async join(invite: string): Promise<RoomView> {
    const room = this.#street.rooms.get(invite.replace('porchlight:', ''))
    if (!room) throw new PorchlightError('BAD_INVITE', 'That is no invite: ask for a new one.')
    room.removed.delete(this)
    ;(this.#street.open ? room.joined : room.waiting).add(this)
    this.#street.announce(room)
    return this.#view(room, this.#street.open ? 'joined' : 'waiting')
  }

  async leave(id: string): Promise<void> {
    const room = this.#room(id)
    room.joined.delete(this)
    room.removed.delete(this)
    this.emit('room', id)
    this.#street.announce(room)
  }

  members(id: string): readonly MemberView[] {
    const room = this.#room(id)
    const names = [...room.joined].map(({ name }) => name.toLowerCase())
    return [...room.joined].map((engine) => {
      const alike = names.filter((name) => name === engine.name.toLowerCase()).length > 1
      return this.#member(engine, room.roleOf(engine), room.muted.has(engine), alike)
    })
  }

  async moderate(id: string, person: string, act: MemberAct): Promise<void> {
    const room = this.#room(id)
    const engine = [...room.joined].find(({ personId }) => personId === person)
    if (!engine) throw new PorchlightError('NOT_FOUND', 'Nobody here has that id.')
    if (act.act === 'role') room.roles.set(engine, act.role)
    else if (act.act === 'mute' && act.on) room.muted.add(engine)
    else if (act.act === 'mute') room.muted.delete(engine)
    else {
      room.joined.delete(engine)
      room.removed.add(engine)
      if (act.act === 'ban') room.banned.add(engine)
    }
    this.#street.announce(room)
  }

  async send(id: string, text: string, options: SendOptions = {}): Promise<MessageView> {
    if (this.refusal) throw this.refusal
    return this.write(id, [text], options)[0]!
  }

  async edit(id: string, message: string, text: string): Promise<MessageView> {
    return this.#change(id, message, (written) => {
      written.text = text
      written.editedAt = this.#street.now
    })
  }

  async remove(id: string, message: string, { on = true } = {}): Promise<void> {
    this.#change(id, message, (written) => {
      written.kind = on ? (written.author === this ? 'deleted' : 'hidden') : 'text'
    })
    if (on) for (const engine of this.#room(id).joined) engine.files.forget(id, message)
  }

  async react(id: string, message: string, emoji: string, on: boolean): Promise<MessageView> {
    return this.#change(id, message, ({ reactions }) => {
      const by = reactions.get(emoji) ?? new Set()
      reactions.set(emoji, by)
      if (on) by.add(this)
      else by.delete(this)
    })
  }

  async pin(id: string, message: string, on: boolean): Promise<void> {
    this.#change(id, message, (written) => (written.pinned = on))
  }

  async pins(id: string): Promise<readonly MessageView[]> {
    const room = this.#room(id)
    return room.written.filter(({ pinned }) => pinned).map((message) => this.#shown(room, message))
  }

  async search(words: string, { limit = 20, after }: SearchOptions = {}): Promise<SearchPage> {
    const found = [...this.#street.rooms.values()]
      .filter((room) => room.joined.has(this))
      .flatMap((room) => room.written.map((message) => ({ room, message })))
      .filter(({ message }) => message.text.toLowerCase().includes(words.toLowerCase()))
      .sort((a, b) => b.message.sentAt - a.message.sentAt)
    const from = Number(after ?? 0)
    const hits = found.slice(from, from + limit).map(({ room, message }) => {
      const start = message.text.toLowerCase().indexOf(words.toLowerCase())
      const marks = [[start, start + words.length]] as const
      return { roomId: room.id, message: this.#shown(room, message), marks }
    })
    return found.length > from + limit ? { hits, after: String(from + limit) } : { hits }
  }

  async messages(
    id: string,
    { limit = 50, before, after }: { limit?: number; before?: string; after?: string } = {},
  ): Promise<MessagePage> {
    const room = this.#room(id)
    const written = room.written.filter(({ author }) => !this.people.blocked.has(author.personId))
    const place = (message: string): number => {
      const at = written.findIndex((known) => known.id === message)
      if (at < 0) throw new PorchlightError('NOT_FOUND', 'No such message.')
      return at
    }
    const end = before === undefined ? written.length : place(before)
    const from = after === undefined ? Math.max(0, end - limit) : place(after) + 1
    const page = written.slice(from, after === undefined ? end : from + limit)
    return { messages: page.map((message) => this.#shown(room, message)), more: from > 0 }
  }

  async markRead(id: string, messageId?: string): Promise<void> {
    const { written } = this.#room(id)
    const at = messageId === undefined ? -1 : written.findIndex((m) => m.id === messageId)
    this.seen.set(id, at < 0 ? written.length : at + 1)
    this.emit('room', id)
  }

  draft(id: string): string {
    return this.drafts.get(id) ?? ''
  }

  async setDraft(id: string, text: string): Promise<void> {
    this.drafts.set(id, text)
  }

  async close(): Promise<void> {}

  /** Writes messages at a place of the room's order (default: its end), at a minute's distance. */
  write(
    id: string,
    texts: readonly string[],
    options: SendOptions & { at?: number; file?: string; message?: string } = {},
  ): MessageView[] {
    const { at, replyTo, expiresIn, location, file, message: given } = options
    const room = this.#room(id)
    const lasts = expiresIn ?? room.settings.disappearAfter
    const written = texts.map((text): Written => {
      this.#street.now += 60_000
      return {
        id: given ?? this.#street.nextId(),
        author: this,
        text,
        kind: file === undefined ? (location ? 'location' : 'text') : 'file',
        sentAt: this.#street.now,
        pinned: false,
        reactions: new Map(),
        readBy: new Set(),
        ...(replyTo === undefined ? {} : { replyTo }),
        ...(location ? { location } : {}),
        ...(file === undefined ? {} : { file }),
        ...(lasts === null ? {} : { expiresAt: Date.now() + lasts }),
      }
    })
    room.written.splice(at ?? room.written.length, 0, ...written)
    for (const engine of room.joined) {
      const messages = written.slice(0, 64).map((message) => engine.#shown(room, message))
      engine.emit('timeline', { roomId: id, messages, overflow: written.length > 64 })
    }
    return written.map((message) => this.#shown(room, message))
  }

  /** Sends a file that claims what it likes; the others do not have it yet. */
  give(
    id: string,
    claims: Pick<FakeFile, 'name' | 'type' | 'content' | 'preview'>,
    text = '',
  ): FakeFile {
    const file: FakeFile = {
      ...claims,
      id: this.#street.nextId().slice(0, 32),
      messageId: this.#street.nextId(),
      author: this.personId,
      authorName: this.name,
      sentAt: this.#street.now,
    }
    for (const engine of this.#room(id).joined) engine.files.offer(id, file)
    this.files.arrive(id, file.id)
    this.write(id, [text], { file: file.id, message: file.messageId })
    return file
  }

  /** Says that this person has seen everything in a room. */
  readAll(id: string): void {
    const room = this.#room(id)
    for (const message of room.written) if (message.author !== this) message.readBy.add(this)
    for (const engine of room.joined) engine.emit('delivery', id)
  }

  #member(engine: StreetEngine, role: Role, muted: boolean, confusable: boolean): MemberView {
    return {
      id: engine.personId,
      name: engine.name,
      role,
      self: engine === this,
      muted,
      verified: this.people.verified.has(engine.personId),
      blocked: this.people.blocked.has(engine.personId),
      confusable,
      devices: [{ id: engine.deviceId, here: engine === this }],
      ...pictureOf(engine.avatar),
    }
  }

  #change(id: string, message: string, change: (written: Written) => unknown): MessageView {
    const room = this.#room(id)
    const written = room.written.find((known) => known.id === message)
    if (!written) throw new PorchlightError('NOT_FOUND', 'No such message.')
    change(written)
    this.#street.changed(room, written)
    return this.#shown(room, written)
  }

  #shown(room: StreetRoom, message: Written): MessageView {
    return room.shown(message, this, this.#street.apart)
  }

  #view(room: StreetRoom, state: RoomView['state']): RoomView {
    const unseen = room.written
      .slice(this.seen.get(room.id) ?? 0)
      .filter((message) => state === 'joined' && message.author !== this)
    return {
      id: room.id,
      name: room.name,
      role: this.role ?? room.roleOf(this),
      state,
      members: room.joined.size,
      unread: unseen.length,
      mentions: unseen.filter((message) => this.#shown(room, message).mentioned).length,
      messages: room.written.length,
      missing: this.missing,
    }
  }

  #room(id: string): StreetRoom {
    const room = this.#street.rooms.get(id)
    if (!room) throw new PorchlightError('NOT_FOUND', 'No such room.')
    return room
  }
}
