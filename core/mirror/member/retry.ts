import { doubling } from '../../doubling.ts'

const SHORTEST = 30_000
const LONGEST = 30 * 60_000

/** How many ms a node that refused is left alone before it is asked again, after so many refusals in a row. */
export function retryAfter(refusals: number): number {
  return doubling(refusals, SHORTEST, LONGEST)
}
