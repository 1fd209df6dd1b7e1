/**
 * Gives records their Lamport times from the heads that they declare. A record is placed after everything its
 * author had seen; a claimed number counts for nothing. What waits for a record that can not be had now is
 * placed provisionally (`force`) and placed anew when the gap fills, so the same logs give the same order
 * whatever the order of arrival.
 */
import { LogIndex } from './log-index.ts'
import type { Position } from './order.ts'

/** A record as the placer needs it: what it shows, and the heads of other logs its author had seen. */
export interface Unplaced {
  readonly kind: number
  readonly heads: readonly { readonly log: Buffer; readonly length: number }[]
}

/** How many gaps are remembered; a flood of invented ones must not cost memory. */
const MAX_LACKING = 4096

interface Queue {
  readonly index: LogIndex
  records: Unplaced[]
}

/** Gives each record its place: after those that its author had seen, and again when a gap before it fills. */
export class Placer {
  readonly #available: (hex: string) => number
  readonly logs = new Map<string, LogIndex>()
  readonly #queues = new Map<string, Queue>()
  /** Logs whose next record waits for the log named by the key. */
  readonly #waiting = new Map<string, Set<Queue>>()
  /** What provisional records lack: log → length. */
  readonly #lacking = new Map<string, number>()
  /** True while a look at what is lacking may find it. */
  #moved = false

  /** `available` says how many records of a log can be read, handed over already or not. */
  constructor(available?: (hex: string) => number) {
    this.#available = available ?? ((hex) => this.next(hex))
  }

  /** Adds a log (idempotent); records that waited for it go on with the next `place`. */
  add(key: Buffer, own: boolean): LogIndex {
    const hex = key.toString('hex')
    let index = this.logs.get(hex)
    if (!index) {
      index = new LogIndex(key, own)
      this.logs.set(hex, index)
      this.#moved = true
      this.#queues.set(hex, { index, records: [] })
    }
    return index
  }

  /** The sequence of the next record to hand over with `offer`. */
  next(hex: string): number {
    const queue = this.#queues.get(hex)!
    return queue.index.length + queue.records.length
  }

  /** How many records of a log wait for others. */
  waiting(hex: string): number {
    return this.#queues.get(hex)?.records.length ?? 0
  }

