import type { Entry, Known } from './entry.ts'

/** Most entries whose knowledge is kept at hand; of each log the last that was asked about helps with the next. */
const MAX_CLOCKS = 256

/** How many entries of each log someone knew. */
type Counts = Map<string, number>

/**
 * Which entries the author of an entry knew when writing it, by what it declared; computed where it matters. Of
 * what an entry declares, only what stands before it in the room's order can be true: so the answer depends on
 * nothing that comes later.
 */
export class Causality {
  /** Places of each log's entries, rising. */
  readonly #logs = new Map<string, number[]>()
  readonly #entries: Entry[] = []
  /** How many entries of its log stand before each. */
  readonly #nth: number[] = []
  /** By place, those asked about last at the end. */
  readonly #clocks = new Map<number, Counts>()
  readonly #latest = new Map<string, number>()

  /** The next entry in the room's order. */
  add(entry: Entry): void {
    const log = this.#logs.get(entry.prefix) ?? []
    this.#logs.set(entry.prefix, log)
    this.#nth.push(log.length)
    log.push(this.#entries.length)
    this.#entries.push(entry)
  }

  /** True when the author of entry `index` knew entry `other`. */
  knew(index: number, other: number): boolean {
    if (other >= index) return false
    const known = this.#knownTo(index).get(this.#entries[other]!.prefix) ?? 0
    return known > this.#nth[other]!
  }

  #knownTo(index: number): Counts {
    const { prefix } = this.#entries[index]!
    const clock = this.#clocks.get(index) ?? this.#grown(index, this.#latest.get(prefix))
    this.#clocks.delete(index)
    this.#clocks.set(index, clock)
    this.#latest.set(prefix, index)
    if (this.#clocks.size > MAX_CLOCKS) {
      const [oldest] = this.#clocks.keys()
      this.#clocks.delete(oldest!)
    }
    return clock
  }

  /** Goes on from what the author knew at an earlier entry: from there on, each entry is looked at once. */
  #grown(index: number, earlier: number | undefined): Counts {
    const base = earlier !== undefined && earlier < index ? this.#clocks.get(earlier) : undefined
    const counts: Counts = new Map(base)
    const { prefix, heads } = this.#entries[index]!
    const open: [log: string, count: number][] = [[prefix, this.#nth[index]!]]
    this.#open(heads, index, open)
    for (let next = open.pop(); next; next = open.pop()) {
      const [log, count] = next
      const before = counts.get(log) ?? 0
      if (count <= before) continue
      counts.set(log, count)
      const places = this.#logs.get(log)!
      for (let n = before; n < count; n++) {
        this.#open(this.#entries[places[n]!]!.heads, places[n]!, open)
      }
    }
    return counts
  }

  /** Adds what heads of the entry at `place` lead to. */
  #open(heads: readonly Known[], place: number, open: [log: string, count: number][]): void {
    for (const { log, length } of heads) {
      const count = this.#countOf(log, length, place)
      if (count > 0) open.push([log, count])
    }
  }

  /** How many entries of a log go no further than `length` and stand before `place`. */
  #countOf(log: string, length: number, place: number): number {
    const places = this.#logs.get(log)
    if (!places) return 0
    let [low, high] = [0, places.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const at = places[middle]!
      if (at < place && this.#entries[at]!.length <= length) low = middle + 1
      else high = middle
    }
    return low
  }
}
