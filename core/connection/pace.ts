/** How often a connection says something at least, and what its silence means. In ms. */
export interface Pace {
  /** After so long without a word of our own a ping goes out. */
  readonly ping: number
  /** A live peer is never silent for so long: another connection is better. */
  readonly silent: number
  /** Its transport looks for another way to the peer. */
  readonly suspect: number
  /** The connection is dead (the kernel would take minutes). */
  readonly dead: number
}

const WIDE: Pace = { ping: 1_000, silent: 2_500, suspect: 3_000, dead: 8_000 }
/** A radio's link notices by itself, within seconds, that its other end is gone; it stutters, and words cost power. */
const NARROW: Pace = { ping: 4_000, silent: 7_500, suspect: 8_000, dead: 15_000 }

/** The pace of a connection. */
export function paceOf(narrow: boolean): Pace {
  return narrow ? NARROW : WIDE
}
