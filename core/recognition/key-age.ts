const MONTH = 30 * 24 * 60 * 60_000

/** What the age of a recognition key depends on. */
export interface KeyFacts {
  /** Wall-clock ms when it was made, and now. */
  readonly since: number
  readonly now: number
  /** Whether somebody knows it who shares no room with this device any more. */
  readonly leaked: boolean
}

/** True when another key is to be made: this one is a month old (or the clock went back), or known to one who is out. */
export function isWornOut({ since, now, leaked }: KeyFacts): boolean {
  return leaked || Math.abs(now - since) >= MONTH
}
