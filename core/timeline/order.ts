/**
 * The order of a room: Lamport time, then log key. Within a log the times strictly increase, so the order is
 * a k-way merge of the logs, and no list of all messages is ever sorted or kept (Lamport 1978, "Time, clocks").
 */
import { HIDDEN } from './log-index.ts'
import type { LogIndex } from './log-index.ts'

/** A record's place: its log and sequence. */
export interface Position {
  readonly log: LogIndex
  readonly seq: number
}

/** Negative when `a` comes before `b`. */
export function compare(a: Position, b: Position): number {
  return (
    a.log.lamport(a.seq) - b.log.lamport(b.seq) ||
    (a.log === b.log ? 0 : Buffer.compare(a.log.key, b.log.key))
  )
}

/** How many records of `log` come before `position`. */
function countBefore(log: LogIndex, position: Position): number {
  if (log === position.log) return position.seq
  const lamport = position.log.lamport(position.seq)
  const seq = log.lowerBound(lamport)
  const tied = seq < log.length && log.lamport(seq) === lamport
  return tied && Buffer.compare(log.key, position.log.key) < 0 ? seq + 1 : seq
}

/** How many records of `log` someone has read who has read everything up to and including `position`. */
export function readUpTo(log: LogIndex, position: Position): number {
  return Math.min(log.length, countBefore(log, position) + (log === position.log ? 1 : 0))
}

/**
 * The last `limit` visible records before `position` (of all, when null), in order; and whether there are
 * more before them. Costs O(logs · log n + limit · log logs).
 */
export function pageBefore(
  logs: Iterable<LogIndex>,
  position: Position | null,
  limit: number,
): { positions: Position[]; more: boolean } {
  const heap = new PositionHeap(compare)
  for (const log of logs) {
    const end = position ? countBefore(log, position) : log.length
    heap.add(lastVisible(log, end))
  }
  const positions: Position[] = []
  while (positions.length < limit) {
    const last = heap.take()
    if (!last) break
    positions.push(last)
    heap.add(lastVisible(last.log, last.seq))
  }
  return { positions: positions.reverse(), more: heap.take() !== null }
}

/** The first `limit` visible records after `position`, in order. Costs as much as `pageBefore`. */
export function pageAfter(logs: Iterable<LogIndex>, position: Position, limit: number): Position[] {
  const heap = new PositionHeap((a, b) => compare(b, a))
  for (const log of logs) heap.add(firstVisible(log, readUpTo(log, position)))
  const positions: Position[] = []
  while (positions.length < limit) {
    const first = heap.take()
    if (!first) break
    positions.push(first)
    heap.add(firstVisible(first.log, first.seq + 1))
  }
  return positions
}

/** How many visible records of others come after `position` (all, when null). */
export function unreadAfter(logs: Iterable<LogIndex>, position: Position | null): number {
  let unread = 0
  for (const log of logs) {
    if (log.own) continue
    let from = 0
    if (position) from = log === position.log ? position.seq + 1 : countBefore(log, position)
    unread += log.shown - log.shownBefore(Math.min(from, log.length))
  }
  return unread
}

/** The last visible record of `log` before `end`. */
function lastVisible(log: LogIndex, end: number): Position | null {
  for (let seq = end - 1; seq >= 0; seq--) {
    if (log.kind(seq) !== HIDDEN) return { log, seq }
  }
  return null
}

/** The first visible record of `log` from `start` on. */
function firstVisible(log: LogIndex, start: number): Position | null {
  for (let seq = start; seq < log.length; seq++) {
    if (log.kind(seq) !== HIDDEN) return { log, seq }
  }
  return null
}

/** A binary heap with the position on top that comes last by `order`. */
class PositionHeap {
  readonly #order: (a: Position, b: Position) => number
  readonly #items: Position[] = []

  constructor(order: (a: Position, b: Position) => number) {
    this.#order = order
  }

  add(position: Position | null): void {
    if (!position) return
    const items = this.#items
    let at = items.push(position) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#order(items[parent]!, items[at]!) >= 0) break
      this.#swap(parent, at)
      at = parent
    }
  }

  take(): Position | null {
    const items = this.#items
    const top = items[0]
    if (!top) return null
    const last = items.pop()!
    if (items.length > 0) {
      items[0] = last
      this.#sink()
    }
    return top
  }

  #sink(): void {
    const items = this.#items
    let at = 0
    for (;;) {
      let largest = at
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < items.length && this.#order(items[child]!, items[largest]!) > 0) {
          largest = child
        }
      }
      if (largest === at) return
      this.#swap(largest, at)
      at = largest
    }
  }

  #swap(a: number, b: number): void {
    const items = this.#items
    const held = items[a]!
    items[a] = items[b]!
    items[b] = held
  }
}
