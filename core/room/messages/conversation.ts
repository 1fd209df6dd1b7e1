import type { MessageView } from '../../api.ts'
import type { Clock } from '../../clock.ts'
import { mayWrite } from '../../control/roles.ts'
import type { RoomState } from '../../control/room-state.ts'
import type { FileState } from '../../files/api.ts'
import type { Logger } from '../../logger.ts'
import { HIDDEN } from '../../timeline/log-index.ts'
import { compare } from '../../timeline/order.ts'
import type { Position } from '../../timeline/order.ts'
import type { Timeline } from '../../timeline/timeline.ts'
import type { Receipts } from '../delivery/receipts.ts'
import type { Membership } from '../membership.ts'
import { messageId } from '../message-id.ts'
import { isGone, MessageReader } from '../message-reader.ts'
import type { Place } from '../place.ts'
import type { RecordConsumer } from '../record-consumer.ts'
import { AvatarBook } from './avatar-book.ts'
import { ExpiryBook } from './expiry-book.ts'
import { FileBook } from './file-book.ts'
import { MentionBook } from './mention-book.ts'
import { MessageWriter } from './message-writer.ts'
import type { MessageWriterOptions } from './message-writer.ts'
import { Overlay } from './overlay.ts'
import { PageNews } from './page-news.ts'
import type { Resolution } from './resolution.ts'

export interface ConversationOptions extends Omit<MessageWriterOptions, 'reader' | 'overlay'> {
  readonly membership: Pick<Membership, 'checkIn' | 'joined' | 'members'>
  readonly timeline: Timeline
  readonly delivery: Pick<Receipts, 'of'>
  readonly clock: Clock
  readonly logger: Logger
  readonly ontimeline: (messages: readonly MessageView[], overflow: boolean) => void
  /** A message was found gone for good. */
  readonly ongone: (position: Position) => void
  /** Members' pictures changed. */
  readonly onmembers: () => void
  /** Whether this person lacks a picture was asked too early, and can be told now. */
  readonly onpictures?: () => void
  /** How far an item (the hex of its root) is here. */
  readonly fileState?: (root: string) => FileState
  /** Messages with files came, went or changed. */
  readonly onfiles?: () => void
}

/** What is said in a room: its messages as they are now, how they are written and changed, and what pages are told. */
export class Conversation {
  readonly reader: MessageReader
  readonly writer: MessageWriter
  readonly files: FileBook
  /** What learns from the room's records, for its snapshot. */
  readonly consumers: readonly RecordConsumer[]
  readonly #options: ConversationOptions
  readonly #overlay: Overlay
  readonly #expiry: ExpiryBook
  readonly #mentions: MentionBook
  readonly #avatars: AvatarBook
  readonly #news: PageNews
  #askedEarly = false

  constructor(options: ConversationOptions) {
    this.#options = options
    const { self, clock, timeline } = options
    this.#overlay = new Overlay(self, (target) => this.#ontouched(target))
    this.#expiry = new ExpiryBook({ clock, onexpired: (places) => this.#onexpired(places) })
    this.#mentions = new MentionBook(self)
    this.#avatars = new AvatarBook({
      position: (log, seq) => timeline.position({ log, seq }),
      body: (position) => timeline.body(position),
      onchange: options.onmembers,
    })
    this.reader = new MessageReader({
      ...options,
      overlay: this.#overlay,
      expiry: this.#expiry,
      ongone: (position) => {
        this.files.forget(position.log.hex, position.seq)
        options.ongone(position)
      },
    })
    this.writer = new MessageWriter({ ...options, reader: this.reader, overlay: this.#overlay })
    this.#news = new PageNews({ ...options, reader: this.reader })
    this.files = new FileBook({
      self,
      shown: (log, seq) => this.#shown({ log, seq })?.position ?? null,
      isOver: (log, seq) => this.#isOver({ log, seq }),
      expiresAt: (log, seq) => this.#expiry.at(log, seq),
      body: (position) => timeline.body(position),
      settled: () => timeline.caughtUp,
      onchange: () => options.onfiles?.(),
    })
    this.consumers = [this.#overlay, this.#expiry, this.#mentions, this.#avatars, this.files]
  }

  /** The pinned messages that are here and show something, in the order of pinning. */
  async pins(): Promise<MessageView[]> {
    const positions = this.#state.pinned.map((id) => this.reader.find(id))
    const views = await this.reader.read(positions.filter((position) => position !== null))
    return views.filter((view) => !isGone(view))
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

  /**
   * True while this person could have a picture here, and never said which. Null while records wait for their place,
   * as it may be among them; `onpictures` follows.
   */
  lacksAvatar(): boolean | null {
    const { self, timeline } = this.#options
    if (!this.mayWrite || this.#avatars.knows(self)) return false
    if (timeline.caughtUp) return true
    this.#askedEarly = true
    return null
  }

  /** How many messages name this person among those after `marker` (all, when null). */
  unreadMentions(marker: Position | null): number {
    const { timeline } = this.#options
    return this.#mentions.unread(
      ({ log, seq }) => {
        const position = timeline.position({ log, seq })
        return !position || !marker || compare(position, marker) > 0
      },
      (place) => {
        const shown = this.#shown(place)
        if (!shown) return false
        return shown.resolution.edit?.mentions ?? this.#mentions.written(place.log, place.seq)
      },
    )
  }

  /** Records were placed; `reordered` when some that were shown before moved. */
  onplaced(positions: readonly Position[], reordered: boolean): void {
    this.#news.placed(positions, reordered)
    if (reordered) this.files.touchAll()
    this.files.tell()
  }

  /** All records that are here are placed. */
  onrest(): void {
    this.files.tell()
    if (!this.#askedEarly) return
    this.#askedEarly = false
    this.#options.onpictures?.()
  }

  /** The control log changed. */
  onstate(): void {
    this.#news.state(this.#state)
    // What moderators hid, what people are called.
    this.files.touchAll()
    this.files.tell()
  }

  /** Whom this person blocks changed. */
  onblocked(): void {
    this.files.touchAll()
    this.files.tell()
  }

  async close(): Promise<void> {
    this.#expiry.close()
    await this.#news.close()
  }

  get #state(): RoomState {
    return this.#options.control.state
  }

  /** A message that is placed and shown. */
  #shown({ log, seq }: Place): { position: Position; resolution: Resolution } | null {
    const { timeline } = this.#options
    const position = timeline.position({ log, seq })
    if (!position || position.log.kind(seq) === HIDDEN || timeline.hides(log)) return null
    const source = timeline.source(log)!
    const resolution = this.reader.resolution(position, source)
    return this.reader.tombstone(source, seq, resolution) ? null : { position, resolution }
  }

  /** True for a message that its author deleted, or whose time is over. */
  #isOver({ log, seq }: Place): boolean {
    const { timeline } = this.#options
    const position = timeline.position({ log, seq })
    if (!position) return false
    const source = timeline.source(log)!
    const tombstone = this.reader.tombstone(source, seq, this.reader.resolution(position, source))
    return tombstone === 'deleted' || tombstone === 'expired'
  }

  #ontouched(id: string): void {
    this.#news.touch(id)
    this.files.touch(id)
  }

  #onexpired(places: readonly Place[]): void {
    for (const { log, seq } of places) this.#ontouched(messageId(Buffer.from(log, 'hex'), seq))
    this.#news.placed([], false)
    this.files.tell()
  }
}
