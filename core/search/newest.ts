/**
 * The `count` latest of `items` before `before` (of all, when null), latest first: one pass, and no sorting of what
 * is not asked for. `compare` is negative when its first comes earlier.
 */
export function newest<T>(
  items: Iterable<T>,
  compare: (a: T, b: T) => number,
  before: T | null,
  count: number,
): T[] {
  const best: T[] = []
  for (const item of items) {
    if (before !== null && compare(item, before) >= 0) continue
    if (best.length >= count && compare(item, best.at(-1)!) <= 0) continue
    let [low, high] = [0, best.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compare(best[middle]!, item) > 0) low = middle + 1
      else high = middle
    }
    best.splice(low, 0, item)
    if (best.length > count) best.pop()
  }
  return best
}
