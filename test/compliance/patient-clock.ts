import { systemClock } from '../../core/clock.ts'
import type { Clock } from '../../core/clock.ts'

const TIMES = 30

/** The computer's own clock with timers of `least` ms and more that take many times longer: for limits that a busy computer must not reach. */
export function patientClock(least = 0): Clock {
  return {
    ...systemClock,
    after: (ms, fn) => systemClock.after(ms < least ? ms : ms * TIMES, fn),
  }
}
