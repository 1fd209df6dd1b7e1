import type { Refused } from './refusals.ts'

/** How much a holder takes; bytes. */
export interface Quota {
  readonly total: number
  /** Of it, the share that is kept for depositors who share a room with this device. */
  readonly reserve: number
  /** Of one depositor, and of all from one address, who share none. */
  readonly depositor: number
  readonly address: number
}

/** How much is held; bytes. */
export interface Used {
  readonly total: number
  /** Of that, for depositors who share no room with this device. */
  readonly unpaired: number
  /** Of that, for this depositor, and for all from its address. */
  readonly depositor: number
  readonly address: number
  /** Of all who share a room with this device at its address. */
  readonly members: number
  /** What would give way: to anybody, and to a depositor who shares a room with this device. */
  readonly loose: number
  readonly evictable: number
}

/** What a blind peer takes unless its owner says otherwise. */
export const DEFAULT_QUOTA: Quota = {
  total: 1024 * 1024 * 1024,
  reserve: 0.5,
  depositor: 32 * 1024 * 1024,
  address: 64 * 1024 * 1024,
}

/** The share of all that one who shares a room may have, with all such at its address, while others give way for it. */
const MEMBER_SHARE = 0.5
/** The share of all that others may bring of one mirror that was deposited by who shares a room. */
const BROUGHT_SHARE = 0.25

/** How many bytes more a depositor may bring, and which bound that is. */
export function roomFor(
  paired: boolean,
  used: Used,
  quota: Quota,
): { bytes: number; refused: Refused } {
  if (paired) {
    const free = quota.total - used.total + used.loose
    const share = quota.total * MEMBER_SHARE - Math.max(used.depositor, used.members)
    const gained = Math.min(quota.total - used.total + used.evictable, share)
    return { bytes: Math.max(0, Math.floor(Math.max(free, gained))), refused: 'full' }
  }
  const bounds: [number, Refused][] = [
    [quota.depositor - used.depositor, 'share'],
    [quota.address - used.address, 'address'],
    [quota.total * (1 - quota.reserve) - used.unpaired, 'full'],
    [quota.total - used.total + used.loose, 'full'],
  ]
  const [bytes, refused] = bounds.reduce((least, bound) => (bound[0] < least[0] ? bound : least))
  return { bytes: Math.max(0, Math.floor(bytes)), refused }
}

/** The same for those who bring more of a mirror that is held for one who shares a room: nothing gives way for that. */
export function roomToBring(
  brought: number,
  { total, loose }: Pick<Used, 'total' | 'loose'>,
  quota: Quota,
): { bytes: number; refused: Refused } {
  const bytes = Math.min(quota.total - total + loose, quota.total * BROUGHT_SHARE - brought)
  return { bytes: Math.max(0, Math.floor(bytes)), refused: 'full' }
}
