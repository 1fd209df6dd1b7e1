import type { MessagePage } from '../api.ts'
import type { Term } from '../search/query.ts'
import type { SearchIndex } from '../search/search-index.ts'
import { searchRoom } from '../search/search-room.ts'
import type { Found } from '../search/search-room.ts'
import { compare } from '../timeline/order.ts'
import type { Position } from '../timeline/order.ts'
import type { Timeline } from '../timeline/timeline.ts'
import type { Receipts } from './delivery/receipts.ts'
import type { MessageReader } from './message-reader.ts'
import type { Place } from './place.ts'
import type { RoomRecord } from './room-record.ts'

/** What reading a room needs of it. */
export interface ReadingOptions {
  /** The room's id. */
  readonly id: string
  readonly record: RoomRecord
  /** Writes the record down. */
  readonly save: () => Promise<void>
  readonly timeline: Timeline
  readonly index: SearchIndex
  readonly reader: MessageReader
  readonly receipts: Pick<Receipts, 'readTo'>
  /** The person read on, on this device. */
  readonly onread: () => void
  /** The marker moved, by this device or another. */
  readonly onmarker: () => void
}

/** What a person reads of a room, page by page or by search, and how far they are. */
export class Reading {
  readonly id: string
  readonly #options: ReadingOptions

  constructor(options: ReadingOptions) {
    this.id = options.id
    this.#options = options
  }

  /** Messages in the room's order: those before one (the newest, without it), or those after one. */
  async page(options: {
    limit: number
    before?: string | undefined
    after?: string | undefined
  }): Promise<MessagePage> {
    const { timeline, reader } = this.#options
    await timeline.ready()
    if (options.after !== undefined) {
      const after = reader.position(options.after)
      const following = timeline.pageAfter(after, options.limit)
      return { messages: await reader.read(following), more: true }
    }
    const before = options.before === undefined ? null : reader.position(options.before)
    const { positions, more } = timeline.page(before, options.limit)
    return { messages: await reader.read(positions), more }
  }

  /** The newest messages that hold all terms, before one of them. */
  search(
    terms: readonly Term[],
    { before, limit }: { before?: string; limit: number },
  ): Promise<Found[]> {
    const { index, timeline, reader } = this.#options
    const parts = {
      index,
      timeline,
      read: (positions: readonly Position[]) => reader.read(positions),
    }
    const from = before === undefined ? null : reader.position(before)
    return searchRoom(parts, terms, { before: from, limit })
  }

  /** The last record that was read, while it is here. */
  get marker(): Position | null {
    const { record, timeline } = this.#options
    return record.read && timeline.position(record.read)
  }

  /** Everything up to a message (the last one, without it) was read here. */
  async mark(messageId: string | undefined): Promise<void> {
    const { timeline, reader, receipts, onread } = this.#options
    const position = messageId === undefined ? timeline.last : reader.position(messageId)
    if (!position) return
    await this.moveTo({ log: position.log.hex, seq: position.seq })
    // Where it was read on another device, that one knows what was there to be read, and tells.
    receipts.readTo(position)
    onread()
  }

  /** Everything up to a placed record was read, here or on another device of this person. */
  async moveTo({ log, seq }: Place): Promise<void> {
    const { record, save, timeline, onmarker } = this.#options
    if (!timeline.position({ log, seq })) return
    if (record.read?.log === log && record.read.seq === seq) return
    record.read = { log, seq }
    await save()
    onmarker()
  }

  /** True while the record is placed. */
  has(place: Place): boolean {
    return this.#options.timeline.position(place) !== null
  }

  /** The order of two placed records: negative when `a` comes before `b`. */
  compare(a: Place, b: Place): number {
    const { timeline } = this.#options
    return compare(timeline.position(a)!, timeline.position(b)!)
  }
}
