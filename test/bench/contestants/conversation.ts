/** A room's history as the benchmarks prepare it. */
export interface Conversation {
  readonly total: number
  readonly authors: number
  /** Messages that an author writes at once, having seen all those before, until the next one's turn. */
  readonly turn: number
}

/** Messages `from` to `to` (not included) of an author. */
export interface Turn {
  readonly author: number
  readonly from: number
  readonly to: number
}

/** The turns of a conversation, the authors one after another. */
export function turnsOf({ total, authors, turn }: Conversation): Turn[] {
  return Array.from({ length: Math.ceil(total / turn) }, (_, i) => ({
    author: i % authors,
    from: i * turn,
    to: Math.min((i + 1) * turn, total),
  }))
}
