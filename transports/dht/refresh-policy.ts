/** When a topic is looked up again: often after it was joined or the uplink returned, then hyperswarm's own way. */

/** Milliseconds after the first look-up; two devices that come at the same moment miss each other in that one. */
const ROUNDS = [500, 2_000, 6_000, 20_000, 60_000]
/** Where each byte costs, one more is enough: hyperswarm looks every ten minutes by itself. */
const METERED_ROUNDS = [5_000]
/** However much somebody seeks. */
const PAUSE_MS = 3_000
const METERED_PAUSE_MS = 30_000

/** Milliseconds from the first look-up to number `round` of those that follow; null when there is none. */
export function roundAfter(round: number, metered: boolean): number | null {
  return (metered ? METERED_ROUNDS : ROUNDS)[round] ?? null
}

/** When a topic looked up at `last` may be looked up again by somebody's wish. */
export function mayFrom(last: number, metered: boolean): number {
  return last + (metered ? METERED_PAUSE_MS : PAUSE_MS)
}
