/** A wait that doubles each `time` (from 1), from `first` to at most `longest`. */
export function doubling(time: number, first: number, longest: number): number {
  return Math.min(longest, first * 2 ** Math.min(16, Math.max(0, time - 1)))
}
