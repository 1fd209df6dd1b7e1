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

/** How many bytes more a depositor may bring, and which bound that is. */
export function roomFor(
  paired: boolean,
  used: Used,
  quota: Quota,
): { bytes: number; refused: Refused } {
  if (paired) {
    return { bytes: Math.max(0, quota.total - used.total + used.evictable), refused: 'full' }
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
