import type { MessageView, SendOptions } from '../../api.ts'
import type { Clock } from '../../clock.ts'
import { encode } from '../../codec/codec.ts'
import type { ControlLog } from '../../control/control-log.ts'
import { mayWrite } from '../../control/roles.ts'
import type { RoomState } from '../../control/room-state.ts'
import { PorchlightError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import { HIDDEN } from '../../timeline/log-index.ts'
import { compare } from '../../timeline/order.ts'
import type { Position } from '../../timeline/order.ts'
import type { Timeline } from '../../timeline/timeline.ts'
import type { ContentLog } from '../content-log.ts'
import type { Receipts } from '../delivery/receipts.ts'
import type { Membership } from '../membership.ts'
import { messageId } from '../message-id.ts'
import { MessageReader } from '../message-reader.ts'
import type { Written } from '../own-log.ts'
import { KIND_AVATAR, KIND_DELETE, KIND_EDIT, KIND_REACT, KIND_TEXT } from '../record.ts'
import type { RecordConsumer } from '../record-consumer.ts'
import { AvatarBook } from './avatar-book.ts'
import { MAX_CHANGES } from './change-table.ts'
import {
  checkAvatar,
  checkMayHide,
  checkMayModerate,
  checkMayWrite,
  checkReaction,
  checkText,
  checkTimer,
} from './checks.ts'
import { ExpiryBook } from './expiry-book.ts'
import { sentPoint } from './location.ts'
import { MentionBook } from './mention-book.ts'
import { findMentions } from './mentions.ts'
import { Overlay } from './overlay.ts'
import { avatarPayload, deletePayload, editPayload, reactPayload, textPayload } from './payloads.ts'
import type { Target, TextPayload } from './payloads.ts'
import { PageNews } from './page-news.ts'

export interface ConversationOptions {
  readonly control: Pick<ControlLog, 'state' | 'append'>
  readonly membership: Pick<Membership, 'checkIn' | 'joined' | 'members'>
  readonly timeline: Timeline
  readonly delivery: Pick<Receipts, 'of'>
  readonly clock: Clock
  readonly logger: Logger
  /** This person's id (hex). */
  readonly self: string
  /** Resolves with the record's place once it is durable. */
  readonly append: (kind: number, payload: Buffer) => Promise<Written & { log: ContentLog }>
  /** Resolves once a record has its place, or after a little while. */
  readonly placed: (log: string, seq: number) => Promise<void>
  readonly ontimeline: (messages: readonly MessageView[], overflow: boolean) => void
  /** Members' pictures changed. */
  readonly onmembers: () => void
}

/** What is said in a room: writes messages and what changes them, reads them as they are now, and tells pages. */
export class Conversation {
  readonly reader: MessageReader
  /** What learns from the room's records, for its snapshot. */
  readonly consumers: readonly RecordConsumer[]
  readonly #options: ConversationOptions
  readonly #overlay: Overlay
  readonly #expiry: ExpiryBook
  readonly #mentions: MentionBook
  readonly #avatars: AvatarBook
  readonly #news: PageNews

  constructor(options: ConversationOptions) {
    this.#options = options
    const { self, clock, timeline } = options
    this.#overlay = new Overlay(self, (target) => this.#news.touch(target))
    this.#expiry = new ExpiryBook({ clock, onexpired: (places) => this.#onexpired(places) })
    this.#mentions = new MentionBook(self)
    this.#avatars = new AvatarBook({
      position: (log, seq) => this.#position(log, seq),
      body: (position) => timeline.body(position),
      onchange: options.onmembers,
    })
    this.reader = new MessageReader({ ...options, overlay: this.#overlay, expiry: this.#expiry })
    this.#news = new PageNews({ ...options, reader: this.reader })
    this.consumers = [this.#overlay, this.#expiry, this.#mentions, this.#avatars]
  }

  /** Errors: `WAITING`, `NOT_ALLOWED`, `BAD_REQUEST`, `TOO_LARGE`, `NOT_FOUND` (the message replied to), `DISK_FULL`. */
  async send(text: string, options: SendOptions = {}): Promise<MessageView> {
    this.#checkMayWrite()
    const location = options.location ? sentPoint(options.location) : null
    // A place says enough by itself.
    if (!location || text.length > 0) checkText(text)
    const expiresIn = checkTimer(options.expiresIn, this.#state.settings.disappearAfter)
    const replyTo = options.replyTo === undefined ? null : this.#target(options.replyTo)
    const payload = { text, replyTo, expiresIn, mentions: this.#named(text), location }
    const { log, seq, sentAt } = await this.#write(KIND_TEXT, encode(textPayload, payload))
    return this.#written(log, seq, sentAt, payload)
  }

  /** Errors: `WAITING`, `NOT_FOUND`, `NOT_ALLOWED`, `BAD_REQUEST`, `TOO_LARGE`, `DISK_FULL`. */
  async edit(id: string, text: string): Promise<MessageView> {
    this.#checkMayWrite()
    checkText(text)
    const message = await this.#message(id)
    if (!message.own) throw notYours('change')
    const edits = this.#overlay.of(id).filter(({ kind }) => kind === 'edit')
    if (edits.length >= MAX_CHANGES.edit) {
      throw new PorchlightError(
        'BAD_REQUEST',
        `This message was changed ${MAX_CHANGES.edit} times and stays as it is. Write a new one.`,
      )
    }
    const edit = { target: this.#target(id), text, mentions: this.#named(text) }
    await this.#write(KIND_EDIT, encode(editPayload, edit))
    return this.#message(id)
  }

  /** One's own is deleted; another's hidden for all, or shown again. Errors as for `edit`. */
  async remove(id: string, on: boolean): Promise<void> {
    const position = this.reader.position(id)
    const target = { log: position.log.key, seq: position.seq }
    if (on && this.#isOwn(position)) {
      this.#checkMayWrite()
      const { deleted } = this.reader.resolution(position, this.#source(position))
      if (!deleted) await this.#write(KIND_DELETE, encode(deletePayload, { target }))
      return
    }
    this.#options.membership.checkIn()
    checkMayHide(this.#state, this.#options.self, this.#source(position).person)
    if (this.#state.hidden.has(id) === on) return
    await this.#options.control.append({ type: 'hide', ...target, on: Number(on) })
    // What one of higher role hid stays so.
    if (!on && this.#state.hidden.has(id)) throw stillHidden()
  }

  /** Errors as for `edit`. */
  async react(id: string, emoji: string, on: boolean): Promise<MessageView> {
    this.#checkMayWrite()
    checkReaction(emoji)
    const message = await this.#message(id)
    const given = message.reactions?.some((reaction) => reaction.own && reaction.emoji === emoji)
    if ((given ?? false) === on) return message
    const reaction = { target: this.#target(id), emoji, on: Number(on) }
    await this.#write(KIND_REACT, encode(reactPayload, reaction))
    return this.#message(id)
  }

  /** Of more than 64 the one pinned first gives way. Errors: `WAITING`, `NOT_FOUND`, `NOT_ALLOWED`. */
  async pin(id: string, on: boolean): Promise<void> {
    this.#options.membership.checkIn()
    const target = this.#target(id)
    checkMayModerate(this.#state, this.#options.self, 'pin messages')
    const { pinned } = this.#state
    if (pinned.includes(id) === on) return
    if (on) await this.#message(id)
    await this.#options.control.append({ type: 'pin', ...target, on: Number(on) })
  }

  /** The pinned messages that are here and show something, in the order of pinning. */
  async pins(): Promise<MessageView[]> {
    const positions = this.#state.pinned.map((id) => this.reader.find(id))
    const views = await this.reader.read(positions.filter((position) => position !== null))
    return views.filter((view) => !isGone(view))
  }

  /** This person's picture for the members of this room; null for none. Errors: `WAITING`, `NOT_ALLOWED`, `BAD_REQUEST`, `TOO_LARGE`. */
  async setAvatar(image: Buffer | null): Promise<void> {
    if (image) checkAvatar(image)
    this.#checkMayWrite()
    await this.#write(KIND_AVATAR, encode(avatarPayload, { image: image ?? Buffer.alloc(0) }))
  }

  /** A member's picture as a `data:` URL; undefined for none, or while it is being read. */
  avatar(person: string): string | undefined {
    return this.#avatars.of(person)
  }

  /** True while this person's records count here. */
  get mayWrite(): boolean {
    const entry = this.#state.persons.get(this.#options.self)
    return this.#options.membership.joined && entry?.muted === false && mayWrite(entry.role)
  }

  /** True while this person could have a picture here, and never said which. */
  get lacksAvatar(): boolean {
    return this.mayWrite && !this.#avatars.knows(this.#options.self)
  }

  /** How many messages name this person among those after `marker` (all, when null). */
  unreadMentions(marker: Position | null): number {
    const { timeline } = this.#options
    return this.#mentions.unread(
      ({ log, seq }) => {
        const position = this.#position(log, seq)
        return !position || !marker || compare(position, marker) > 0
      },
      ({ log, seq }) => {
        const position = this.#position(log, seq)
        if (!position || position.log.kind(seq) === HIDDEN || timeline.hides(log)) return false
        const source = this.#source(position)
        const resolution = this.reader.resolution(position, source)
        if (this.reader.tombstone(source, seq, resolution)) return false
        return resolution.edit?.mentions ?? this.#mentions.written(log, seq)
      },
    )
  }

  /** Records were placed; `reordered` when some that were shown before moved. */
  onplaced(positions: readonly Position[], reordered: boolean): void {
    this.#news.placed(positions, reordered)
  }

  /** The control log changed. */
  onstate(): void {
    this.#news.state(this.#state)
  }

  async close(): Promise<void> {
    this.#expiry.close()
    await this.#news.close()
  }

  get #state(): RoomState {
    return this.#options.control.state
  }

  #checkMayWrite(): void {
    this.#options.membership.checkIn()
    checkMayWrite(this.#state, this.#options.self)
  }

  /** Appends a record and waits until pages can have it; behind a burst from others it may come a little later. */
  async #write(kind: number, payload: Buffer): Promise<Written & { log: ContentLog }> {
    const written = await this.#options.append(kind, payload)
    await this.#options.placed(written.log.hex, written.seq)
    return written
  }

  async #written(
    log: ContentLog,
    seq: number,
    sentAt: number,
    payload: TextPayload,
  ): Promise<MessageView> {
    const position = this.#position(log.hex, seq)
    const [view] = position ? await this.reader.read([position]) : []
    return view ?? this.reader.fresh(log, seq, sentAt, payload)
  }

  /** A message that shows something. Errors: `NOT_FOUND`. */
  async #message(id: string): Promise<MessageView> {
    const [view] = await this.reader.read([this.reader.position(id)])
    if (view && !isGone(view)) return view
    throw new PorchlightError(
      'NOT_FOUND',
      'This message is gone: it was deleted or hidden, or its time was over. Nothing was changed.',
    )
  }

  #target(id: string): Target {
    const { log, seq } = this.reader.position(id)
    return { log: log.key, seq }
  }

  /** Ids of the persons that a text names. */
  #named(text: string): Buffer[] {
    if (!text.includes('@')) return []
    const found = findMentions(text, this.#options.membership.members())
    return found.map((id) => Buffer.from(id, 'hex'))
  }

  #isOwn(position: Position): boolean {
    return this.#source(position).person === this.#options.self
  }

  #source(position: Position): ContentLog {
    return this.#options.timeline.source(position.log.hex)!
  }

  #position(hex: string, seq: number): Position | null {
    const log = this.#options.timeline.index(hex)
    return log && seq < log.length ? { log, seq } : null
  }

  #onexpired(places: readonly { readonly log: string; readonly seq: number }[]): void {
    for (const { log, seq } of places) this.#news.touch(messageId(Buffer.from(log, 'hex'), seq))
    this.#news.placed([], false)
  }
}

function isGone({ kind }: MessageView): boolean {
  return kind === 'deleted' || kind === 'hidden' || kind === 'expired'
}

function stillHidden(): PorchlightError {
  return new PorchlightError(
    'NOT_ALLOWED',
    'An admin hid this message, so it stays hidden. Ask an admin of the room.',
  )
}

function notYours(what: string): PorchlightError {
  return new PorchlightError(
    'NOT_ALLOWED',
    `Only who wrote a message can ${what} it. Nothing was changed.`,
  )
}
