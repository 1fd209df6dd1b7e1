import type { Clock } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import { systemNics, usableNics } from '../../transports/lan/nics.ts'
import type { Finding } from '../api/schemas.ts'
import { checkBluetooth } from './bluetooth.ts'
import { checkBroadcast } from './broadcast.ts'
import type { Check, DoctorFacts, NodeFacts } from './check.ts'
import { checkClock } from './clock.ts'
import { checkDisk } from './disk.ts'
import { checkFiles } from './files.ts'
import { checkFirewall } from './firewall.ts'
import { checkInterfaces } from './interfaces.ts'
import { checkIsolation } from './isolation.ts'
import { checkKeys } from './keys.ts'
import { checkLan } from './lan.ts'
import { checkMulticast } from './multicast.ts'
import { checkNode } from './node.ts'
import { checkPermissions } from './permissions.ts'
import { checkVpn } from './vpn.ts'

const CHECKS: Readonly<Record<string, Check>> = {
  node: checkNode,
  lan: checkLan,
  interfaces: checkInterfaces,
  multicast: checkMulticast,
  broadcast: checkBroadcast,
  firewall: checkFirewall,
  isolation: checkIsolation,
  vpn: checkVpn,
  bluetooth: checkBluetooth,
  clock: checkClock,
  disk: checkDisk,
  files: checkFiles,
  permissions: checkPermissions,
  keys: checkKeys,
}

const DEFAULT_BEACON_PORT = 47_470

/** Looks at all there is to look at; takes up to some seconds, as some checks listen to the network. */
export async function runDoctor(options: {
  dir: string
  clock: Clock
  random: Random
  beaconPort?: number | undefined
  node?: NodeFacts | undefined
}): Promise<Finding[]> {
  const { dir, clock, random, beaconPort = DEFAULT_BEACON_PORT, node } = options
  const nics = usableNics(systemNics(), false).filter((nic) => nic.family === 4)
  const facts: DoctorFacts = {
    dir,
    clock,
    random,
    nics,
    beaconPort,
    ...(node === undefined ? {} : { node }),
  }
  return Promise.all(
    Object.entries(CHECKS).map(async ([name, check]) => {
      try {
        return await check(facts)
      } catch (error) {
        const { code, name: kind } = error as NodeJS.ErrnoException
        return { check: name, ok: false, says: `This could not be looked at (${code ?? kind}).` }
      }
    }),
  )
}
