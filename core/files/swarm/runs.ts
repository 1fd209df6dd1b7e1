/** Ascending or not, indices as runs of neighbours. */
export function toRuns(indices: readonly number[]): { from: number; count: number }[] {
  const out: { from: number; count: number }[] = []
  for (const index of indices.toSorted((a, b) => a - b)) {
    const last = out.at(-1)
    if (last && index < last.from + last.count) continue
    if (last && index === last.from + last.count) last.count++
    else out.push({ from: index, count: 1 })
  }
  return out
}
