import { batch, signal } from '@preact/signals'
import type { MemberView, MessageView, StreamEvents } from '../../../node-app/api/schemas.ts'
import { sentence } from '../api/api-failure.ts'
import type { ApiClient } from '../api/client.ts'
import { coalesced } from './coalesced.ts'
import { OutboxStore } from './outbox-store.ts'
import { Serial } from './serial.ts'
import * as steps from './timeline.ts'

/** The API's own limit of a page. */
const LONGEST_PAGE = 500
/** Pages fetched to find the way back to the newest before jumping there instead. */
const REACH = 4

/** One room on screen: its stretch of the timeline, what is being sent, where the reader is. */
export class RoomStore {
  readonly id: string
  readonly timeline = signal<steps.Timeline | null>(null)
  readonly members = signal<readonly MemberView[]>([])
  readonly outbox: OutboxStore
  readonly failure = signal<string | null>(null)
  /** The first message that was not seen when the room was opened or left unattended. */
  readonly unreadFrom = signal<string | null>(null)
  /** Messages of others that arrived below what is in view. */
  readonly below = signal(0)
  /** The latest arrivals, for screen readers. */
  readonly spoken = signal('')
  readonly replyTo = signal<MessageView | null>(null)

  readonly #api: ApiClient
  // Pages, refreshes and sends of a room never overlap: no answer is laid over a newer one.
  readonly #serial = new Serial()
  readonly #arrived = new Map<string, boolean>()
  #whole = false
  /** How many messages were unread when the room was opened; null while it is not on screen. */
  #openedWith: number | null = null
  #paging = false
  #atBottom = false
  /** Everything was seen, so that the next unseen message moves the mark. */
  #caughtUp = false
  #readUpTo: string | null = null

