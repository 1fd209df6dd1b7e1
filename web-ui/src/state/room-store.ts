import { batch, computed, signal } from '@preact/signals'
import type { ApiClient } from '../api/client.ts'
import type { LocationPoint, MemberView, MessageView, StreamEvents } from '../api/views.ts'
import { coalesced } from './coalesced.ts'
import { DraftStore } from './draft-store.ts'
import { FilesStore } from './files-store.ts'
import { OutboxStore } from './outbox-store.ts'
import { Serial } from './serial.ts'
import { TimelineStore } from './timeline-store.ts'
import { UploadStore } from './upload-store.ts'

/** What is being written: a new message, an answer to one, or another text for one. */
export type Writing =
  | { readonly kind: 'new' }
  | { readonly kind: 'answer'; readonly to: MessageView }
  | { readonly kind: 'edit'; readonly message: MessageView }

/** The longest caption, as an address writes it: what is longer goes as a message of its own. */
const MAX_CAPTION = 3_000

/** One room on screen: its timeline, its people, its files, what is being written in it. */
export class RoomStore {
  readonly id: string
  readonly timeline: TimelineStore
  readonly outbox: OutboxStore
  readonly draft: DraftStore
  readonly files: FilesStore
  readonly uploads: UploadStore
  readonly members = signal<readonly MemberView[]>([])
  readonly people = computed(() => new Map(this.members.value.map((member) => [member.id, member])))
  readonly pins = signal<readonly MessageView[]>([])
  readonly writing = signal<Writing>({ kind: 'new' })
  /** Milliseconds after which what is sent next disappears; null leaves it to the room. */
  readonly timer = signal<number | null>(null)
  /** The room's own timer. */
  readonly roomTimer = signal<number | null>(null)
  /** The message whose menu is open, and the element it hangs on. */
  readonly menu = signal<{ message: MessageView; at: DOMRect } | null>(null)

