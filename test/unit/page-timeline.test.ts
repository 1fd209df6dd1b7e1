import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { MessageView } from '../../node-app/api/schemas.ts'
import { hitsByRoom } from '../../web-ui/src/state/search-groups.ts'
import { restored, settled, type Unsent } from '../../web-ui/src/state/outbox.ts'
import { timelineRows } from '../../web-ui/src/state/timeline-rows.ts'
import * as steps from '../../web-ui/src/state/timeline.ts'

function message(id: string, change: Partial<MessageView> = {}): MessageView {
  return {
    id,
    author: 'ben',
    authorName: 'Ben',
    own: false,
    text: id,
    kind: 'text',
    sentAt: 0,
    delivery: { state: 'saved', devices: 0 },
    ...change,
  }
}

/** A room as the node keeps it: pages of its order. */
function pageOf(order: readonly string[], limit: number, before?: string) {
  const end = before === undefined ? order.length : order.indexOf(before)
  const from = Math.max(0, end - limit)
  return { messages: order.slice(from, end).map((id) => message(id)), more: from > 0 }
}

function pageAfter(order: readonly string[], limit: number, after: string) {
  const from = order.indexOf(after) + 1
  return { messages: order.slice(from, from + limit).map((id) => message(id)), more: true }
}

function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, at) => `m${from + at}`)
}

function shownIds(timeline: steps.Timeline | null): string[] {
  return (timeline?.items ?? []).map(({ id }) => id)
}

describe('the stretch of a room on screen', () => {
  test('grows at the newest end from one short page', () => {
    const shown = steps.startTimeline(pageOf(numbered(100), 60))
    const next = steps.withTail(shown, pageOf(numbered(103), 60), [], 'newer')
    expect(shownIds(next)).toEqual(numbered(63, 40))
  })

  test('takes a message that sorts between others from the page, never from its time', () => {
    const order = numbered(80)
    const shown = steps.startTimeline(pageOf(order, 60))
    const merged = [...order.slice(0, 75), 'late', ...order.slice(75)]
    expect(shownIds(steps.withTail(shown, pageOf(merged, 60), [], 'newer'))).toEqual(
      merged.slice(20),
    )
  })

  test('does not guess when a short page does not reach back to what is shown', () => {
    const shown = steps.startTimeline(pageOf(numbered(100), 60))
    expect(steps.withTail(shown, pageOf(numbered(300), 60), [], 'newer')).toBeNull()
  })

  test('does not guess when rows it shows are no longer where they were', () => {
    const order = numbered(100)
    const shown = steps.startTimeline(pageOf(order, 60))
    const moved = [...order.slice(0, 98), 'm99', 'm98'].filter((id) => id !== 'm70')
    expect(steps.withTail(shown, pageOf(moved, 40), [], 'newer')).toBeNull()
  })

  test('shows what now comes before the beginning of a short room', () => {
    const shown = steps.startTimeline(pageOf(['b', 'c'], 60))
    const next = steps.withTail(shown, pageOf(['a', 'b', 'c'], 60), [], 'newer')
    expect(shownIds(next)).toEqual(['a', 'b', 'c'])
  })

  test('keeps no more rows than the cap, and finds its way down again without a gap', () => {
    const order = numbered(2_000)
    let shown = steps.startTimeline(pageOf(order, steps.PAGE))
    for (let page = 0; page < 20; page += 1) {
      shown = steps.withOlder(shown, pageOf(order, steps.PAGE, shown.items[0]?.id))
    }
    expect(shown.items).toHaveLength(steps.MAX_ROWS)
    expect(shown.live).toBe(false)
    while (!shown.live) {
      const page = pageAfter(order, steps.PAGE, shown.items.at(-1)?.id ?? '')
      shown = steps.withNewer(shown, page, steps.PAGE)
      expect(shown.items.length).toBeLessThanOrEqual(steps.MAX_ROWS)
    }
    expect(shownIds(shown)).toEqual(order.slice(-steps.MAX_ROWS))
  })

  test('can begin in the middle, around a message, and knows whether it reaches the end', () => {
    const order = numbered(200)
    const middle = steps.middleTimeline(pageOf(order, 60, 'm101'), pageAfter(order, 60, 'm100'), 60)
    expect(shownIds(middle)).toEqual(numbered(120, 41))
    expect(middle.live).toBe(false)
    const end = steps.middleTimeline(pageOf(order, 60, 'm191'), pageAfter(order, 60, 'm190'), 60)
    expect(shownIds(end)).toEqual(numbered(69, 131))
    expect(end.live).toBe(true)
  })

  test('takes a changed message in its place, and is the very same when none is shown', () => {
    const shown = steps.startTimeline(pageOf(numbered(3), 60))
    const next = steps.withChanged(shown, [message('m1', { text: 'better' }), message('x')])
    expect(next.items.map(({ text }) => text)).toEqual(['m0', 'better', 'm2'])
    expect(steps.withChanged(shown, [message('x')])).toBe(shown)
  })

  test('is a gapless, single copy of the order after any merge that it accepts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(400), { maxLength: 80 }),
        fc.integer({ min: 1, max: 120 }),
        fc.constantFrom('older', 'newer'),
        (places, length, keep) => {
          const before = numbered(length)
          const after = [...before]
          places.forEach((place, at) => after.splice(place % (after.length + 1), 0, `new${at}`))
          const shown = steps.startTimeline(pageOf(before, steps.PAGE))
          const next =
            steps.withTail(
              shown,
              pageOf(after, steps.PAGE),
              after.filter((id) => id.startsWith('new')),
              keep,
            ) ?? steps.renewed(shown, pageOf(after, 500), keep)
          const ids = shownIds(next)
          const start = after.indexOf(ids[0] ?? '')
          expect(ids).toEqual(after.slice(start, start + ids.length))
          expect(next.live).toBe(start + ids.length === after.length)
        },
      ),
    )
  })
})

