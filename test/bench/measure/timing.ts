/** Milliseconds on the computer's monotonic clock: processes of one computer may subtract each other's. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Asks every 5 ms until it is so; throws naming what did not come within `limit` milliseconds. */
export async function until(
  what: string,
  probe: () => boolean | Promise<boolean>,
  limit = 60_000,
): Promise<void> {
  const end = monotonic() + limit
  while (!(await probe())) {
    if (monotonic() > end) throw new Error(`waited ${limit / 1_000} s for ${what}`)
    await pause(5)
  }
}
