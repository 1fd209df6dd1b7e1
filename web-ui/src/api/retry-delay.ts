const FIRST_MS = 400
const LONGEST_MS = 8_000

/** Milliseconds to wait before the next try, after `failures` (≥ 1) in a row. */
export function retryDelay(failures: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1))
}
