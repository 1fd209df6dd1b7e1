import type { MessageView } from '../../api.ts'
import type { Clock } from '../../clock.ts'
import { mayWrite } from '../../control/roles.ts'
import type { RoomState } from '../../control/room-state.ts'
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
import { MentionBook } from './mention-book.ts'
import { MessageWriter } from './message-writer.ts'
import type { MessageWriterOptions } from './message-writer.ts'
import { Overlay } from './overlay.ts'
import { PageNews } from './page-news.ts'

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
}

/** What is said in a room: its messages as they are now, how they are written and changed, and what pages are told. */
export class Conversation {
  readonly reader: MessageReader
  readonly writer: MessageWriter
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
      position: (log, seq) => timeline.position({ log, seq }),
      body: (position) => timeline.body(position),
      onchange: options.onmembers,
    })
    this.reader = new MessageReader({ ...options, overlay: this.#overlay, expiry: this.#expiry })
    this.writer = new MessageWriter({ ...options, reader: this.reader, overlay: this.#overlay })
    this.#news = new PageNews({ ...options, reader: this.reader })
    this.consumers = [this.#overlay, this.#expiry, this.#mentions, this.#avatars]
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

  /** True while this person could have a picture here, and never said which. */
  get lacksAvatar(): boolean {
    return this.mayWrite && !this.#avatars.knows(this.#options.self)
  }

  /** How many messages name this person among those after `marker` (all, when null). */
  unreadMentions(marker: Position | null): number {
    const { timeline } = this.#options
    return this.#mentions.unread(
      ({ log, seq }) => {
        const position = timeline.position({ log, seq })
        return !position || !marker || compare(position, marker) > 0
      },
      ({ log, seq }) => {
        const position = timeline.position({ log, seq })
        if (!position || position.log.kind(seq) === HIDDEN || timeline.hides(log)) return false
        const source = timeline.source(log)!
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

  #onexpired(places: readonly Place[]): void {
    for (const { log, seq } of places) this.#news.touch(messageId(Buffer.from(log, 'hex'), seq))
    this.#news.placed([], false)
  }
}
