import type { Finding } from '../api/schemas.ts'
import type { DoctorFacts } from './check.ts'

const HOUR = 3_600_000

/** Is this computer's clock plausible, by itself and beside the others'? */
export function checkClock({ clock, node }: DoctorFacts): Finding {
  return judgeClock(clock.now(), node?.othersSentAt ?? [])
}

/** `othersSentAt`: when others claim to have written what came last, wall-clock milliseconds. */
export function judgeClock(now: number, othersSentAt: readonly number[]): Finding {
  const check = 'clock'
  const fix = 'Set the date and time of this computer, or let it set them by itself.'
  const year = new Date(now).getUTCFullYear()
  const safe = 'The order of messages does not depend on it; expiry and the times shown do.'
  if (year < 2026 || year > 2100) {
    return { check, ok: false, says: `This computer thinks that the year is ${year}. ${safe}`, fix }
  }
  const ahead = othersSentAt.filter((sentAt) => sentAt - now > HOUR)
  if (ahead.length > 0) {
    const hours = Math.round((Math.min(...ahead) - now) / HOUR)
    return {
      check,
      ok: false,
      says: `Others wrote messages ${hours} h in this computer’s future: its clock is behind, or theirs ahead. ${safe}`,
      fix,
    }
  }
  return {
    check,
    ok: true,
    says: `It is ${new Date(now).toISOString().slice(0, 16)}Z here, which is plausible.`,
  }
}
