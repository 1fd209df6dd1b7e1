/** How long a condition may take before the test fails: generous, for a loaded machine. */
export const LIMIT_MS = 120_000

const POLL_MS = 5
const SLOWEST_POLL_MS = 100

const nap = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks again and again until `probe` gives something other than undefined or false; throws naming what did not come. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  limit = LIMIT_MS,
): Promise<T> {
  const end = performance.now() + limit
  for (;;) {
    const asked = performance.now()
    const found = await probe()
    if (found !== undefined && found !== false) return found
    const now = performance.now()
    if (now > end) throw new Error(`waited ${limit / 1_000} s for ${what}`)
    // To ask must not keep what is asked for from happening.
    await nap(Math.min(SLOWEST_POLL_MS, Math.max(POLL_MS, 2 * (now - asked))))
  }
}

/** Resolves once `value` has stayed the same for `quiet` milliseconds: gives that value. */
export async function settled(what: string, value: () => number, quiet: number): Promise<number> {
  let last = value()
  let since = performance.now()
  return until(
    what,
    () => {
      const now = value()
      if (now !== last) [last, since] = [now, performance.now()]
      return performance.now() - since >= quiet ? last : undefined
    },
    LIMIT_MS + quiet,
  )
}
