import type { Target } from './bench.ts'

/** Reached when the figure is no higher; null, or what is no number, never reaches it. */
export function atMost(what: string, measured: number | null, limit: number, unit: string): Target {
  const reached = measured !== null && measured <= limit
  return { what, wanted: `≤ ${limit} ${unit}`, measured, unit, reached }
}

/** Reached when the figure is no lower; null, or what is no number, never reaches it. */
export function atLeast(
  what: string,
  measured: number | null,
  limit: number,
  unit: string,
): Target {
  const reached = measured !== null && measured >= limit
  return { what, wanted: `≥ ${limit} ${unit}`, measured, unit, reached }
}

/** Reached when our figure is at least so many times smaller than the peer's. */
export function timesFaster(
  than: string,
  ours: number | null,
  theirs: number | null,
  times: number,
): Target {
  const ratio = ours === null || theirs === null ? null : theirs / ours
  return {
    what: `times faster than ${than}`,
    wanted: `≥ ${times} ×`,
    measured: ratio,
    unit: '×',
    reached: ratio !== null && ratio >= times,
  }
}
