import { EventEmitter } from 'node:events'
import type {
  EngineApi,
  EngineEvents,
  InviteOptions,
  MemberView,
  MessagePage,
  MessageView,
  PeerView,
  RoomView,
  TransportView,
} from '../../core/api.ts'
import { PorchlightError } from '../../core/errors.ts'

/** An engine in memory that meets nobody: for the tests of what stands in front of an engine. */
export class FakeEngine extends EventEmitter<EngineEvents> implements EngineApi {
  readonly deviceId = 'd'.repeat(64)
  readonly personId = 'e'.repeat(64)
  name = 'Ada'
  readonly named = true
  closed = false
  failWith: Error | undefined
  pagesRead = 0
  readonly dialled: string[] = []
  readonly read: [string, string | undefined][] = []
  readonly invited: InviteOptions[] = []
  readonly #rooms = new Map<string, { view: RoomView; messages: MessageView[] }>()
  readonly #on = new Set<string>(['lan'])

  async setName(name: string): Promise<void> {
    this.name = name.trim()
  }

  addTransport(): void {}

  transports(): readonly TransportView[] {
    const on = this.#on.has('lan')
    return [
      { id: 'lan', state: on ? 'on' : 'off', peers: 0, addresses: on ? ['192.0.2.7:4748'] : [] },
    ]
  }

  async switchTransport(id: string, on: boolean): Promise<void> {
    if (on) this.#on.add(id)
    else this.#on.delete(id)
    this.emit('transports')
  }

  async dial(_transport: string, address: string): Promise<void> {
    this.dialled.push(address)
  }

  peers(): readonly PeerView[] {
    return []
  }

  rooms(): readonly RoomView[] {
    if (this.failWith !== undefined) throw this.failWith
    return [...this.#rooms.values()].map((room) => ({
      ...room.view,
      messages: room.messages.length,
    }))
  }

  async createRoom(name: string): Promise<RoomView> {
    const id = (this.#rooms.size + 1).toString(16).padStart(4, 'a').repeat(16)
    const state = 'joined'
    const view = {
      id,
      name,
      role: 'admin',
      state,
      members: 1,
      unread: 0,
      messages: 0,
      missing: 0,
    } as const
    this.#rooms.set(id, { view, messages: [] })
    this.emit('room', id)
    return view
  }

  async invite(room: string, options: InviteOptions = {}): Promise<string> {
    this.invited.push(options)
    return `porchlight:${room}`
  }

  async join(invite: string): Promise<RoomView> {
    if (!invite.startsWith('porchlight:'))
      throw new PorchlightError('BAD_INVITE', 'That is no invite.')
    return { ...this.#room(invite.slice(11)).view, state: 'waiting' }
  }

  async leave(room: string): Promise<void> {
    this.#rooms.delete(room)
    this.emit('room', room)
  }

  members(): readonly MemberView[] {
    const devices = [{ id: this.deviceId, here: true }]
    return [{ id: this.personId, name: this.name, role: 'admin', self: true, devices }]
  }

  async send(room: string, text: string, options: { replyTo?: string } = {}): Promise<MessageView> {
    const message = this.message(`m${this.#room(room).messages.length + 1}`, text, options.replyTo)
    this.add(room, [message])
    return message
  }

  async messages(
    room: string,
    { limit = 50, before }: { limit?: number; before?: string } = {},
  ): Promise<MessagePage> {
    this.pagesRead++
    const all = this.#room(room).messages
    const end =
      before === undefined ? all.length : all.findIndex((message) => message.id === before)
    if (end === -1) throw new PorchlightError('NOT_FOUND', 'No such message.')
    const from = Math.max(0, end - limit)
    return { messages: all.slice(from, end), more: from > 0 }
  }

  async markRead(room: string, messageId?: string): Promise<void> {
    this.read.push([room, messageId])
  }

  async close(): Promise<void> {
    this.closed = true
  }

  message(id: string, text: string, replyTo?: string): MessageView {
    return {
      id,
      author: this.personId,
      authorName: this.name,
      own: true,
      text,
      kind: 'text',
      sentAt: 1_800_000_000_000,
      delivery: { state: 'saved', devices: 0 },
      ...(replyTo === undefined ? {} : { replyTo }),
    }
  }

  /** Adds messages at a place of the order (default: the end), and announces them as the engine does. */
  add(room: string, messages: readonly MessageView[], at = this.#room(room).messages.length): void {
    this.#room(room).messages.splice(at, 0, ...messages)
    const overflow = messages.length > 64
    this.emit('timeline', { roomId: room, messages: messages.slice(0, 64), overflow })
  }

  #room(id: string): { view: RoomView; messages: MessageView[] } {
    const room = this.#rooms.get(id)
    if (room === undefined) throw new PorchlightError('NOT_FOUND', 'No such room.')
    return room
  }
}
