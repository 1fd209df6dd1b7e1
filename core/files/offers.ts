import { BoundedMap } from '../bounded-map.ts'
import type { FileEntry } from '../room/messages/file-book.ts'
import type { Room } from '../room/room.ts'
import type { ItemRef } from './descriptor.ts'

/** Offers that proved wrong and are remembered. */
const MAX_WRONG = 1_024

/**
 * Which of several messages with one root is believed. The root names sealed chunks: whoever saw it can offer it again
 * with a key that opens nothing, or a table of contents where none is. What proved wrong gives way to the next.
 */
export class Offers {
  readonly #wrong = new BoundedMap<string, true>(MAX_WRONG)

  /** The message to go by, or null when there is none; the first when all proved wrong. */
  best(room: Room, root: string): FileEntry | null {
    return this.#another(room, root) ?? room.conversation.files.get(root)
  }

  /** What a message said of an item is not so, or nobody gives what it said: true when another says otherwise. */
  refute(room: Room, ref: ItemRef): boolean {
    this.#wrong.set(claim(ref), true)
    const root = ref.root.toString('hex')
    if (this.#another(room, root)) return true
    // It may have been the sources that lied: who tries again begins with the first.
    for (const { item } of room.conversation.files.offers(root)) this.#wrong.delete(claim(item))
    return false
  }

  #another(room: Room, root: string): FileEntry | null {
    const heard = new Set<string>()
    for (const offer of room.conversation.files.offers(root)) {
      // Of each author the first word counts: nobody keeps us busy with one lie after another.
      if (heard.has(offer.author)) continue
      heard.add(offer.author)
      if (!this.#wrong.has(claim(offer.item))) return offer
    }
    return null
  }
}

function claim({ root, key, size, chunk, contents }: ItemRef): string {
  return `${root.toString('hex')} ${key.toString('hex')} ${size} ${chunk} ${contents}`
}
