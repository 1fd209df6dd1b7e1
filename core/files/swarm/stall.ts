import { doubling } from '../../doubling.ts'

/** A source that sends nothing for so long has stalled, however fast it was. */
export const STALLED_AFTER = 3_000
/** One that stalled is asked again after this, then after twice as long, up to the longest. */
const FIRST_REST = 5_000
const LONGEST_REST = 80_000

/** True when a source that owes us bytes was silent for so long that they are asked of others. `expected`: ms between its answers. */
export function hasStalled(silence: number, expected: number): boolean {
  return silence >= Math.max(STALLED_AFTER, 4 * expected)
}

/** Milliseconds for which a source is left alone that stalled so many times in a row. */
export function restAfter(stalls: number): number {
  return doubling(stalls, FIRST_REST, LONGEST_REST)
}

/**
 * True when the last chunks of an item, under way from a slow source, are better asked of this one too. Both in ms:
 * until it will be here from where it was asked, and from this source.
 */
export function worthTwice(there: number, here: number): boolean {
  return there > 2 * here + 500
}
