const FREE = 3
const FIRST = 1_000
const LONGEST = 30_000

/** Milliseconds that the next try of a passphrase waits after so many wrong ones in a row. */
export function unlockDelay(failures: number): number {
  if (failures < FREE) return 0
  return Math.min(LONGEST, FIRST * 2 ** Math.min(failures - FREE, 16))
}
