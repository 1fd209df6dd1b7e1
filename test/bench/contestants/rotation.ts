/** Makes new keys for a crowded room, in a process of its own. */
import { systemClock } from '../../../core/clock.ts'
import { encodeOperation } from '../../../core/control/operation.ts'
import { seal } from '../../../core/crypto/box.ts'
import { keyPairFromSeed } from '../../../core/crypto/sign.ts'
import { silentLogger } from '../../../core/logger.ts'
import { systemRandom } from '../../../core/random.ts'
import { KeyKeeper } from '../../../core/room/epochs/key-keeper.ts'
import { KeyRing } from '../../../core/room/epochs/key-ring.ts'
import { Storage } from '../../../core/storage.ts'
import { serve } from '../measure/serve.ts'
import { monotonic } from '../measure/timing.ts'
import { ownUsage } from '../measure/usage.ts'
import { fillCrowd } from './crowd-room.ts'
import { openStoredRoom } from '../../sim/stored-room.ts'

export interface Rotated {
  /** Milliseconds until the entry is durable and the room's state has it, and of CPU in them. */
  readonly ms: number
  readonly cpuMs: number
  /** Milliseconds in which a device finds its key in what came. */
  readonly findMs: number
  /** Bytes that the control log grew by. */
  readonly bytes: number
  /** Devices that got the key. */
  readonly holders: number
}

const facts = { clock: systemClock, random: systemRandom, logger: silentLogger }

const calls = {
  fill: (dir: string, devices: number): Promise<void> =>
    fillCrowd(dir, { devices, messages: devices - 1 }),

  /** Rotates so many times. */
  async rotate(dir: string, times: number): Promise<Rotated[]> {
    const storage = await Storage.open({ dir, ...facts })
    const { keys } = storage
    const { record, store, control } = await openStoredRoom(storage, facts)
    const ring = new KeyRing({ record, device: keys.device, room: control.key })
    ring.fill(control.state)
    const device = keys.device.publicKey.toString('hex')
    const keeper = new KeyKeeper({
      control,
      ring,
      device,
      ...facts,
      asking: () => [],
      onexpiry: () => {},
    })
    const own = storage.store.get({ key: control.writer, active: false })
    await own.ready()
    const all: Rotated[] = []
    for (let n = 0; n < times; n++) {
      const bytes = own.byteLength
      const [from, cpu] = [monotonic(), ownUsage().cpu]
      await keeper.rotate()
      const [ms, cpuMs] = [monotonic() - from, 1_000 * (ownUsage().cpu - cpu)]
      const since = monotonic()
      ring.fill(control.state)
      const findMs = monotonic() - since
      const { epoch, epochs } = control.state
      if (!ring.key(epoch)) throw new Error('the new key was not found')
      const { holders } = epochs.get(epoch)!
      all.push({ ms, cpuMs, findMs, bytes: own.byteLength - bytes, holders: holders.size })
    }
    await own.close()
    await keeper.close()
    await control.close()
    await store.close()
    await storage.close()
    return all
  },

  /** The usual way instead: a sealed box for each device, under its whole key. Milliseconds and bytes. */
  sealedBoxes(devices: number): { ms: number; bytes: number } {
    const key = systemRandom.bytes(32)
    const members = Array.from({ length: devices }, () => keyPairFromSeed(systemRandom.bytes(32)))
    const from = monotonic()
    const entries = members.map(({ publicKey: device }) =>
      encodeOperation({ type: 'grant', device, epoch: 1, keys: seal(key, device) }),
    )
    return {
      ms: monotonic() - from,
      bytes: entries.reduce((sum, { byteLength }) => sum + byteLength, 0),
    }
  },
}

export type RotationCalls = typeof calls

serve(calls)
