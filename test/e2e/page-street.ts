import { EventEmitter } from 'node:events'
import type {
  EngineApi,
  EngineEvents,
  MemberView,
  MessagePage,
  MessageView,
  PeerView,
  Role,
  RoomView,
  TransportView,
} from '../../core/api.ts'
import { PorchlightError } from '../../core/errors.ts'

interface Written {
  readonly id: string
  readonly author: StreetEngine
  readonly text: string
  readonly sentAt: number
  readonly replyTo?: string
}

interface StreetRoom {
  readonly id: string
  readonly name: string
  readonly admin: StreetEngine
  readonly joined: Set<StreetEngine>
  readonly waiting: Set<StreetEngine>
  readonly written: Written[]
}

/** Neighbours whose engines share rooms in memory: what the page is tested against. */
export class Street {
  readonly rooms = new Map<string, StreetRoom>()
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
    for (const engine of [...room.joined, ...room.waiting]) engine.emit('room', room.id)
  }
}

export class StreetEngine extends EventEmitter<EngineEvents> implements EngineApi {
  readonly personId: string
  readonly deviceId: string
  name: string
  named: boolean
  /** Per room: how many messages of the order were seen. */
  readonly seen = new Map<string, number>()
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
  readonly #street: Street

  constructor(street: Street, id: string, name: string) {
    super()
    this.#street = street
    this.personId = id
    this.deviceId = id.split('').reverse().join('')
    this.name = name
    this.named = name !== 'Someone'
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
    return [...this.#street.rooms.values()]
      .filter((room) => room.joined.has(this) || room.waiting.has(this))
      .map((room) => this.#view(room))
  }

  async createRoom(name: string): Promise<RoomView> {
    const room: StreetRoom = {
      id: this.#street.nextId(),
      name,
      admin: this,
      joined: new Set([this]),
      waiting: new Set(),
      written: [],
    }
    this.#street.rooms.set(room.id, room)
    this.emit('room', room.id)
    return this.#view(room)
  }

  async invite(room: string): Promise<string> {
    return `porchlight:${this.#room(room).id}`
  }

  async join(invite: string): Promise<RoomView> {
    const room = this.#street.rooms.get(invite.replace('porchlight:', ''))
    if (!room) throw new PorchlightError('BAD_INVITE', 'That is no invite: ask for a new one.')
    ;(this.#street.open ? room.joined : room.waiting).add(this)
    this.#street.announce(room)
    return this.#view(room)
  }

  async leave(id: string): Promise<void> {
    const room = this.#room(id)
    room.joined.delete(this)
    this.emit('room', id)
    this.#street.announce(room)
  }

  members(id: string): readonly MemberView[] {
    const room = this.#room(id)
    return [...room.joined].map((engine) => ({
      id: engine.personId,
      name: engine.name,
      role: engine === room.admin ? 'admin' : 'member',
      self: engine === this,
      devices: [{ id: engine.deviceId, here: true }],
    }))
  }

  async send(id: string, text: string, options: { replyTo?: string } = {}): Promise<MessageView> {
    if (this.refusal) throw this.refusal
    return this.write(id, [text], { ...options })[0]!
  }

  async messages(
    id: string,
    { limit = 50, before }: { limit?: number; before?: string } = {},
  ): Promise<MessagePage> {
    const { written } = this.#room(id)
    const end = before === undefined ? written.length : written.findIndex((m) => m.id === before)
    if (end < 0) throw new PorchlightError('NOT_FOUND', 'No such message.')
    const from = Math.max(0, end - limit)
    const messages = written.slice(from, end).map((message) => this.#shown(id, message))
    return { messages, more: from > 0 }
  }

  async markRead(id: string, messageId?: string): Promise<void> {
    const { written } = this.#room(id)
    const at = messageId === undefined ? -1 : written.findIndex((m) => m.id === messageId)
    this.seen.set(id, at < 0 ? written.length : at + 1)
    this.emit('room', id)
  }

  async close(): Promise<void> {}

  /** Writes messages at a place of the room's order (default: its end), at a minute's distance. */
  write(
    id: string,
    texts: readonly string[],
    { at, replyTo }: { at?: number; replyTo?: string } = {},
  ): MessageView[] {
    const room = this.#room(id)
    const written = texts.map((text) => {
      this.#street.now += 60_000
      const reply = replyTo === undefined ? {} : { replyTo }
      return { id: this.#street.nextId(), author: this, text, sentAt: this.#street.now, ...reply }
    })
    room.written.splice(at ?? room.written.length, 0, ...written)
    for (const engine of room.joined) {
      const messages = written.slice(0, 64).map((message) => engine.#shown(id, message))
      engine.emit('timeline', { roomId: id, messages, overflow: written.length > 64 })
    }
    return written.map((message) => this.#shown(id, message))
  }

  #shown(id: string, { author, ...rest }: Written): MessageView {
    const others = this.#street.apart ? 0 : this.#room(id).joined.size - 1
    return {
      ...rest,
      author: author.personId,
      authorName: author.name,
      own: author === this,
      kind: 'text',
      delivery: { state: others > 0 ? 'delivered' : 'saved', devices: others },
    }
  }

  #view(room: StreetRoom): RoomView {
    const joined = room.joined.has(this)
    const unseen = room.written.slice(this.seen.get(room.id) ?? 0)
    return {
      id: room.id,
      name: room.name,
      role: this.role ?? (room.admin === this ? 'admin' : 'member'),
      state: joined ? 'joined' : 'waiting',
      members: room.joined.size,
      unread: joined ? unseen.filter((message) => message.author !== this).length : 0,
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
