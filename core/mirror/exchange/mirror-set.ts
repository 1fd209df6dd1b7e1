import type { Copy } from '../copy.ts'
import type { SharedMirror } from './shared-mirror.ts'

/** The mirrors that both ends of a link have, found by tag, by id and by what is here of them. */
export class MirrorSet {
  /** By the initiator's tag (hex). */
  readonly #byTag = new Map<string, SharedMirror>()
  readonly #byId = new Map<string, SharedMirror>()
  readonly #byCopy = new Map<Copy, Set<SharedMirror>>()
  /** Those of which something can be asked for. */
  readonly #wanting = new Set<SharedMirror>()

  get size(): number {
    return this.#byTag.size
  }

  [Symbol.iterator](): Iterator<SharedMirror> {
    return this.#byTag.values()
  }

  /** The one that a tag names. */
  tagged(tag: Buffer): SharedMirror | undefined {
    return this.#byTag.get(tag.toString('hex'))
  }

  /** The one with an id (hex). */
  get(id: string): SharedMirror | undefined {
    return this.#byId.get(id)
  }

  /** Those that a copy is here of: under its own key, and the carriers'. */
  of(copy: Copy): Iterable<SharedMirror> {
    return this.#byCopy.get(copy) ?? []
  }

  add(mirror: SharedMirror): void {
    this.#byTag.set(mirror.tag.toString('hex'), mirror)
    this.#byId.set(mirror.id, mirror)
    const { copy } = mirror.shared
    this.#byCopy.set(copy, (this.#byCopy.get(copy) ?? new Set()).add(mirror))
  }

  delete(mirror: SharedMirror): void {
    this.#byTag.delete(mirror.tag.toString('hex'))
    this.#byId.delete(mirror.id)
    const { copy } = mirror.shared
    const others = this.#byCopy.get(copy)
    if (others?.delete(mirror) && others.size === 0) this.#byCopy.delete(copy)
    this.#wanting.delete(mirror)
  }

  clear(): void {
    this.#byTag.clear()
    this.#byId.clear()
    this.#byCopy.clear()
    this.#wanting.clear()
  }

  /** Something of it can be asked for. */
  want(mirror: SharedMirror): void {
    this.#wanting.add(mirror)
  }

  /** Those of which something can be asked for. */
  *wanting(): Generator<SharedMirror> {
    for (const mirror of this.#wanting) {
      if (mirror.wanted.pending.size > 0) yield mirror
      else this.#wanting.delete(mirror)
    }
  }
}
