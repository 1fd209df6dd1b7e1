import type Hyperbee from 'hyperbee'
import { EntryCache } from './entry-cache.ts'
import { entryKey } from './entry-key.ts'
import type { Entry, StoredEntry } from './entry.ts'
import { Judge } from './judge.ts'
import type { RoomState } from './room-state.ts'

/**
 * Follows the control log's view: reads what is new where it merely grew, and all of it where a merge put
 * entries in another order. An entry of a log never changes, so each is decoded once.
 */
export class EntryReader {
  /** Keys of all control logs that were ever let in (hex): what they hold may be needed to read the others. */
  readonly writers = new Set<string>()
  readonly #cache: EntryCache
  #judge = new Judge()
  #fork = -1
  #version = 0

  constructor(cache = new EntryCache()) {
    this.#cache = cache
  }

  /** True when the entries are not as they were. */
  async read(view: Hyperbee): Promise<boolean> {
    for (;;) {
      const { fork } = view.core
      const { version } = view
      if (fork === this.#fork && version === this.#version) return false
      const grew = fork === this.#fork && version > this.#version
      const entries = await this.#from(view, grew ? this.#version : 0, version)
      // What was cut back while it was read is read again.
      if (view.core.fork !== fork) continue
      if (!grew) this.#judge = new Judge()
      this.#judge.hear(entries)
      this.#fork = fork
      this.#version = version
      return !grew || entries.length > 0
    }
  }

  /** The room as the entries that were read tell it. */
  state(): RoomState {
    return this.#judge.state()
  }

  async #from(view: Hyperbee, start: number, end: number): Promise<Entry[]> {
    const entries: Entry[] = []
    const range = { gte: entryKey(start), lt: entryKey(end) }
    for await (const { value } of view.createReadStream(range)) {
      const entry = this.#decode(value as StoredEntry)
      if (entry) entries.push(entry)
    }
    return entries
  }

  #decode(stored: StoredEntry): Entry | null {
    const entry = this.#cache.read(stored)
    if (entry?.join) this.writers.add(entry.join.writer.toString('hex'))
    return entry
  }
}
