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
  /** The one behind that which was asked for last: while it is among the rarest, it goes on there. */
  readonly start: number
  /** In [0, 1): where it goes on otherwise. Receivers that all went on at the first would all ask for the same. */
  readonly chance: number
  /** Chunks that somebody waits for, in their order: [from, to). */
  readonly focus: { readonly from: number; readonly to: number } | null
}

/**
 * The next chunks to ask of a source, at most `most`: what somebody waits for, then what the fewest have, and of
 * equally rare ones in order.
 */
export function pick(facts: PickFacts, most: number): number[] {
  const { count, lacks, theirs, focus } = facts
  const others = facts.others.slice(0, MAX_OTHERS)
  const offered = (index: number): boolean => (theirs?.has(index) ?? true) && lacks(index)
  const out: number[] = []
  for (let index = focus?.from ?? 0; index < (focus?.to ?? 0) && out.length < most; index++) {
    if (offered(index)) out.push(index)
  }
  const ranks: number[][] = Array.from({ length: others.length + 1 }, () => [])
  for (let index = 0; index < count; index++) {
    if (focus && index >= focus.from && index < focus.to) continue
    if (!offered(index)) continue
    let rank = 0
    for (const other of others) if (other.has(index)) rank++
    ranks[rank]!.push(index)
  }
  for (const equals of ranks) {
    const at = equals.indexOf(facts.start)
    const from = at === -1 ? Math.floor(facts.chance * equals.length) : at
    for (let n = 0; n < equals.length && out.length < most; n++) {
      out.push(equals[(from + n) % equals.length]!)
    }
  }
  return out
}
