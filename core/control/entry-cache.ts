import { readEntry } from './entry.ts'
import type { Entry, StoredEntry } from './entry.ts'

/** Entries of a control log's view, each decoded once: an entry of a log never changes, whatever its place. */
export class EntryCache {
  readonly #decoded = new Map<string, Entry>()

  /** The entry that is stored so; null for one that no `apply` of this version stored. */
  read(stored: StoredEntry): Entry | null {
    const id = `${stored.w} ${stored.n}`
    const known = this.#decoded.get(id)
    if (known) return known
    const entry = readEntry(stored)
    if (entry) this.#decoded.set(id, entry)
    return entry
  }
}
