/** When to ask whether there is a way to the DHT, and what to make of the answers. */

/** How a device stands to the internet: not known yet, reached, in doubt, away. */
export type Uplink = 'unknown' | 'up' | 'doubt' | 'down'

export interface UplinkState {
  readonly uplink: Uplink
  /** Questions in a row that nobody answered. */
  readonly misses: number
}

export const FIRST: UplinkState = { uplink: 'unknown', misses: 0 }

/** So many misses in a row, about 3 s, and the uplink is away: a Wi-Fi that roams takes less. */
const MISSES_UNTIL_DOWN = 3
const ANSWER_MS = 1_000
/** Answers that come later still count, so a slow way is no reason to ask less often. */
const EAGER_MS = 500
/** After some minutes; an hour without an uplink costs 500 kB of questions. */
const PATIENT_MS = 1_000
const EAGER_MISSES = 600
const UP_MS = 5_000
const METERED_UP_MS = 60_000
const METERED_DOWN_MS = 5_000

/** The state after a question was answered, or was not; `alive` when links carry bytes all the same. */
export function afterQuestion(state: UplinkState, answered: boolean, alive: boolean): UplinkState {
  if (answered || (alive && state.uplink !== 'down')) return { uplink: 'up', misses: 0 }
  const misses = state.misses + 1
  const known = state.uplink !== 'unknown'
  if (state.uplink === 'down' || !known || misses >= MISSES_UNTIL_DOWN) {
    return { uplink: 'down', misses }
  }
  return { uplink: 'doubt', misses }
}

/** Milliseconds that a question waits before it counts as a miss, and the next is asked. */
export function patience({ uplink, misses }: UplinkState, metered: boolean): number {
  if (uplink !== 'down') return ANSWER_MS
  if (metered) return METERED_DOWN_MS
  return misses <= EAGER_MISSES ? EAGER_MS : PATIENT_MS
}

/** Milliseconds from an answer to the next question. */
export function rest(metered: boolean): number {
  return metered ? METERED_UP_MS : UP_MS
}
