/** The smallest sample that a share of all samples, 0 to 1, does not exceed; NaN when there is none. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5)
}