  readonly #api: ApiClient
  #shown = false
  #sought: string | null = null
  /** Renews who is in the room and who of them is here. */
  readonly membersSoon = coalesced(200, () => this.#loadMembers())
  readonly #rulesSoon = coalesced(200, () => this.#loadRules())

  constructor(api: ApiClient, id: string) {
    const serial = new Serial()
    this.#api = api
    this.id = id
    this.draft = new DraftStore(api, id)
    this.files = new FilesStore(api, id)
    this.timeline = new TimelineStore({
      api,
      room: id,
      serial,
      onShown: (ids) => {
        this.outbox.settle(ids)
        this.uploads.settle(ids)
      },
      others: () => this.members.value.filter(({ self }) => !self).length,
    })
    this.outbox = new OutboxStore({
      api,
      room: id,
      serial,
      onSent: () => this.timeline.refreshSoon(),
    })
    this.uploads = new UploadStore({
      api,
      room: id,
      onSent: () => {
        this.timeline.refreshSoon()
        this.files.listSoon()
      },
    })
  }

  open(unread: number): Promise<void> {
    this.#shown = true
    this.membersSoon()
    this.#rulesSoon()
    this.draft.open()
    this.files.open()
    const opened = this.timeline.open(unread)
    if (this.#sought !== null) void this.timeline.seek(this.#sought)
    this.#sought = null
    return opened
  }

  /** Lets the timeline go; drafts and unsent messages stay. */
  close(): void {
    this.#shown = false
    void this.draft.flush()
    this.menu.value = null
    this.files.close()
    this.timeline.close()
  }

  /** Brings a message into view, at once or as soon as the room is on screen. */
  seek(message: string): void {
    if (this.#shown) void this.timeline.seek(message)
    else this.#sought = message
  }

  /** Lets go of files too: the room is not for this tab any more. */
  end(): void {
    this.uploads.stop()
    this.close()
  }

  /** Drops everything, unsaved words too. */
  forget(): void {
    this.#shown = false
    this.draft.drop()
    this.uploads.stop()
    this.files.close()
    this.timeline.close()
    batch(() => {
      this.menu.value = null
      this.writing.value = { kind: 'new' }
      this.members.value = []
      this.pins.value = []
      this.outbox.messages.value = []
    })
  }

  onTimeline(change: StreamEvents['timeline']): void {
    this.timeline.onTimeline(change)
    // A message that is gone takes its file along.
    if (change.overflow || change.messages.some(({ kind }) => kind !== 'text'))
      this.files.listSoon()
    const pinned = new Set(this.pins.value.map(({ id }) => id))
    if (change.overflow || change.messages.some(({ id, pinned: on }) => on || pinned.has(id)))
      this.#rulesSoon()
  }

  onRoom(): void {
    this.membersSoon()
    this.#rulesSoon()
  }

  /** Fetches all that is shown anew. */
  renew(): void {
    this.timeline.renew()
    this.files.listSoon()
    this.onRoom()
  }

  /** Sends what was written, or puts it in the place of what it edits. */
  async send(text: string, location?: LocationPoint): Promise<void> {
    const writing = this.writing.value
    if (writing.kind === 'edit' && !location) {
      return await this.#edit(writing.message, text)
    }
    const expiresIn = this.timer.value
    batch(() => {
      this.writing.value = { kind: 'new' }
      this.timeline.reader.unreadFrom.value = null
      this.outbox.send({
        text,
        ...(writing.kind === 'answer' ? { replyTo: writing.to.id } : {}),
        ...(expiresIn === null ? {} : { expiresIn }),
        ...(location ? { location } : {}),
      })
    })
    if (this.timeline.shown.value?.live === false) void this.timeline.newest()
  }

  /** Sends the files that were chosen, with what was written as their caption. */
  sendFiles(text: string): void {
    const writing = this.writing.value
    const replyTo = writing.kind === 'answer' ? writing.to.id : undefined
    const expiresIn = this.timer.value ?? undefined
    const fits = encodeURIComponent(text).length <= MAX_CAPTION
    if (!fits) void this.send(text)
    batch(() => {
      this.writing.value = { kind: 'new' }
      this.timeline.reader.unreadFrom.value = null
      this.uploads.send({ text: fits ? text : '', replyTo: fits ? replyTo : undefined, expiresIn })
    })
    if (this.timeline.shown.value?.live === false) void this.timeline.newest()
  }

  async #edit(message: MessageView, text: string): Promise<void> {
    // The box is free for what comes next at once; a refusal brings the change back into it.
    this.writing.value = { kind: 'new' }
    try {
      this.timeline.change(await this.#api.messages.edit(this.id, message.id, text))
    } catch (error) {
      this.writing.value = { kind: 'edit', message: { ...message, text } }
      throw error
    }
  }

  async react(message: MessageView, emoji: string, on: boolean): Promise<void> {
    this.timeline.change(await this.#api.messages.react(this.id, message.id, emoji, on))
  }

  /** Deletes an own message for everyone, and the file it carries. */
  async remove(message: MessageView): Promise<void> {
    if (message.file) await this.files.remove(message.file.id, true)
    else await this.#api.messages.remove(this.id, message.id)
    this.timeline.renew()
  }

  /** Hides another's message for everyone, or shows it again. */
  async hide(message: MessageView, on: boolean): Promise<void> {
    await this.#api.messages.hide(this.id, message.id, on)
    this.timeline.renew()
  }

  async pin(message: MessageView, on: boolean): Promise<void> {
    await this.#api.messages.pin(this.id, message.id, on)
    this.timeline.renew()
    this.#rulesSoon()
  }

  /** The newest own message that can still be edited, if it is on screen. */
  lastOwn(): MessageView | undefined {
    const items = this.timeline.shown.value?.items ?? []
    return items.filter(({ own, kind }) => own && kind === 'text').at(-1)
  }

  /** Learns who is in the room, though it is not on screen: names that look alike carry their key. */
  async meet(): Promise<void> {
    if (this.members.value.length > 0) return
    // Without it names are shown as they are.
    await this.#fetchMembers().catch(() => undefined)
  }

  async #loadMembers(): Promise<void> {
    if (!this.#shown) return
    const before = this.members.value
    const members = await this.#fetchMembers()
    const names = new Map(before.map(({ id, name }) => [id, name]))
    // Messages carry their author's name: a new one shows on those of long ago too.
    if (members.some(({ id, name }) => names.has(id) && names.get(id) !== name))
      this.timeline.renew()
  }

  async #fetchMembers(): Promise<readonly MemberView[]> {
    const members = await this.#api.rooms.members(this.id)
    this.members.value = members
    return members
  }

  async #loadRules(): Promise<void> {
    if (!this.#shown) return
    const [settings, pins] = await Promise.all([
      this.#api.rooms.settings(this.id),
      this.#api.messages.pins(this.id),
    ])
    batch(() => {
      this.roomTimer.value = settings.disappearAfter
      this.pins.value = pins
    })
  }
}
