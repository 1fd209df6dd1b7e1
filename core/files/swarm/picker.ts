import type { Bitfield } from '../bitfield.ts'

/** How many other sources are looked at for what is rare. */
const MAX_OTHERS = 16

export interface PickFacts {
  /** Chunks of the item. */
  readonly count: number
  /** True for one that is missing here, and not under way. */
  readonly lacks: (index: number) => boolean
  /** What the source has; null for all. */
  readonly theirs: Bitfield | null
  /** What other sources have that do not have all. */
  readonly others: readonly Bitfield[]
  /** Where this receiver begins, so that several begin at different places. */
  readonly start: number
  /** Chunks that somebody waits for, in their order: [from, to). */
  readonly focus: { readonly from: number; readonly to: number } | null
}

/**
 * The next chunks to ask of a source, at most `most`: what somebody waits for, then what the fewest have, and of
 * equally rare ones in order from this receiver's own start.
 */
export function pick(facts: PickFacts, most: number): number[] {
  const { count, lacks, theirs, start, focus } = facts
  const others = facts.others.slice(0, MAX_OTHERS)
  const offered = (index: number): boolean => (theirs?.has(index) ?? true) && lacks(index)
  const first: number[] = []
  for (let index = focus?.from ?? 0; index < (focus?.to ?? 0) && first.length < most; index++) {
    if (offered(index)) first.push(index)
  }
  const ranks: number[][] = Array.from({ length: others.length + 1 }, () => [])
  for (let at = 0; at < count && ranks[0]!.length < most; at++) {
    const index = (start + at) % count
    if (focus && index >= focus.from && index < focus.to) continue
    if (!offered(index)) continue
    let rank = 0
    for (const other of others) if (other.has(index)) rank++
    if (ranks[rank]!.length < most) ranks[rank]!.push(index)
  }
  return [...first, ...ranks.flat()].slice(0, most)
}
