import { EventEmitter } from 'node:events'
import type {
  EngineApi,
  EngineEvents,
  IdentityApi,
  InviteOptions,
  InviteView,
  MemberAct,
  MemberView,
  MessagePage,
  MessageView,
  PeerView,
  RoomSettings,
  RoomView,
  SearchOptions,
  SearchPage,
  SendOptions,
  TransportView,
} from '../../core/api.ts'
import { PorchlightError } from '../../core/errors.ts'
import type { FileView } from '../../core/files/api.ts'
import { FakeDevices } from './fake-devices.ts'
import { FakeFiles, type FakeFile } from './fake-files.ts'
import { FakeMirrors } from './fake-mirrors.ts'
import { FakePeople } from './fake-people.ts'

interface FakeRoom {
  view: RoomView
  messages: MessageView[]
  settings: RoomSettings
  invites: InviteView[]
  draft: string
}

/** An engine in memory that meets nobody: for the tests of what stands in front of an engine. */
export class FakeEngine extends EventEmitter<EngineEvents> implements EngineApi {
  readonly deviceId = 'd'.repeat(64)
  readonly personId = 'e'.repeat(64)
  name = 'Ada'
  readonly named = true
  closed = false
  failWith: Error | undefined
  pagesRead = 0
  avatar: Buffer | null = null
  readonly dialled: string[] = []
  readonly read: [string, string | undefined][] = []
  readonly invited: InviteOptions[] = []
  readonly sent: SendOptions[] = []
  readonly moderated: [person: string, act: MemberAct][] = []
  readonly hidden: [message: string, on: boolean | undefined][] = []
  readonly searched: [words: string, options: SearchOptions | undefined][] = []
  /** Everybody, in every room. */
  readonly others = new Map<string, MemberView>()
  readonly people = new FakePeople(this.others, () => void this.emit('people'))
  readonly devices = new FakeDevices(this.deviceId, (what) => void this.emit(what))
  readonly identity: IdentityApi = fakeIdentity(this)
  readonly mirrors = new FakeMirrors(() => void this.emit('mirrors'))
  readonly files = new FakeFiles({
    person: () => ({ id: this.personId, name: this.name }),
    messageId: (room) => `m${this.#room(room).messages.length + 1}`,
    post: (room, file, { text = '', replyTo }) => {
      const message = this.message(file.messageId, text, replyTo)
      this.add(room, [{ ...message, kind: 'file', file: this.files.card(room, file.id) }])
    },
    unpost: (room, id) => {
      this.files.forget(room, id)
      this.change(room, id, { text: '', kind: 'deleted' })
    },
    changed: (change) => {
      for (const { id, messageId } of change.files) {
        const file = this.files.card(change.roomId, id)
        const kept = this.#rooms.get(change.roomId)
        if (kept === undefined) continue
        kept.messages = kept.messages.map((message) =>
          message.id === messageId ? { ...message, file } : message,
        )
      }
      this.emit('files', change)
    },
  })
  readonly #rooms = new Map<string, FakeRoom>()
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
    const view = {
      id,
      name,
      role: 'admin',
      state: 'joined',
      members: 1,
      unread: 0,
      mentions: 0,
      messages: 0,
      missing: 0,
    } as const
    const settings = {
      history: 'all',
      rotateEvery: null,
      keepFor: null,
      disappearAfter: null,
    } as const
    this.#rooms.set(id, { view, messages: [], settings, invites: [], draft: '' })
    this.emit('room', id)
    return view
  }

  /** Changes what `rooms` says of a room. */
  alter(room: string, change: Partial<RoomView>): void {
    this.#room(room).view = { ...this.#room(room).view, ...change }
  }

  settings(room: string): RoomSettings {
    return this.#room(room).settings
  }

  async setSettings(room: string, change: Partial<RoomSettings>): Promise<RoomSettings> {
    const kept = this.#room(room)
    kept.settings = { ...kept.settings, ...change }
    return kept.settings
  }

  async invite(room: string, options: InviteOptions = {}): Promise<string> {
    const { invites } = this.#room(room)
    this.invited.push(options)
    invites.push({
      id: (invites.length + 1).toString(16).padStart(2, 'c').repeat(32),
      role: options.role ?? 'member',
      by: this.personId,
      used: 0,
      uses: options.uses ?? null,
      expiresAt: options.expiresIn === undefined ? null : 1_800_000_000_000 + options.expiresIn,
      state: 'open',
    })
    return `porchlight:${room}`
  }

  invites(room: string): readonly InviteView[] {
    return this.#room(room).invites
  }

  async revoke(room: string, invite: string): Promise<void> {
    const kept = this.#room(room)
    kept.invites = kept.invites.map((view) =>
      view.id === invite ? { ...view, state: 'revoked' } : view,
    )
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

  members(room: string): readonly MemberView[] {
    this.#room(room)
    const devices = [{ id: this.deviceId, here: true }]
    const self = { ...this.person(this.personId, this.name), role: 'admin', self: true } as const
    return [{ ...self, devices }, ...this.others.values()]
  }

  /** Somebody else, who is in every room. */
  meet(id: string, name: string, more: Partial<MemberView> = {}): MemberView {
    const member = { ...this.person(id, name), ...more }
    this.others.set(id, member)
    return member
  }

  async moderate(_room: string, person: string, act: MemberAct): Promise<void> {
    this.moderated.push([person, act])
  }

  async send(room: string, text: string, options: SendOptions = {}): Promise<MessageView> {
    this.sent.push(options)
    const message = this.message(`m${this.#room(room).messages.length + 1}`, text, options.replyTo)
    this.add(room, [message])
    return message
  }

  async edit(room: string, message: string, text: string): Promise<MessageView> {
    return this.change(room, message, { text, editedAt: 1_800_000_060_000 })
  }

  async remove(room: string, message: string, options: { on?: boolean } = {}): Promise<void> {
    this.hidden.push([message, options.on])
    if (options.on === false) return
    this.files.forget(room, message)
    this.change(room, message, { text: '', kind: 'deleted' })
  }

  async react(room: string, message: string, emoji: string, on: boolean): Promise<MessageView> {
    return this.change(room, message, { reactions: on ? [{ emoji, count: 1, own: true }] : [] })
  }

  async pin(room: string, message: string, on: boolean): Promise<void> {
    this.change(room, message, { pinned: on })
  }

  async pins(room: string): Promise<readonly MessageView[]> {
    return this.#room(room).messages.filter((message) => message.pinned === true)
  }

  async search(words: string, options?: SearchOptions): Promise<SearchPage> {
    this.searched.push([words, options])
    const rooms = [...this.#rooms].filter(
      ([id]) => options?.room === undefined || options.room === id,
    )
    const hits = rooms.flatMap(([roomId, { messages }]) =>
      messages
        .filter((message) => message.text.includes(words))
        .map((message) => {
          const at = message.text.indexOf(words)
          return { roomId, message, marks: [[at, at + words.length] as const] }
        }),
    )
    const limit = options?.limit ?? 20
    const from = Number(options?.after ?? 0)
    const page = hits.toReversed().slice(from, from + limit)
    return hits.length > from + limit ? { hits: page, after: `${from + limit}` } : { hits: page }
  }

  async messages(
    room: string,
    { limit = 50, before, after }: { limit?: number; before?: string; after?: string } = {},
  ): Promise<MessagePage> {
    this.pagesRead++
    const all = this.#room(room).messages
    const end =
      before === undefined ? all.length : all.findIndex((message) => message.id === before)
    if (end === -1) throw new PorchlightError('NOT_FOUND', 'No such message.')
    if (after !== undefined) {
      const from = all.findIndex((message) => message.id === after) + 1
      return { messages: all.slice(from, from + limit), more: true }
    }
    const from = Math.max(0, end - limit)
    return { messages: all.slice(from, end), more: from > 0 }
  }

  async markRead(room: string, messageId?: string): Promise<void> {
    this.read.push([room, messageId])
  }

  draft(room: string): string {
    return this.#room(room).draft
  }

  async setDraft(room: string, text: string): Promise<void> {
    this.#room(room).draft = text
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

  /** Somebody else sends a file. */
  offer(room: string, file: FakeFile): FileView {
    const view = this.files.offer(room, file)
    const { author, authorName, messageId } = file
    const message = { ...this.message(messageId, ''), author, authorName, own: false }
    this.add(room, [{ ...message, kind: 'file', file: this.files.card(room, file.id) }])
    return view
  }

  /** Adds messages at a place of the order (default: the end), and announces them as the engine does. */
  add(room: string, messages: readonly MessageView[], at = this.#room(room).messages.length): void {
    this.#room(room).messages.splice(at, 0, ...messages)
    const overflow = messages.length > 64
    this.emit('timeline', { roomId: room, messages: messages.slice(0, 64), overflow })
  }

  /** Changes a message in its place, and announces it. */
  change(room: string, id: string, change: Partial<MessageView>): MessageView {
    const { messages } = this.#room(room)
    const at = messages.findIndex((message) => message.id === id)
    if (at === -1) throw new PorchlightError('NOT_FOUND', 'No such message.')
    const changed = { ...messages[at]!, ...change }
    messages[at] = changed
    this.emit('timeline', { roomId: room, messages: [changed], overflow: false })
    return changed
  }

  private person(id: string, name: string): MemberView {
    return {
      id,
      name,
      role: 'member',
      self: false,
      muted: false,
      verified: this.people.verified.has(id),
      blocked: this.people.blocked.has(id),
      confusable: false,
      devices: [],
    }
  }

  #room(id: string): FakeRoom {
    const room = this.#rooms.get(id)
    if (room === undefined) throw new PorchlightError('NOT_FOUND', 'No such room.')
    return room
  }
}

function fakeIdentity(engine: FakeEngine): IdentityApi {
  let receipts = true
  return {
    show: () => ({
      person: engine.personId,
      device: engine.deviceId,
      name: engine.name,
      hasPhrase: true,
      sealed: false,
    }),
    phrase: () => Array.from({ length: 24 }, () => 'abandon').join(' '),
    backup: async (passphrase) => `sealed with ${passphrase.length} characters`,
    async setAvatar(image) {
      engine.avatar = image
    },
    get readReceipts() {
      return receipts
    },
    async setReadReceipts(on) {
      receipts = on
    },
  }
}
