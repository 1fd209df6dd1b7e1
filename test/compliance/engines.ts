import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { openEngine } from '../../core/engine.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import type { MakeEngines } from './engine-convergence.ts'

/** Two engines in directories of their own, each started over its transport. */
export const engines: MakeEngines = async (hostTransport, guestTransport) => {
  const directory = await mkdtemp(join(tmpdir(), 'porchlight-compliance-'))
  const shared = { clock: systemClock, random: systemRandom, logger: silentLogger }
  const host = await openEngine({ ...shared, dir: join(directory, 'host'), name: 'Host' })
  const guest = await openEngine({ ...shared, dir: join(directory, 'guest'), name: 'Guest' })
  const close = async (): Promise<void> => {
    await host.close()
    await guest.close()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    host.addTransport(hostTransport)
    guest.addTransport(guestTransport)
    await host.switchTransport(hostTransport.id, true)
    await guest.switchTransport(guestTransport.id, true)
  } catch (error) {
    await close()
    throw error
  }
  return { host, guest, close }
}
