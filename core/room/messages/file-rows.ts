import { parseMessageId } from '../message-id.ts'
import type { FileItem } from './file-card.ts'

/** Most messages with files that are known of one room. */
export const MAX_ROOM_FILES = 10_000

/** What a message offers. */
export interface FileRow {
  seq: number
  sentAt: number
  item: FileItem
}

/** A log's rows in its order. */
interface LogRows {
  readonly log: string
  readonly person: string
  rows: FileRow[]
}

/**
 * Messages with files by log and by root. Where there are too many, the oldest of the fullest log of the person with
 * most of them gives way: nobody pushes out what others sent, and what is kept does not hang on the order in which
 * logs arrive.
 */
export class FileRows {
  readonly #max: number
  readonly #logs = new Map<string, LogRows>()
  /** Root (hex) → rows, each with its log. */
  readonly #roots = new Map<string, Map<FileRow, string>>()
  /** Person → how many rows. */
  readonly #persons = new Map<string, number>()
  #size = 0

  constructor(max = MAX_ROOM_FILES) {
    this.#max = max
  }

  get size(): number {
    return this.#size
  }

  /** False when it is known, or older than what there is room for. */
  add({ hex, person }: { hex: string; person: string }, row: FileRow): boolean {
    const entry = this.#logs.get(hex) ?? { log: hex, person, rows: [] }
    const at = lowerBound(entry.rows, row.seq)
    if (entry.rows[at]?.seq === row.seq) return false
    this.#logs.set(hex, entry)
    entry.rows.splice(at, 0, row)
    const root = row.item.root.toString('hex')
    const same = this.#roots.get(root) ?? new Map<FileRow, string>()
    this.#roots.set(root, same.set(row, hex))
    this.#persons.set(person, (this.#persons.get(person) ?? 0) + 1)
    this.#size++
    if (this.#size > this.#max) this.#shrink()
    return this.has(hex, row.seq)
  }

  /** True while there may be messages beyond those that are known: some gave way, though others went since. */
  get full(): boolean {
    return this.#size >= 0.9 * this.#max
  }

  has(log: string, seq: number): boolean {
    const rows = this.#logs.get(log)?.rows ?? []
    return rows[lowerBound(rows, seq)]?.seq === seq
  }

  /** True when a message, by its id, is among them. */
  hasMessage(id: string): boolean {
    const parsed = parseMessageId(id)
    for (const log of parsed ? this.#logs.keys() : []) {
      if (log.startsWith(parsed!.prefix)) return this.has(log, parsed!.seq)
    }
    return false
  }

  drop(log: string, seq: number): void {
    const entry = this.#logs.get(log)
    const at = entry ? lowerBound(entry.rows, seq) : 0
    if (entry?.rows[at]?.seq === seq) this.#remove(entry, at)
  }

  roots(): Iterable<string> {
    return this.#roots.keys()
  }

  /** The rows of a root, each behind its log, in no order. */
  of(root: string): [string, FileRow][] {
    return [...(this.#roots.get(root) ?? [])].map(([row, log]) => [log, row])
  }

  /** Who writes to a log. */
  person(log: string): string {
    return this.#logs.get(log)!.person
  }

  logs(): readonly Readonly<LogRows>[] {
    return [...this.#logs.values()]
  }

  #shrink(): void {
    const most = largest(
      this.#persons,
      ([, count]) => count,
      ([person]) => person,
    )![0]
    const own = this.logs().filter(({ person }) => person === most)
    this.#remove(
      largest(
        own,
        ({ rows }) => rows.length,
        ({ log }) => log,
      )!,
      0,
    )
  }

  #remove(entry: LogRows, at: number): void {
    const [row] = entry.rows.splice(at, 1)
    const root = row!.item.root.toString('hex')
    const same = this.#roots.get(root)!
    same.delete(row!)
    if (same.size === 0) this.#roots.delete(root)
    this.#persons.set(entry.person, this.#persons.get(entry.person)! - 1)
    this.#size--
  }
}

/** The item with the largest size; among equals that of the last name. */
function largest<T>(
  items: Iterable<T>,
  sizeOf: (item: T) => number,
  nameOf: (item: T) => string,
): T | undefined {
  let best: T | undefined
  for (const item of items) {
    const more = best === undefined ? 1 : sizeOf(item) - sizeOf(best)
    if (more > 0 || (more === 0 && nameOf(item) > nameOf(best!))) best = item
  }
  return best
}

/** Where a sequence stands, or would. */
function lowerBound(rows: readonly FileRow[], seq: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows[middle]!.seq < seq) low = middle + 1
    else high = middle
  }
  return low
}
