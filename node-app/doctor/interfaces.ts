import type { Finding } from '../api/schemas.ts'
import type { DoctorFacts } from './check.ts'

/** Does this computer have an address on a local network? */
export function checkInterfaces({ nics }: DoctorFacts): Finding {
  const check = 'interfaces'
  if (nics.length === 0) {
    return {
      check,
      ok: false,
      says: 'This computer has no address on a local network.',
      fix: 'Connect to Wi-Fi or plug in a cable; a hotspot without internet is enough.',
    }
  }
  const list = nics.map((nic) => `${nic.address} (${nic.name})`).join(', ')
  return { check, ok: true, says: `Usable here: ${list}.` }
}
