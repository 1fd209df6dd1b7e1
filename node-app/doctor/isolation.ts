import { createSocket } from 'node:dgram'
import { GROUP4 } from '../../transports/lan/beacon-sockets.ts'
import type { Finding } from '../api/schemas.ts'
import type { DoctorFacts } from './check.ts'

/** Longer than the calm interval of the beacon. */
const LISTEN_FOR = 5_000
const MAX_HEARD = 64

/** Do others announce themselves here without a link coming about? */
export async function checkIsolation(facts: DoctorFacts): Promise<Finding> {
  const lan = facts.node?.transports.find((transport) => transport.id === 'lan')
  if (lan?.state !== 'on') {
    return { check: 'isolation', ok: true, says: 'Not looked at: the local network is not in use.' }
  }
  if (lan.peers > 0) return judgeIsolation({ linked: lan.peers, heard: 0 })
  return judgeIsolation({ linked: 0, heard: await hearOthers(facts) })
}

/** What was heard, against what is linked, as a person should understand it. */
export function judgeIsolation({ linked, heard }: { linked: number; heard: number }): Finding {
  const check = 'isolation'
  if (linked > 0) return { check, ok: true, says: 'Devices here do link with this one.' }
  if (heard === 0) {
    return {
      check,
      ok: true,
      says: 'Nobody else was heard here. If somebody is near, their network may keep devices apart.',
      fix: 'Guest Wi-Fi often does: use another network or a hotspot, or `porchlight transport add HOST:PORT`.',
    }
  }
  const who =
    heard === 1 ? 'Another device announces itself' : `${heard} other devices announce themselves`
  return {
    check,
    ok: false,
    says: `${who} here, but no link comes about: a firewall on either side, or a network that keeps devices apart.`,
    fix: 'Allow Porchlight in the firewall on both, or use another network.',
  }
}

/** How many other addresses the beacon was heard from. */
function hearOthers({ nics, clock, beaconPort }: DoctorFacts): Promise<number> {
  const own = new Set(nics.map((nic) => nic.address))
  const heard = new Set<string>()
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  return new Promise((resolve) => {
    let done = false
    const finish = (): void => {
      if (done) return
      done = true
      timer.cancel()
      socket.close()
      resolve(heard.size)
    }
    const timer = clock.after(LISTEN_FOR, finish)
    socket.on('error', finish)
    socket.on('message', (_data, from) => {
      if (!own.has(from.address) && heard.size < MAX_HEARD) heard.add(from.address)
    })
    socket.bind(beaconPort, '0.0.0.0', () => {
      for (const nic of nics) {
        try {
          socket.addMembership(GROUP4, nic.address)
        } catch {
          // That network can not do multicast; its own check says so, and broadcasts are heard still.
        }
      }
    })
  })
}
