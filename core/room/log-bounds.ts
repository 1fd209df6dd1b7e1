import type { KnownLog } from '../control/room-state.ts'

type Bounded = Pick<KnownLog, 'end' | 'silenced'>

/** What counts of a content log: nothing from `limit` on, and nothing to show in the ranges before it. */
export interface LogBounds {
  readonly limit: number
  readonly silenced: readonly (readonly [from: number, to: number])[]
}

/** Of a log that counts as a whole. */
export const UNBOUNDED: LogBounds = { limit: Infinity, silenced: [] }
/** Of a log that the room does not know any more. */
export const NOTHING: LogBounds = { limit: 0, silenced: [] }

/** Nothing is fetched of what is silenced until further notice, so a flood by who may not write costs nobody else. */
export function boundsOf({ end, silenced }: Bounded): LogBounds {
  let limit = end ?? Infinity
  const ranges: [number, number][] = []
  for (const [from, to] of silenced) {
    if (to === null) limit = Math.min(limit, from)
    else ranges.push([from, to])
  }
  return { limit, silenced: ranges }
}

/** Two bounds in one form are the same bounds. */
export function boundsText({ limit, silenced }: LogBounds): string {
  return `${limit} ${silenced.map(([from, to]) => `${from}-${to}`).join()}`
}

/** True for a record that was written while its author was not to be heard. */
/**
 * True when other bounds than before may change the place of records that are placed: `placed` of the log are;
 * `settled` when no record of the room waits for another, or did in vain.
 */
export function unsettles(
  before: LogBounds,
  after: LogBounds,
  { placed, settled }: { placed: number; settled: boolean },
): boolean {
  // Others may name records by now that named nothing before.
  if (!settled || after.limit > before.limit) return true
  if (after.limit < before.limit && after.limit < placed) return true
  return boundsText(within(before, placed)) !== boundsText(within(after, placed))
}

function within({ silenced }: LogBounds, placed: number): LogBounds {
  const ranges = silenced
    .map(([from, to]) => [from, Math.min(to, placed)] as const)
    .filter(([from, to]) => from < to)
  return { limit: placed, silenced: ranges }
}

export function isSilenced({ silenced }: LogBounds, seq: number): boolean {
  return silenced.some(([from, to]) => seq >= from && seq < to)
}
