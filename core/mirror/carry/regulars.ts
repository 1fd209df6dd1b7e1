import { MAX_REGULARS } from './spray.ts'
import type { SprayLimits } from './spray.ts'

/** A stranger as a member's device remembers it. */
export interface Acquaintance {
  /** Days on which they met. */
  readonly days: number
  /** Ms for which they were linked. */
  readonly time: number
}

/** Who was met on one day only counts from so many ms on: a passer-by is none. */
const LEAST = 30 * 60_000

/** How many regulars each device of a room with so many devices names. */
export function regularsEach(devices: number, limits: SprayLimits): number {
  return Math.min(limits.regulars, Math.floor(MAX_REGULARS / Math.max(1, devices)))
}

/** Those met on most days, and of these for the longest: at most `count`, the best first. */
export function chooseRegulars<T extends Acquaintance>(
  met: Iterable<T>,
  count: number,
): readonly T[] {
  return [...met]
    .filter(({ days, time }) => days > 1 || time >= LEAST)
    .sort((x, y) => y.days - x.days || y.time - x.time)
    .slice(0, count)
}
