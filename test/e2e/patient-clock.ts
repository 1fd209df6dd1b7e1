import { systemClock } from '../../core/clock.ts'
import type { Clock } from '../../core/clock.ts'

const TIMES = 30

/** For limits that a busy computer must not reach: the computer's own clock, with timers that take longer. */
export const patientClock: Clock = {
  ...systemClock,
  after: (ms, fn) => systemClock.after(ms * TIMES, fn),
}