  /** True when some record waits for one that was not placed yet. */
  get blocked(): boolean {
    for (const queue of this.#queues.values()) if (queue.records.length > 0) return true
    return false
  }

  /** Hands over the next records of a log and places all that are ready; returns what was placed. */
  offer(hex: string, records: readonly Unplaced[]): Position[] {
    const queue = this.#queues.get(hex)!
    queue.records.push(...records)
    return this.#run([queue])
  }

  /** True when a provisional record's gap can be filled now: call `unsettle`, then offer the logs anew. */
  get stale(): boolean {
    if (!this.#moved) return false
    for (const [hex, length] of this.#lacking) {
      if ((this.logs.get(hex)?.length ?? 0) >= length) return true
    }
    this.#moved = false
    return false
  }

  /** Takes back every provisional placement. */
  unsettle(): void {
    this.#lacking.clear()
    this.#waiting.clear()
    for (const queue of this.#queues.values()) {
      queue.index.unsettle()
      queue.records = []
    }
  }

  /** Takes back every placement. */
  restart(): void {
    for (const { index } of this.#queues.values()) index.final = 0
    this.unsettle()
  }

  /**
   * Places what is blocked although something before it is missing: the smallest time first, then by key. A
   * record that waits for one that is here and blocked itself comes after it, unless all wait for each other.
   * Returns as soon as there is more to hand over: what follows may wait for nothing.
   */
  force(): Position[] {
    const placed: Position[] = []
    for (;;) {
      const blocked = [...this.#queues.values()].filter((queue) => queue.records.length > 0)
      const rooted = blocked.filter(
        (queue) => this.#absent(queue).length === this.#missing(queue).length,
      )
      const first = this.#earliest(rooted.length > 0 ? rooted : blocked)
      if (!first) return placed
      for (const head of this.#absent(first)) {
        const hex = head.log.toString('hex')
        if (this.#lacking.size >= MAX_LACKING && !this.#lacking.has(hex)) continue
        this.#lacking.set(hex, Math.min(this.#lacking.get(hex) ?? Infinity, head.length))
      }
      for (const head of this.#missing(first)) this.#unwait(head.log.toString('hex'), first)
      placed.push(this.#placeNext(first, false))
      placed.push(...this.#run([first, ...this.#wake(first)]))
      const unread = [...this.#queues.keys()].some((hex) => this.next(hex) < this.#available(hex))
      if (unread) return placed
    }
  }

  /** The queue whose next record would have the smallest time, then key. */
  #earliest(queues: readonly Queue[]): Queue | null {
    let first: Queue | null = null
    let time = Infinity
    for (const queue of queues) {
      const lamport = this.#lamport(queue)
      const earlier =
        lamport < time ||
        (lamport === time && Buffer.compare(queue.index.key, first!.index.key) < 0)
      if (earlier) [first, time] = [queue, lamport]
    }
    return first
  }

  /** The missing heads of the next record that no record here, blocked or not, can bring. */
  #absent(queue: Queue): { log: Buffer; length: number }[] {
    return this.#missing(queue).filter((head) => {
      const hex = head.log.toString('hex')
      return !this.#queues.has(hex) || this.#available(hex) < head.length
    })
  }

  #run(work: Queue[]): Position[] {
    const placed: Position[] = []
    for (let queue = work.pop(); queue; queue = work.pop()) {
      const before = queue.index.length
      while (queue.records.length > 0) {
        const missing = this.#missing(queue)[0]
        if (missing) {
          this.#wait(missing.log.toString('hex'), queue)
          break
        }
        placed.push(this.#placeNext(queue, this.#isFinal(queue)))
      }
      // Without progress there is nothing to wake for; two that wait for each other would never end.
      if (queue.index.length === before) continue
      work.push(...this.#wake(queue))
    }
    return placed
  }

  /** Who waited for this log, and does no more. */
  #wake(queue: Queue): Iterable<Queue> {
    const waiting = this.#waiting.get(queue.index.hex) ?? []
    this.#waiting.delete(queue.index.hex)
    return waiting
  }

  #wait(hex: string, queue: Queue): void {
    const waiting = this.#waiting.get(hex) ?? new Set()
    this.#waiting.set(hex, waiting.add(queue))
  }

  /** It waits no more: a flood of invented logs must not be remembered. */
  #unwait(hex: string, queue: Queue): void {
    const waiting = this.#waiting.get(hex)
    if (waiting?.delete(queue) && waiting.size === 0) this.#waiting.delete(hex)
  }

  /** The heads of the next record that were not placed yet; a head on the record's own log is no head. */
  #missing(queue: Queue): { log: Buffer; length: number }[] {
    return queue.records[0]!.heads.filter(
      (head) =>
        !head.log.equals(queue.index.key) &&
        (this.logs.get(head.log.toString('hex'))?.length ?? 0) < head.length,
    )
  }

  /** A record is placed for good when all that it builds on is. */
  #isFinal(queue: Queue): boolean {
    if (!queue.index.settled) return false
    return queue.records[0]!.heads.every((head) => {
      const log = this.logs.get(head.log.toString('hex'))
      return log === queue.index || (log !== undefined && log.final >= head.length)
    })
  }

  #lamport(queue: Queue): number {
    let time = queue.index.lamport(queue.index.length - 1)
    for (const head of queue.records[0]!.heads) {
      const log = this.logs.get(head.log.toString('hex'))
      // A part of what a head names counts for nothing, or the time would depend on when it was looked at.
      if (!log || log === queue.index || log.length < head.length) continue
      time = Math.max(time, log.lamport(head.length - 1))
    }
    return time + 1
  }

  #placeNext(queue: Queue, final: boolean): Position {
    const { index } = queue
    const seq = index.length
    index.push(this.#lamport(queue), queue.records.shift()!.kind)
    if (final) index.final = index.length
    this.#moved ||= this.#lacking.has(index.hex)
    return { log: index, seq }
  }
}
