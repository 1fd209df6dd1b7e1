import type Hyperbee from 'hyperbee'
import { Causality } from './causality.ts'
import { Course } from './course.ts'
import { ClaimBook } from './cut.ts'
import type { EntryCache } from './entry-cache.ts'
import { entryKey, versionOf } from './entry-key.ts'
import type { Entry, StoredEntry } from './entry.ts'
import { mayModerate } from './roles.ts'
import type { Trust } from './room-allowance.ts'

/**
 * Who has which power at a place of the room's order, by the entries before it alone: so it is the same on every
 * node that applies them. What later entries take back is not known there; that is the judge's.
 */
export class Gate {
  readonly #cache: EntryCache
  readonly #heard: { readonly version: number; readonly entry: Entry }[] = []
  #causality = new Causality()
  #course = new Course(this.#causality, new ClaimBook())
  #version = 0

  constructor(cache: EntryCache) {
    this.#cache = cache
  }

  /** Comes to where the view is: entries that a merge took off it are forgotten, those it has beyond are read. */
  async follow(view: Hyperbee): Promise<void> {
    const { version } = view
    if (version === this.#version && (await this.#holds(view))) return
    const before = this.#heard.length
    while ((this.#heard.at(-1)?.version ?? -1) >= version) this.#heard.pop()
    if (!(await this.#holds(view))) this.#heard.length = 0
    if (this.#heard.length < before) {
      this.#causality = new Causality()
      this.#course = new Course(this.#causality, new ClaimBook())
      for (const { entry } of this.#heard) this.#step(entry)
    }
    const start = (this.#heard.at(-1)?.version ?? -1) + 1
    const range = { gte: entryKey(start), lt: entryKey(version) }
    for await (const { key, value } of view.createReadStream(range)) {
      const entry = this.#cache.read(value as StoredEntry)
      if (entry) this.#hear(versionOf(key as string), entry)
    }
    this.#version = version
  }

  /** The next entry, which is put at this version of the view. */
  hear(version: number, stored: StoredEntry): void {
    const entry = this.#cache.read(stored)
    if (entry) this.#hear(version, entry)
  }

  /** The view is at this version now. */
  reached(version: number): void {
    this.#version = version
  }

  /** How the author of a control log (hex) stands. */
  trust(writer: string): Trust {
    const role = this.#course.roleOf(writer)
    if (role) return mayModerate(role) ? 'trusted' : 'member'
    return this.#course.names(writer) ? 'member' : 'stray'
  }

  /** The first control log (hex) of a person who came in; null for somebody new. */
  firstOf(person: string): string | null {
    return this.#course.firstWriter(person)
  }

  #hear(version: number, entry: Entry): void {
    this.#heard.push({ version, entry })
    this.#step(entry)
  }

  #step(entry: Entry): void {
    this.#causality.add(entry)
    this.#course.step(entry)
  }

  /** True while the last entry that was heard stands where it stood. */
  async #holds(view: Hyperbee): Promise<boolean> {
    const last = this.#heard.at(-1)
    if (!last) return true
    const stored = (await view.get(entryKey(last.version)))?.value as StoredEntry | undefined
    return stored?.w === last.entry.writer && stored.n === last.entry.length
  }
}
