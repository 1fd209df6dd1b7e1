import { batch, signal } from '@preact/signals'
import { ApiFailure, sentence } from '../api/api-failure.ts'
import type { ApiClient } from '../api/client.ts'
import type { MessageView, StreamEvents } from '../api/views.ts'
import { coalesced } from './coalesced.ts'
import { ReaderPlace } from './reader-place.ts'
import type { Serial } from './serial.ts'
import * as steps from './timeline.ts'

/** The API's own limit of a page. */
const LONGEST_PAGE = 500

export interface TimelineStoreOptions {
  readonly api: ApiClient
  readonly room: string
  /** Pages, refreshes and sends of a room never overlap: no answer is laid over a newer one. */
  readonly serial: Serial
  /** Called with the ids of what is shown, after every change. */
  readonly onShown: (ids: ReadonlySet<string>) => void
  /** How many others may read what is written here. */
  readonly others: () => number
}

/** The stretch of one room that is on screen, and where its reader is. */
export class TimelineStore {
  readonly shown = signal<steps.Timeline | null>(null)
  readonly failure = signal<string | null>(null)
  readonly reader: ReaderPlace
  /** A message to bring into view as soon as it is among the rows. */
  readonly sought = signal<string | null>(null)

  readonly #options: TimelineStoreOptions
  /** What arrived and is not on screen, and whether it is this person's own. */
  readonly #arrived = new Map<string, boolean>()
  #whole = false
  /** How many messages were unread when the room was opened; null while it is not on screen. */
  #openedWith: number | null = null
  #paging = false

