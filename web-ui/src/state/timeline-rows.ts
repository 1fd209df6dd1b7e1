import type { MessageView } from '../api/views.ts'

/** Messages of one author closer than this read as one turn. */
const TURN_MS = 5 * 60_000

export type Row =
  | { readonly kind: 'day'; readonly key: string; readonly day: number }
  | { readonly kind: 'unread'; readonly key: string }
  | {
      readonly kind: 'message'
      readonly key: string
      readonly message: MessageView
      /** Begins and ends its author's turn. */
      readonly first: boolean
      readonly last: boolean
      /** Its delivery is told in words: the next message's is another, or it is the turn's last. */
      readonly telling: boolean
    }

/** Days, turns and the “new” mark, in the order given; `dayOf` is local midnight of a time. */
export function timelineRows(
  items: readonly MessageView[],
  unreadFrom: string | null,
  dayOf: (time: number) => number,
): Row[] {
  const rows: Row[] = []
  items.forEach((message, at) => {
    const before = items[at - 1]
    const after = items[at + 1]
    const day = dayOf(message.sentAt)
    const newDay = !before || dayOf(before.sentAt) !== day
    if (newDay) rows.push({ kind: 'day', key: `day ${message.id}`, day })
    if (message.id === unreadFrom) rows.push({ kind: 'unread', key: 'unread' })
    const joinsNext =
      after !== undefined &&
      after.id !== unreadFrom &&
      dayOf(after.sentAt) === day &&
      sameTurn(message, after)
    const first = newDay || message.id === unreadFrom || !sameTurn(before, message)
    const telling = !joinsNext || !sameDelivery(message, after)
    rows.push({ kind: 'message', key: message.id, message, first, last: !joinsNext, telling })
  })
  return rows
}

function sameTurn(a: MessageView, b: MessageView): boolean {
  return (
    a.author === b.author &&
    a.authorName === b.authorName &&
    Math.abs(b.sentAt - a.sentAt) < TURN_MS
  )
}

function sameDelivery(a: MessageView, b: MessageView): boolean {
  return a.delivery.state === b.delivery.state && a.delivery.devices === b.delivery.devices
}
