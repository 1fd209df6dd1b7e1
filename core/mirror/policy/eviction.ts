/** A mirror that is held, as far as giving way goes; wall-clock ms, bytes. */
export interface Evictable {
  readonly id: string
  readonly bytes: number
  readonly until: number
  /** Somebody who shares a room with this device deposited it. */
  readonly paired: boolean
  /** When it was deposited first. */
  readonly since: number
}

/** Mirrors whose time is over. */
export function expired<T extends Evictable>(held: readonly T[], now: number): T[] {
  return held.filter(({ until }) => until <= now)
}

/**
 * Which mirrors give way so that a depositor who shares a room with this device has `need` bytes more: those whose time
 * is over, then those of strangers, the oldest deposit first. Never those of others who share a room, and never more
 * than it takes; what is carried for strangers gave way before.
 */
export function giveWay<T extends Evictable>(held: readonly T[], need: number, now: number): T[] {
  const strange = held
    .filter(({ paired, until }) => !paired && until > now)
    .toSorted((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))
  const out: T[] = []
  let freed = 0
  for (const one of [...expired(held, now), ...strange]) {
    if (freed >= need) break
    out.push(one)
    freed += one.bytes
  }
  return out
}
