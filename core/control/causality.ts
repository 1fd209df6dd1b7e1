import type { Entry, Known } from './entry.ts'

/** Which entries the author of an entry knew when writing it, by what it declared; computed where it matters. */
export class Causality {
  readonly #byLog = new Map<string, { length: number; index: number }[]>()
  readonly #entries: Entry[] = []
  readonly #seen = new Map<number, Map<string, number>>()

  /** The next entry in the room's order. */
  add(entry: Entry): void {
    const log = this.#byLog.get(entry.prefix) ?? []
    log.push({ length: entry.length, index: this.#entries.length })
    this.#byLog.set(entry.prefix, log)
    this.#entries.push(entry)
  }

  /** True when the author of entry `index` knew entry `other`. */
  knew(index: number, other: number): boolean {
    const { prefix, length } = this.#entries[other]!
    return index !== other && (this.#knownTo(index).get(prefix) ?? 0) >= length
  }

  #knownTo(index: number): Map<string, number> {
    const known = this.#seen.get(index)
    if (known) return known
    const reach = new Map<string, number>()
    const entry = this.#entries[index]!
    const open: Known[] = [...entry.heads, { log: entry.prefix, length: entry.length - 1 }]
    for (let head = open.pop(); head; head = open.pop()) {
      const before = reach.get(head.log) ?? 0
      if (head.length <= before) continue
      reach.set(head.log, head.length)
      for (const at of this.#byLog.get(head.log) ?? []) {
        if (at.length > before && at.length <= head.length) {
          open.push(...this.#entries[at.index]!.heads)
        }
      }
    }
    this.#seen.set(index, reach)
    return reach
  }
}
