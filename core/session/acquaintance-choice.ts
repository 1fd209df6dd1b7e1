/** A connection that has a mirror in common with this device, or offers space, and is a member of no room here. */
export interface Acquaintance {
  /** They have a mirror in common: anybody can say that they offer space. */
  readonly matching: boolean
  /** When something passed last (ms). */
  readonly activeAt: number
}

/** Which connections end so that `max` stay: those without a mirror in common first, and the idlest among them. */
export function leaveFirst<T extends Acquaintance>(all: readonly T[], max: number): T[] {
  if (all.length <= max) return []
  const first = all.toSorted(
    (a, b) => Number(a.matching) - Number(b.matching) || a.activeAt - b.activeAt,
  )
  return first.slice(0, all.length - max)
}