describe('what is new', () => {
  test('is told of others alone', () => {
    const before = steps.startTimeline({ messages: [message('a')], more: false })
    const messages = [message('a'), message('b'), message('mine', { own: true })]
    const after = steps.startTimeline({ messages, more: false })
    expect(steps.arrivals(before, after).map(({ id }) => id)).toEqual(['b'])
  })

  test('begins where the reader left off, own messages not counted', () => {
    const items = [message('a'), message('b'), message('mine', { own: true }), message('c')]
    expect(steps.firstUnread(items, 2)).toBe('b')
    expect(steps.firstUnread(items, 0)).toBeNull()
    expect(steps.firstUnread(items, 99)).toBe('a')
  })
})

describe('rows', () => {
  const day = (time: number): number => Math.floor(time / 86_400_000)

  test('part days, turns and the unread mark', () => {
    const items = [
      message('a', { sentAt: 0 }),
      message('b', { sentAt: 60_000 }),
      message('c', { sentAt: 120_000 }),
      message('d', { sentAt: 180_000, author: 'cleo' }),
      message('e', { sentAt: 86_400_000, author: 'cleo' }),
    ]
    const rows = timelineRows(items, 'c', day).map((row) =>
      row.kind === 'message'
        ? `${row.first ? '[' : ''}${row.message.id}${row.last ? ']' : ''}`
        : row.kind,
    )
    expect(rows).toEqual(['day', '[a', 'b]', 'unread', '[c]', '[d]', 'day', '[e]'])
  })

  test('tell the delivery of an own message when the next one got less far', () => {
    const items = [
      message('a', { own: true, delivery: { state: 'delivered', devices: 2 } }),
      message('b', { own: true, delivery: { state: 'saved', devices: 0 } }),
      message('c', { own: true, delivery: { state: 'saved', devices: 0 } }),
    ]
    const telling = timelineRows(items, null, day).flatMap((row) =>
      row.kind === 'message' && row.telling ? [row.message.id] : [],
    )
    expect(telling).toEqual(['a', 'c'])
  })
})

test('an own message is asked about again until everybody has read it', () => {
  const own = (delivery: MessageView['delivery']) => [message('a', { own: true, delivery })]
  expect(steps.hasUnread(own({ state: 'delivered', devices: 4 }), 2)).toBe(true)
  expect(steps.hasUnread(own({ state: 'read', devices: 1 }), 2)).toBe(true)
  expect(steps.hasUnread(own({ state: 'read', devices: 2 }), 2)).toBe(false)
  expect(steps.hasUnread([message('b')], 2)).toBe(false)
})

test('what was found is grouped by room, rooms by their newest hit', () => {
  const hit = (roomId: string, id: string) => ({ roomId, message: message(id), marks: [] })
  const groups = hitsByRoom([hit('r', 'c'), hit('s', 'b'), hit('r', 'a')])
  expect(groups.map(([room, hits]) => [room, hits.map((h) => h.message.id)])).toEqual([
    ['r', ['c', 'a']],
    ['s', ['b']],
  ])
})

describe('what was not confirmed', () => {
  const unsent: Unsent = { key: 'k', request: { text: 'hello' }, writtenAt: 0, state: 'saving' }

  test('goes once the timeline shows it, and not before', () => {
    const saved: Unsent = { ...unsent, state: 'saved', id: 'm1' }
    expect(settled([saved], new Set(['m0']))).toEqual([saved])
    expect(settled([saved], new Set(['m1']))).toEqual([])
  })

  test('is of unknown fate after a reload, unless it was refused', () => {
    const refused: Unsent = { ...unsent, key: 'r', state: 'refused' }
    const saved: Unsent = { ...unsent, key: 's', state: 'saved', id: 'm1' }
    expect(restored([unsent, refused, saved])).toEqual([{ ...unsent, state: 'unknown' }, refused])
  })
})
