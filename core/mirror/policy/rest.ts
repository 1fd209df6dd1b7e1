import { doubling } from '../../doubling.ts'

const SHORTEST = 5_000
const LONGEST = 5 * 60_000

/** How many ms a peer is left alone about a log (or at all) after so many failures in a row. */
export function restAfter(failures: number): number {
  return doubling(failures, SHORTEST, LONGEST)
}
