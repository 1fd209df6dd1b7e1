import { broadcastOf } from '../../transports/lan/nics.ts'
import type { Finding } from '../api/schemas.ts'
import type { DoctorFacts } from './check.ts'
import { probeUdp } from './udp-probe.ts'

/** Does broadcast, the second way in which devices find each other, come back? */
export async function checkBroadcast(facts: DoctorFacts): Promise<Finding> {
  const { nics, clock, random, beaconPort: port } = facts
  const results = await Promise.all(
    nics.flatMap((nic) => {
      const to = broadcastOf(nic)
      if (to === undefined) return []
      const probe = probeUdp({ clock, random, from: nic.address, to, port, multicast: false })
      return [probe.then((result) => ({ name: nic.name, result }))]
    }),
  )
  return judgeBroadcast(results)
}

/** What the probes of each interface mean for a person. */
export function judgeBroadcast(results: readonly { name: string; result: string }[]): Finding {
  const check = 'broadcast'
  const failed = results.filter(({ result }) => result !== 'received')
  if (results.length === 0) {
    return { check, ok: true, says: 'No network here has broadcast; multicast is enough.' }
  }
  if (failed.length === 0) {
    return {
      check,
      ok: true,
      says: `Broadcast works on ${results.map(({ name }) => name).join(', ')}.`,
    }
  }
  const list = failed.map(({ name, result }) => `${name} (${result})`).join(', ')
  return {
    check,
    ok: failed.length < results.length,
    says: `Broadcast does not come back on ${list}. Where multicast works it is not needed.`,
    fix: 'Let UDP 47470 through the firewall of this computer.',
  }
}
