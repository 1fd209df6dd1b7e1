/** A connection whose peer knows something that we know, and is a member of no room here. */
export interface Guest {
  /** It proved that it is who a meeting is for: a device that is being paired, a person with their words. */
  readonly met: boolean
  /** It brings a statement by which somebody may let it into a room. */
  readonly awaited: boolean
}

/** Those that proved themselves in a meeting never give way, but there can not be many. */
const MAX_MET = 8

/**
 * Which connections end so that `max` stay; `guests`: oldest first. Whoever holds an invite can open very many: those
 * that nothing is to come of end first, and among them the oldest, for an honest one says soon what it wants.
 */
export function giveWay<T extends Guest>(guests: readonly T[], max: number): T[] {
  const kept = new Set(guests.filter(({ met }) => met).slice(0, MAX_MET))
  const others = guests.filter((guest) => !kept.has(guest))
  const surplus = others.length - max
  if (surplus <= 0) return []
  const awaited = new Set(others.filter((guest) => guest.awaited))
  const idle = others.filter((guest) => !awaited.has(guest))
  return [...idle, ...awaited].slice(0, surplus)
}
