/**
 * The stretch of a room that is on screen, as pure steps. Only the node knows the room's order, so
 * every step takes it from a page; a time claimed by an author never sorts anything.
 */
import type { MessagePage, MessageView } from '../../../node-app/api/schemas.ts'

/** Rows kept on screen; more would make an old laptop stutter. */
export const MAX_ROWS = 400
/** Messages fetched at a time. */
export const PAGE = 60

export interface Timeline {
  /** In the room's order, without a gap. */
  readonly items: readonly MessageView[]
  /** Ids of what was taken off the lower end, nearest first; empty when the newest is shown. */
  readonly newer: readonly string[]
  /** Older messages exist. */
  readonly more: boolean
}

/** Which end of a stretch that has grown too long is let go. */
export type Keep = 'older' | 'newer'

export function startTimeline(page: MessagePage): Timeline {
  return trim({ items: page.messages, newer: [], more: page.more }, 'newer')
}

/** Adds the page before the first row. */
export function withOlder(shown: Timeline, page: MessagePage): Timeline {
  const known = idsOf(shown.items)
  const older = page.messages.filter((message) => !known.has(message.id))
  return trim({ ...shown, items: [...older, ...shown.items], more: page.more }, 'older')
}

/**
 * Adds what follows the last row, from pages that reach back to it; `newer` is what stays beyond
 * them. Null when they do not reach back: then a gap would be hidden.
 */
export function withNewer(
  shown: Timeline,
  following: readonly MessageView[],
  newer: readonly string[],
): Timeline | null {
  const last = shown.items.at(-1)
  const at = following.findIndex((message) => message.id === last?.id)
  if (at < 0) return null
  const items = [...shown.items, ...following.slice(at + 1)]
  return trim({ ...shown, items, newer }, 'newer')
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
  if (shown.newer.length > 0) return null
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
  return trim({ items: page.messages.slice(from), newer: shown.newer, more }, keep)
}

/** The messages of others that a step brought in. */
export function arrivals(before: Timeline, after: Timeline): MessageView[] {
  const known = idsOf(before.items)
  return after.items.filter((message) => !message.own && !known.has(message.id))
}

/** True when an own message is not known to have reached a member's device. */
export function hasUndelivered(items: readonly MessageView[]): boolean {
  return items.some(
    ({ own, delivery }) => own && (delivery.state === 'saved' || delivery.state === 'carried'),
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
  const { items, newer } = timeline
  if (items.length <= MAX_ROWS) return timeline
  if (keep === 'newer') return { ...timeline, items: items.slice(-MAX_ROWS), more: true }
  const beyond = items.slice(MAX_ROWS).map((message) => message.id)
  return { ...timeline, items: items.slice(0, MAX_ROWS), newer: [...beyond, ...newer] }
}