  readonly refreshSoon = coalesced(60, () => this.#refresh())
  /** Renews who is in the room and who of them is here. */
  readonly membersSoon = coalesced(200, () => this.#loadMembers())

  constructor(api: ApiClient, id: string) {
    this.#api = api
    this.id = id
    this.outbox = new OutboxStore({ api, room: id, serial: this.#serial, onSent: this.refreshSoon })
  }

  /** Shows the newest messages, with a mark where the `unread` ones begin. */
  open(unread: number): Promise<void> {
    this.#openedWith = unread
    this.membersSoon()
    return this.#guarded(() => this.#begin(unread))
  }

  /** Lets the timeline go; drafts and unsent messages stay. */
  close(): void {
    this.#openedWith = null
    this.#atBottom = false
    this.#readUpTo = null
    batch(() => {
      this.timeline.value = null
      this.unreadFrom.value = null
      this.below.value = 0
      this.spoken.value = ''
    })
  }

  onTimeline(change: StreamEvents['timeline']): void {
    for (const message of change.messages) this.#arrived.set(message.id, message.own)
    if (change.overflow) this.#whole = true
    this.refreshSoon()
  }

  /** Fetches all that is shown anew: events were lost, or somebody has a new name. */
  renew(): void {
    this.#whole = true
    this.refreshSoon()
    this.membersSoon()
  }

  onDelivery(): void {
    if (steps.hasUndelivered(this.timeline.value?.items.slice(0, -steps.PAGE) ?? []))
      this.#whole = true
    this.refreshSoon()
  }

  /** Tells whether the newest message is in view, so that it may count as read. */
  look(atBottom: boolean): void {
    this.#atBottom = atBottom
    if (!this.#attended()) return
    this.#caughtUp = true
    this.below.value = 0
    this.#markRead()
  }

  older(): Promise<void> {
    return this.#page(async () => {
      const shown = this.timeline.value
      const first = shown?.items[0]
      if (!shown?.more || !first) return
      const page = await this.#api.messages(this.id, steps.PAGE, first.id)
      this.#show(steps.withOlder(shown, page))
    })
  }

  newer(): Promise<void> {
    return this.#page(async () => {
      const shown = this.timeline.value
      if (!shown || shown.newer.length === 0) return
      let before = shown.newer[steps.PAGE]
      let following: readonly MessageView[] = []
      for (let tries = 0; tries < REACH; tries += 1) {
        const page = await this.#api.messages(this.id, steps.PAGE + 20, before)
        following = [...page.messages, ...following]
        const next = steps.withNewer(shown, following, shown.newer.slice(steps.PAGE))
        if (next) return this.#show(next)
        before = page.messages[0]?.id
        if (before === undefined || !page.more) break
      }
      await this.#showNewest(steps.PAGE)
    })
  }

  newest(): Promise<void> {
    return this.#guarded(async () => {
      if (this.timeline.value?.newer.length !== 0) await this.#showNewest(steps.PAGE)
      this.below.value = 0
    })
  }

  send(text: string): void {
    const replyTo = this.replyTo.value?.id
    batch(() => {
      this.replyTo.value = null
      this.unreadFrom.value = null
      this.outbox.send(text, replyTo)
    })
    if (this.timeline.value && this.timeline.value.newer.length > 0) void this.newest()
  }

  #refresh(): Promise<void> {
    return this.#guarded(async () => {
      const shown = this.timeline.value
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
      this.#markRead()
    })
  }

  /** The cheap way: one short page, when it accounts for everything that arrived. */
  async #tail(
    shown: steps.Timeline,
    arrived: ReadonlyMap<string, boolean>,
  ): Promise<steps.Timeline | null> {
    if (shown.newer.length > 0) return null
    const page = await this.#api.messages(this.id, steps.PAGE)
    return steps.withTail(shown, page, arrived.keys(), this.#atBottom ? 'newer' : 'older')
  }

  async #all(
    shown: steps.Timeline,
    arrived: ReadonlyMap<string, boolean>,
  ): Promise<steps.Timeline> {
    const limit = Math.min(LONGEST_PAGE, shown.items.length + arrived.size + steps.PAGE)
    const page = await this.#api.messages(this.id, limit, shown.newer[0])
    return steps.renewed(shown, page, this.#atBottom ? 'newer' : 'older')
  }

  /** Counts, marks and speaks what others wrote since. */
  #notice(
    before: steps.Timeline,
    after: steps.Timeline,
    arrived: ReadonlyMap<string, boolean>,
  ): void {
    const inView = steps.idsOf(after.items)
    const fresh = steps.arrivals(before, after)
    const beyond = [...arrived].filter(
      ([id, own]) => !own && !inView.has(id) && after.newer.length > 0,
    )
    if (fresh.length + beyond.length === 0) return
    batch(() => {
      if (!this.#attended()) {
        this.below.value += fresh.length + beyond.length
        if (this.#caughtUp || this.unreadFrom.value === null)
          this.unreadFrom.value = fresh[0]?.id ?? null
        this.#caughtUp = false
      }
      const words = fresh
        .slice(-3)
        .map((message) => `${message.authorName}: ${message.text.slice(0, 300)}`)
        .join('\n')
      // The same words again are news only when something of them changes.
      this.spoken.value = words === this.spoken.value ? `${words}\u00a0` : words
    })
  }

  async #begin(unread: number): Promise<void> {
    const limit = Math.min(steps.MAX_ROWS, Math.max(steps.PAGE, unread + 20))
    const page = await this.#api.messages(this.id, limit)
    batch(() => {
      this.unreadFrom.value = steps.firstUnread(page.messages, unread)
      this.#show(steps.startTimeline(page))
    })
  }

  async #showNewest(limit: number): Promise<void> {
    this.#show(steps.startTimeline(await this.#api.messages(this.id, limit)))
  }

  #show(next: steps.Timeline): void {
    if (this.#openedWith === null) return
    batch(() => {
      this.timeline.value = next
      this.outbox.settle(steps.idsOf(next.items))
    })
  }

  #attended(): boolean {
    const newest = this.timeline.value?.newer.length === 0
    return newest && this.#atBottom && document.visibilityState === 'visible' && document.hasFocus()
  }

  #markRead(): void {
    const last = this.timeline.value?.items.at(-1)?.id
    if (last === undefined || last === this.#readUpTo || !this.#attended()) return
    this.#readUpTo = last
    this.#api.markRead(this.id, last).catch(() => {
      this.#readUpTo = null
    })
  }

  async #loadMembers(): Promise<void> {
    const before = this.members.value
    const members = await this.#api.members(this.id)
    this.members.value = members
    const names = new Map(before.map(({ id, name }) => [id, name]))
    // Messages carry their author's name: a new one shows on those of long ago too.
    if (members.some(({ id, name }) => names.has(id) && names.get(id) !== name)) this.renew()
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
    return this.#serial.run(async () => {
      try {
        await task()
        this.failure.value = null
      } catch (error) {
        this.failure.value = sentence(error)
      }
    })
  }
}
