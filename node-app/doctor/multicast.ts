import type { Finding } from '../api/schemas.ts'
import type { DoctorFacts } from './check.ts'
import { probeUdp } from './udp-probe.ts'

/** A group of the local scope, beside the one that the beacon uses. */
const GROUP = '239.255.47.71'

/** Does multicast, by which devices find each other, leave this computer and come back? */
export async function checkMulticast(facts: DoctorFacts): Promise<Finding> {
  const { nics, clock, random, beaconPort: port } = facts
  const results = await Promise.all(
    nics.map(async (nic) => {
      const way = { from: nic.address, to: GROUP, port, multicast: true }
      const result = await probeUdp({ clock, random, ...way })
      return { name: nic.name, result }
    }),
  )
  return judgeMulticast(results)
}

/** What the probes of each interface mean for a person. */
export function judgeMulticast(results: readonly { name: string; result: string }[]): Finding {
  const check = 'multicast'
  if (results.length === 0) {
    return {
      check,
      ok: false,
      says: 'There is no network to send multicast on.',
      fix: 'Connect to one.',
    }
  }
  const failed = results.filter(({ result }) => result !== 'received')
  const names = results.map(({ name }) => name).join(', ')
  if (failed.length === 0) {
    return { check, ok: true, says: `Multicast works on ${names}: devices can find each other.` }
  }
  const list = failed.map(({ name, result }) => `${name} (${result})`).join(', ')
  return {
    check,
    ok: failed.length < results.length,
    says: `Multicast does not come back on ${list}: devices there may not find each other.`,
    fix: 'Let UDP 5353 and 47470 through the firewall, or link by hand: `porchlight transport add HOST:PORT`.',
  }
}
