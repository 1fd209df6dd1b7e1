/**
 * The stretch of a room that is on screen, as pure steps. Only the node knows the room's order, so
 * every step takes it from a page; a time claimed by an author never sorts anything.
 */
import type { MessagePage, MessageView } from '../api/views.ts'

/** Rows kept on screen; more would make an old laptop stutter. */
export const MAX_ROWS = 400
/** Messages fetched at a time. */
export const PAGE = 60

export interface Timeline {
  /** In the room's order, without a gap. */
  readonly items: readonly MessageView[]
  /** The newest is among them. */
  readonly live: boolean
  /** Older messages exist. */
  readonly more: boolean
}

/** Which end of a stretch that has grown too long is let go. */
export type Keep = 'older' | 'newer'

export function startTimeline(page: MessagePage): Timeline {
  return trim({ items: page.messages, live: true, more: page.more }, 'newer')
}

/** A stretch in the middle: the page before a place, and the `limit` messages asked for that follow it. */
export function middleTimeline(older: MessagePage, newer: MessagePage, limit: number): Timeline {
  const items = [...older.messages, ...newer.messages]
  return { items, live: newer.messages.length < limit, more: older.more }
}

/** Adds the page before the first row. */
export function withOlder(shown: Timeline, page: MessagePage): Timeline {
  const known = idsOf(shown.items)
  const older = page.messages.filter((message) => !known.has(message.id))
  return trim({ ...shown, items: [...older, ...shown.items], more: page.more }, 'older')
}

/** Adds the page of `limit` messages asked for that follow the last row. */
export function withNewer(shown: Timeline, page: MessagePage, limit: number): Timeline {
  const known = idsOf(shown.items)
  const newer = page.messages.filter((message) => !known.has(message.id))
  const live = page.messages.length < limit
  return trim({ ...shown, items: [...shown.items, ...newer], live }, 'newer')
}

/** Puts changed messages in the place of what is shown of them. */
export function withChanged(shown: Timeline, changed: readonly MessageView[]): Timeline {
  const byId = new Map(changed.map((message) => [message.id, message]))
  if (!shown.items.some(({ id }) => byId.has(id))) return shown
  return { ...shown, items: shown.items.map((message) => byId.get(message.id) ?? message) }
}

/**
 * Renews the lower end from a short page of the newest. Null when that page alone cannot say what
 * became of the rows, or where those that arrived belong: then the whole stretch has to be fetched
 * (`renewed`).
 */
export function withTail(
  shown: Timeline,
  page: MessagePage,
  arrived: Iterable<string>,
  keep: Keep,
): Timeline | null {
  if (!shown.live) return null
  if (!page.more) return renewed(shown, page, keep)
  const first = page.messages[0]
  const at = shown.items.findIndex((message) => message.id === first?.id)
  if (at < 0) return null
  const inPage = idsOf(page.messages)
  if (shown.items.slice(at).some((message) => !inPage.has(message.id))) return null
  const items = [...shown.items.slice(0, at), ...page.messages]
  const accounted = idsOf(items)
  for (const id of arrived) if (!accounted.has(id)) return null
  return trim({ ...shown, items }, keep)
}

/** Puts a page that ends where the stretch ends in its place, from the first row still known. */
export function renewed(shown: Timeline, page: MessagePage, keep: Keep): Timeline {
  const first = shown.items[0]
  const at = page.messages.findIndex((message) => message.id === first?.id)
  // At the room's beginning, whatever now comes before the first row belongs on screen as well.
  const from = at < 0 || !shown.more ? 0 : at
  const more = from > 0 || page.more
  return trim({ items: page.messages.slice(from), live: shown.live, more }, keep)
}

/** The messages of others that a step brought in. */
export function arrivals(before: Timeline, after: Timeline): MessageView[] {
  const known = idsOf(before.items)
  return after.items.filter((message) => !message.own && !known.has(message.id))
}

/** True when more may yet become known of how far an own message came. */
export function hasUnread(items: readonly MessageView[], others: number): boolean {
  return items.some(
    ({ own, delivery }) => own && (delivery.state !== 'read' || delivery.devices < others),
  )
}

/** The first of the newest `unread` messages of others: where a reader left off. */
export function firstUnread(items: readonly MessageView[], unread: number): string | null {
  const others = items.filter((message) => !message.own)
  return unread > 0 ? (others[Math.max(0, others.length - unread)]?.id ?? null) : null
}

export function idsOf(messages: readonly MessageView[]): ReadonlySet<string> {
  return new Set(messages.map((message) => message.id))
}

function trim(timeline: Timeline, keep: Keep): Timeline {
  const { items } = timeline
  if (items.length <= MAX_ROWS) return timeline
  if (keep === 'newer') return { ...timeline, items: items.slice(-MAX_ROWS), more: true }
  return { ...timeline, items: items.slice(0, MAX_ROWS), live: false }
}
