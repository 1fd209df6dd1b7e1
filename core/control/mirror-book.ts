import type { Actor } from './actor.ts'
import type { Operation } from './operation.ts'
import { mayEndMirror, mayMirror } from './roles.ts'
import type { MirrorEntry } from './room-state.ts'

/** Most nodes that hold a room: each is told of everything that is written. */
export const MAX_MIRRORS = 16

/** Which nodes a room's members asked to hold it. */
export class MirrorBook {
  readonly #mirrors = new Map<string, MirrorEntry>()
  /** Node → places of the acts that took it back: who did not know of one adds it in vain. */
  readonly #ended = new Map<string, number[]>()

  /** `knew` tells whether the author knew all the entries at these places. */
  take(
    op: Operation & { type: 'mirror' },
    by: Actor,
    knew: (others: readonly number[]) => boolean,
  ): void {
    const node = op.node.toString('hex')
    const known = this.#mirrors.get(node)
    if (op.on === 0) {
      if (!known || !by.against || !mayEndMirror(by.against, known.by === by.id)) return
      this.#mirrors.delete(node)
      this.#ended.set(node, [...(this.#ended.get(node) ?? []), by.index])
      return
    }
    if (!by.other || !mayMirror(by.other) || !knew(this.#ended.get(node) ?? [])) return
    // Only who may take it back says what it is called, and whose relay is tried.
    if (known ? !mayEndMirror(by.other, known.by === by.id) : this.#mirrors.size >= MAX_MIRRORS) {
      return
    }
    const { relay, name, at } = op
    this.#mirrors.set(node, { relay, name, by: known?.by ?? by.id, at: known?.at ?? at })
  }

  /** All of it as it is now, for keeps. */
  entries(): ReadonlyMap<string, MirrorEntry> {
    return new Map(this.#mirrors)
  }
}
