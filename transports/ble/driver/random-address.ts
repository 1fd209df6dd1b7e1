/** The address that others see instead of the one of the adapter. */
import type { Random } from '../../../core/random.ts'

/** A fresh one, of the resolvable form that phones use; that nobody can resolve it is not to be seen. */
export function randomAddress(random: Random): string {
  const bytes = random.bytes(6)
  bytes[0] = 0x40 | (bytes[0]! & 0x3f)
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
}
