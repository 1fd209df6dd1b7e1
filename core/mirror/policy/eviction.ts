/** A mirror that is held, as far as giving way goes; ms of one clock, bytes. */
export interface Evictable {
  readonly id: string
  readonly bytes: number
  readonly until: number
  /** Somebody who shares a room with this device deposited it. */
  readonly paired: boolean
  /** When it was deposited first. */
  readonly since: number
  /** From where, see core/address-bucket.ts. */
  readonly address: string
}

/** Mirrors whose time is over. */
export function expired<T extends Pick<Evictable, 'until'>>(held: readonly T[], now: number): T[] {
  return held.filter(({ until }) => until <= now)
}

/**
 * Which mirrors give way so that a depositor who shares a room with this device has `need` bytes more: those whose time
 * is over, then those of strangers: of the address that has most here, the oldest deposit first. Never those of others
 * who share a room, and never more than it takes; what is carried for strangers gave way before.
 */
export function giveWay<T extends Evictable>(held: readonly T[], need: number, now: number): T[] {
  const out: T[] = []
  let freed = 0
  const leave = (one: T): void => {
    out.push(one)
    freed += one.bytes
  }
  for (const one of expired(held, now)) if (freed < need) leave(one)
  const strange = new Map<string, T[]>()
  const aged = held
    .filter(({ paired, until }) => !paired && until > now)
    .toSorted((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))
  for (const one of aged) {
    const beside = strange.get(one.address)
    if (beside) beside.push(one)
    else strange.set(one.address, [one])
  }
  const groups = [...strange.values()].map((all) => {
    return { all, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0) }
  })
  while (freed < need && groups.length > 0) {
    const largest = groups.reduce((a, b) => {
      return b.bytes > a.bytes || (b.bytes === a.bytes && b.all[0]!.since < a.all[0]!.since) ? b : a
    })
    const one = largest.all.shift()!
    leave(one)
    largest.bytes -= one.bytes
    if (largest.all.length === 0) groups.splice(groups.indexOf(largest), 1)
  }
  return out
}
