import { systemClock } from '../../core/clock.ts'
import type { Clock } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'

const DAY = 86_400_000

/** A device whose wall clock is wrong by up to a day, stands in 1970, or jumps about, while its timers run as they should. */
export function wrongClock(random: Random): Clock {
  const kind = random.float()
  const skew = (random.float() * 2 - 1) * DAY
  const now = (): number => {
    if (kind < 0.2) return Math.round(systemClock.monotonic())
    if (kind < 0.6) return Math.round(systemClock.now() + skew)
    return Math.round(systemClock.now() + (random.float() * 2 - 1) * DAY)
  }
  return { ...systemClock, now }
}
