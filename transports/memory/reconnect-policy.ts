/** A link that lived this long was of use: the next loss starts with a short wait again. */
const SETTLED_MS = 10_000
const LONGEST_MS = 30_000

/** How often in a row a pair's link was closed early by one of its ends. */
export function earlyCloses(before: number, livedMs: number): number {
  return livedMs >= SETTLED_MS ? 0 : before + 1
}

/**
 * Milliseconds until a pair links again: doubles while its ends keep closing the link early, so that
 * a connection core does not want is not offered again and again.
 */
export function reconnectDelay(baseMs: number, early: number): number {
  return Math.min(LONGEST_MS, baseMs * 2 ** Math.max(0, early - 1))
}
