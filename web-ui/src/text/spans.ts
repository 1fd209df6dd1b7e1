import { count } from './words.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** The timers offered for one message. */
export const TIMERS: readonly number[] = [5 * MINUTE, HOUR, DAY, 7 * DAY]

/** A length of time in one unit, rounded: “5 minutes”, “1 day”. */
export function spanWords(ms: number): string {
  if (ms < MINUTE) return 'less than a minute'
  if (ms < HOUR) return count(Math.round(ms / MINUTE), 'minute')
  if (ms < 2 * DAY && ms !== DAY) return count(Math.round(ms / HOUR), 'hour')
  return count(Math.round(ms / DAY), 'day')
}
