/** When the next beacon is due. */

/** Milliseconds after a start or a change of interfaces: the first ones close together, as some get lost. */
const BURST = [0, 100, 300, 700, 1500] as const
const CALM = 4_000
const EAGER = 1_000
/** How long a node looks around eagerly after `seek()`. */
export const SEEK_FOR = 600_000

/** All times are monotonic milliseconds. */
export interface BeaconFacts {
  readonly now: number
  /** When the last burst began. */
  readonly burstAt: number
  /** Until when core wants peers found fast. */
  readonly seekUntil: number
}

/** The wait until the next beacon, and whether that one asks for answers. */
export function nextBeacon(facts: BeaconFacts): { wait: number; request: boolean } {
  const age = facts.now - facts.burstAt
  const next = BURST.find((offset) => offset > age)
  if (next !== undefined) return { wait: next - age, request: true }
  return facts.now < facts.seekUntil
    ? { wait: EAGER, request: true }
    : { wait: CALM, request: false }
}