  readonly refreshSoon = coalesced(60, () => this.#refresh())
  /** Rows above the newest page are many, and how far they came is no news of the moment. */
  readonly #aboveSoon = coalesced(900, async () => {
    this.#whole = true
    this.refreshSoon()
  })

  constructor(options: TimelineStoreOptions) {
    this.#options = options
    this.reader = new ReaderPlace((message) => options.api.messages.markRead(options.room, message))
  }

  /** Shows the newest messages, with a mark where the `unread` ones begin. */
  open(unread: number): Promise<void> {
    this.#openedWith = unread
    return this.#guarded(() => this.#begin(unread))
  }

  close(): void {
    this.#openedWith = null
    batch(() => {
      this.reader.leave()
      this.shown.value = null
      this.sought.value = null
    })
  }

  onTimeline(change: StreamEvents['timeline']): void {
    const shown = this.shown.value
    const known = shown ? steps.idsOf(shown.items) : new Set<string>()
    for (const message of change.messages)
      if (!known.has(message.id)) this.#arrived.set(message.id, message.own)
    if (shown) this.#show(steps.withChanged(shown, change.messages))
    if (change.overflow) this.#whole = true
    this.refreshSoon()
  }

  /** Shows at once what the node answered with. */
  change(message: MessageView): void {
    const shown = this.shown.value
    if (shown) this.#show(steps.withChanged(shown, [message]))
  }

  /** Fetches all that is shown anew: events were lost, or somebody has a new name. */
  renew(): void {
    this.#whole = true
    this.refreshSoon()
  }

  onDelivery(): void {
    const above = this.shown.value?.items.slice(0, -steps.PAGE) ?? []
    if (steps.hasUnread(above, this.#options.others())) this.#aboveSoon()
    this.refreshSoon()
  }

  /** Tells whether the newest message is in view, so that it may count as read. */
  look(atBottom: boolean): void {
    this.reader.look(this.shown.value, atBottom)
  }

  older(): Promise<void> {
    return this.#page(async () => {
      const shown = this.shown.value
      const first = shown?.items[0]
      if (!shown?.more || !first) return
      this.#show(steps.withOlder(shown, await this.#get({ limit: steps.PAGE, before: first.id })))
    })
  }

  newer(): Promise<void> {
    return this.#page(async () => {
      const shown = this.shown.value
      const last = shown?.items.at(-1)
      if (!shown || shown.live || !last) return
      const page = await this.#get({ limit: steps.PAGE, after: last.id })
      this.#show(steps.withNewer(shown, page, steps.PAGE))
    })
  }

  newest(): Promise<void> {
    return this.#guarded(async () => {
      if (this.shown.value?.live === false) await this.#showNewest(steps.PAGE)
      this.reader.below.value = 0
    })
  }

  /** Brings a message into view, with what stands around it. */
  seek(id: string): Promise<void> {
    return this.#guarded(async () => {
      if (!this.shown.value?.items.some((message) => message.id === id)) {
        const newer = await this.#get({ limit: steps.PAGE, after: id })
        const older = await this.#get({ limit: steps.PAGE, before: newer.messages[0]?.id })
        this.#show(steps.middleTimeline(older, newer, steps.PAGE))
      }
      this.sought.value = id
    })
  }

  #refresh(): Promise<void> {
    return this.#guarded(async () => {
      const shown = this.shown.value
      // What could not be opened before is opened now.
      if (!shown) return this.#openedWith === null ? undefined : this.#begin(this.#openedWith)
      const arrived = new Map(this.#arrived)
      const whole = this.#whole
      this.#arrived.clear()
      this.#whole = false
      const next =
        (whole ? null : await this.#tail(shown, arrived)) ?? (await this.#all(shown, arrived))
      this.#notice(shown, next, arrived)
      this.#show(next)
      this.reader.read(next)
    })
  }

  /** The cheap way: one short page, when it accounts for everything that arrived. */
  async #tail(
    shown: steps.Timeline,
    arrived: ReadonlyMap<string, boolean>,
  ): Promise<steps.Timeline | null> {
    if (!shown.live) return null
    const page = await this.#get({ limit: steps.PAGE })
    return steps.withTail(shown, page, arrived.keys(), this.reader.keep)
  }

  async #all(
    shown: steps.Timeline,
    arrived: ReadonlyMap<string, boolean>,
  ): Promise<steps.Timeline> {
    const limit = Math.min(LONGEST_PAGE, shown.items.length + arrived.size + steps.PAGE)
    const last = shown.items.at(-1)
    const beyond = shown.live || !last ? undefined : await this.#following(last.id)
    const page = await this.#get({ limit, before: beyond })
    const live = beyond === undefined
    return steps.renewed({ ...shown, live }, page, this.reader.keep)
  }

  /** The message behind one that may be gone by now. */
  async #following(id: string): Promise<string | undefined> {
    try {
      return (await this.#get({ limit: 1, after: id })).messages[0]?.id
    } catch (error) {
      if (error instanceof ApiFailure && error.code === 'NOT_FOUND') return undefined
      throw error
    }
  }

  /** Tells the reader's place what others wrote since. */
  #notice(
    before: steps.Timeline,
    after: steps.Timeline,
    arrived: ReadonlyMap<string, boolean>,
  ): void {
    const inView = steps.idsOf(after.items)
    const fresh = steps.arrivals(before, after)
    const beyond = after.live ? [] : [...arrived].filter(([id, own]) => !own && !inView.has(id))
    this.reader.notice(after, fresh, beyond.length)
  }

  async #begin(unread: number): Promise<void> {
    const page = await this.#get({
      limit: Math.min(steps.MAX_ROWS, Math.max(steps.PAGE, unread + 20)),
    })
    batch(() => {
      this.reader.unreadFrom.value = steps.firstUnread(page.messages, unread)
      this.#show(steps.startTimeline(page))
    })
  }

  async #showNewest(limit: number): Promise<void> {
    this.#show(steps.startTimeline(await this.#get({ limit })))
  }

  #get(request: { limit: number; before?: string | undefined; after?: string | undefined }) {
    return this.#options.api.messages.page(this.#options.room, request)
  }

  #show(next: steps.Timeline): void {
    if (this.#openedWith === null || next === this.shown.value) return
    batch(() => {
      this.shown.value = next
      this.#options.onShown(steps.idsOf(next.items))
    })
  }

  /** One page at a time, however often scrolling asks for it. */
  async #page(task: () => Promise<void>): Promise<void> {
    if (this.#paging) return
    this.#paging = true
    await this.#guarded(task)
    this.#paging = false
  }

  /** A page that cannot be had is told in the room; what is shown stays. */
  #guarded(task: () => Promise<void>): Promise<void> {
    return this.#options.serial.run(async () => {
      try {
        await task()
        this.failure.value = null
      } catch (error) {
        this.failure.value = sentence(error)
      }
    })
  }
}
