/** Which of two connections with the same device lives, so that both its ends choose the same without another word. */

/** What the preface of the later connection told of the earlier link, and the names of both. */
export interface LinkFacts {
  /** This end showed that it has the earlier link; the other end did. */
  readonly shownByUs: boolean
  readonly shownByThem: boolean
  /** The same on both ends. */
  readonly earlier: Uint8Array
  readonly later: Uint8Array
}

/**
 * A link that both have stays. One that only one end still has is dead without that end's knowing, and gives way. Where
 * neither end had it yet when it spoke, the two dialled each other at once: the smaller name stays.
 */
export function chooseLink(facts: LinkFacts): 'earlier' | 'later' {
  const { shownByUs, shownByThem } = facts
  if (shownByUs && shownByThem) return 'earlier'
  if (shownByUs || shownByThem) return 'later'
  return Buffer.compare(facts.earlier, facts.later) < 0 ? 'earlier' : 'later'
}
