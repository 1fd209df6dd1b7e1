/** A connection that has a mirror in common with this device, or offers space, and is a member of no room here. */
export interface Acquaintance {
  /** They have a mirror in common: anybody can say that they offer space. */
  readonly matching: boolean
  /** What quotas count as one address. */
  readonly address: string
  /** For how long it has been there (ms). */
  readonly age: number
  /** When something passed last (ms). */
  readonly activeAt: number
}

/** Whoever has been there for so long does not give way to those that came all at once. */
const SETTLED = 10 * 60_000
/** Connections of one address that no other address gives way to. */
const FAIR = 64

/**
 * Which connections end so that `max` stay: those without a mirror in common first, then what an address has beyond
 * its fair part, then those that came lately, and the idlest among them. Mirrors in common cost nothing to make.
 */
export function leaveFirst<T extends Acquaintance>(all: readonly T[], max: number): T[] {
  if (all.length <= max) return []
  const beyond = beyondFair(all)
  const last = (one: T): number =>
    !one.matching ? 0 : beyond.has(one) ? 1 : one.age < SETTLED ? 2 : 3
  const first = all.toSorted((a, b) => last(a) - last(b) || a.activeAt - b.activeAt)
  return first.slice(0, all.length - max)
}

/** All but those of each address that stay longest: the oldest. */
function beyondFair<T extends Acquaintance>(all: readonly T[]): Set<T> {
  const counts = new Map<string, number>()
  const beyond = new Set<T>()
  for (const one of all.toSorted((a, b) => b.age - a.age)) {
    if (!one.matching) continue
    const count = (counts.get(one.address) ?? 0) + 1
    counts.set(one.address, count)
    if (count > FAIR) beyond.add(one)
  }
  return beyond
}
