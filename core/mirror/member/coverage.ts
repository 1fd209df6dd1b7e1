import type { Span } from '../copy.ts'

/** How many blocks from the beginning of a log spans hold without a gap. */
export function prefixOf(spans: readonly Span[]): number {
  const [first] = spans
  return first?.from === 0 ? first.to : 0
}

/** How many of the first `length` blocks of a log spans hold. */
export function coveredOf(spans: readonly Span[], length: number): number {
  return spans.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, length) - from), 0)
}
