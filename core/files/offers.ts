import { BoundedMap } from '../bounded-map.ts'
import type { FileEntry } from '../room/messages/file-book.ts'
import type { Room } from '../room/room.ts'
import type { ItemRef } from './descriptor.ts'

/** Offers that are not believed, or not as much as others, and are remembered. */
const MAX_DOUBTED = 1_024
/** For so many ms an offer may be in doubt before it is another's turn; twice as long each time. */
const PATIENCE = 10_000
const MAX_DOUBLED = 10

/**
 * Which of several messages with one root is believed. The root names sealed chunks: whoever saw it can offer it again
 * with a key that opens nothing, a table of contents where none is, or another size. What proved wrong gives way to the
 * next.
 */
export class Offers {
  /** How often each was in doubt for too long; Infinity for what proved wrong. */
  readonly #doubts = new BoundedMap<string, number>(MAX_DOUBTED)

  /** The message to go by, or null when there is none: of those in doubt least often the first. */
  best(room: Room, root: string): FileEntry | null {
    const offers = firstWords(room, root)
    const least = Math.min(...offers.map(({ item }) => this.#doubtsOf(item)))
    return offers.find(({ item }) => this.#doubtsOf(item) === least) ?? null
  }

  /** What a message said of an item is not so, or nobody gives what it said: true when another says otherwise. */
  refute(room: Room, ref: ItemRef): boolean {
    this.#doubts.set(claim(ref), Infinity)
    const offers = firstWords(room, ref.root.toString('hex'))
    if (offers.some(({ item }) => this.#doubtsOf(item) < Infinity)) return true
    // It may have been the sources that lied: who tries again begins with the first.
    for (const { item } of offers) this.#doubts.delete(claim(item))
    return false
  }

  /**
   * For so many ms sources have contradicted what a message said, and none has borne it out: true once it is the turn of
   * another. Neither they nor who wrote it are believed more: those who say nothing, or give it a byte at a time, may be
   * in league with either.
   */
  doubt(room: Room, ref: ItemRef, ms: number): boolean {
    const doubts = this.#doubtsOf(ref)
    if (ms < PATIENCE * 2 ** Math.min(doubts, MAX_DOUBLED)) return false
    const offers = firstWords(room, ref.root.toString('hex'))
    const others = offers.filter(({ item }) => claim(item) !== claim(ref))
    if (!others.some(({ item }) => this.#doubtsOf(item) < Infinity)) return false
    this.#doubts.set(claim(ref), doubts + 1)
    const best = this.best(room, ref.root.toString('hex'))
    return best !== null && claim(best.item) !== claim(ref)
  }

  #doubtsOf(ref: ItemRef): number {
    return this.#doubts.get(claim(ref)) ?? 0
  }
}

/** Of each author the first word counts: nobody keeps us busy with one lie after another. */
function firstWords(room: Room, root: string): FileEntry[] {
  const heard = new Set<string>()
  return room.conversation.files.offers(root).filter(({ author }) => {
    if (heard.has(author)) return false
    heard.add(author)
    return true
  })
}

function claim({ root, key, size, chunk, contents }: ItemRef): string {
  return `${root.toString('hex')} ${key.toString('hex')} ${size} ${chunk} ${contents}`
}
