/** How long to leave an address alone after it failed. */

const BASE_MS = 500
const MAX_MS = 60_000

/** Milliseconds after the `failures`-th failure in a row; `chance` in [0, 1) spreads them by half either way. */
export function backoff(failures: number, chance: number): number {
  const step = Math.min(MAX_MS, BASE_MS * 2 ** Math.min(failures - 1, 16))
  return step * (0.5 + chance)
}
