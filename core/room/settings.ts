import type { RoomSettings } from '../api.ts'
import { LEAST_ROTATE_EVERY } from '../control/room-state.ts'
import { PorchlightError } from '../errors.ts'

const MINUTE = 60_000
const TEN_YEARS = 10 * 365 * 86_400_000

/** The settings, when they are ones that a room can have. Errors: `BAD_REQUEST`. */
export function checkSettings(settings: RoomSettings): RoomSettings {
  const { history, rotateEvery, keepFor, disappearAfter } = settings
  if (history !== 'all' && history !== 'joined') throw bad('The history is “all” or “joined”.')
  checkTime('A new key', rotateEvery, LEAST_ROTATE_EVERY)
  checkTime('Old keys', keepFor, MINUTE)
  checkTime('The timer of messages', disappearAfter, 1_000)
  if (keepFor !== null && rotateEvery === null) {
    throw bad('Old keys can only be deleted where new ones are made: set how often, too.')
  }
  return { history, rotateEvery, keepFor, disappearAfter }
}

const LEAST: Record<number, string> = {
  1_000: 'a second',
  [MINUTE]: 'a minute',
  [LEAST_ROTATE_EVERY]: 'an hour',
}

function checkTime(what: string, ms: number | null, least: number): void {
  if (ms === null || (Number.isSafeInteger(ms) && ms >= least && ms <= TEN_YEARS)) return
  throw bad(`${what}: the time is between ${LEAST[least]} and ten years, or none.`)
}

function bad(words: string): PorchlightError {
  return new PorchlightError('BAD_REQUEST', `${words} Nothing was changed.`)
}
