import type { LogRange } from '../copy.ts'
import { rootsAfter } from './frontier.ts'

/** A range without what comes before `from`; itself where nothing does, null where nothing is left. */
export function cutFront(range: LogRange, from: number): LogRange | null {
  const skipped = from - range.from
  if (skipped <= 0) return range
  if (skipped >= range.blocks.length) return null
  const roots = rootsAfter(range.from, range.roots, range.blocks.slice(0, skipped))
  return { ...range, from, roots, blocks: range.blocks.slice(skipped) }
}

/** Ranges of one log, each of which begins where the one before it ends, as one. */
export function joinRanges(ranges: readonly LogRange[]): LogRange {
  const { signature } = ranges.at(-1)!
  return { ...ranges[0]!, blocks: ranges.flatMap(({ blocks }) => blocks), signature }
}
