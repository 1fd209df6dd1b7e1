const SHORTEST = 5_000
const LONGEST = 5 * 60_000

/** How many ms a peer is left alone about a log (or at all) after so many failures in a row. */
export function restAfter(failures: number): number {
  return Math.min(LONGEST, SHORTEST * 2 ** Math.min(16, Math.max(0, failures - 1)))
}
