import type { MessageView } from '../../api.ts'
import type { RoomState } from '../../control/room-state.ts'
import type { Logger } from '../../logger.ts'
import { HIDDEN } from '../../timeline/log-index.ts'
import type { Position } from '../../timeline/order.ts'
import type { Timeline } from '../../timeline/timeline.ts'
import type { MessageReader } from '../message-reader.ts'
import { messageId } from '../message-id.ts'

/** Messages handed over with one piece of news. */
const LIVE = 64
/** Changed messages that are remembered by name; with more, pages are fetched anew. */
const MAX_TOUCHED = 1_024

export interface PageNewsOptions {
  readonly timeline: Timeline
  readonly reader: MessageReader
  readonly logger: Logger
  readonly ontimeline: (messages: readonly MessageView[], overflow: boolean) => void
}

/** Tells pages which messages are new or read otherwise than before, one piece of news after another. */
export class PageNews {
  readonly #options: PageNewsOptions
  /** Ids of messages that were changed since the last news. */
  readonly #touched = new Set<string>()
  #state: Pick<RoomState, 'hidden' | 'pinned'> | null = null
  #telling: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: PageNewsOptions) {
    this.#options = options
  }

  /** A message reads otherwise; told with what is placed next. */
  touch(id: string): void {
    if (this.#touched.size <= MAX_TOUCHED) this.#touched.add(id)
  }

  /** Records were placed; `reordered` when some that were shown before moved. */
  placed(positions: readonly Position[], reordered: boolean): void {
    const { timeline, reader } = this.#options
    const shown = new Map<string, Position>()
    for (const id of this.#touched) {
      const position = reader.find(id)
      if (!position || timeline.hides(position.log.hex)) continue
      // What is gone stays in memory no longer than it is shown.
      timeline.forget(position)
      shown.set(id, position)
    }
    const overflow = reordered || this.#touched.size > LIVE
    this.#touched.clear()
    for (const position of positions) {
      const { log, seq } = position
      if (log.kind(seq) === HIDDEN || timeline.hides(log.hex)) continue
      shown.set(messageId(log.key, seq), position)
      if (shown.size > LIVE) break
    }
    if (shown.size > 0 || reordered) this.#tell([...shown.values()], overflow || shown.size > LIVE)
  }

  /** The room's state is this now: what moderators hid or pinned since. */
  state({ hidden, pinned }: Pick<RoomState, 'hidden' | 'pinned'>): void {
    const before = this.#state
    this.#state = { hidden, pinned }
    if (!before) return
    for (const [now, then] of [
      [hidden, before.hidden],
      [new Set(pinned), new Set(before.pinned)],
    ] as const) {
      for (const id of now) if (!then.has(id)) this.touch(id)
      for (const id of then) if (!now.has(id)) this.touch(id)
    }
    if (this.#touched.size > 0) this.placed([], false)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#telling
  }

  /** One after another: what was read first is told first. */
  #tell(positions: readonly Position[], overflow: boolean): void {
    this.#telling = this.#telling
      .then(async () => {
        if (this.#closed) return
        const messages = overflow ? [] : await this.#options.reader.read(positions)
        if (!this.#closed) this.#options.ontimeline(messages, overflow)
      })
      .catch((error: unknown) => {
        this.#options.logger.error('timeline-event', { error: String(error) })
      })
  }
}
