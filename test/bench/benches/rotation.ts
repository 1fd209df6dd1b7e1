/** A new key for everyone in a crowded room: what it costs the device that makes it, and the room. */
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import type { RotationCalls } from '../contestants/rotation.ts'
import { Participant } from '../measure/participant.ts'
import { median } from '../measure/statistics.ts'
import { atMost } from '../targets.ts'

const LIMIT_MS = 600_000

export const rotation: Bench = {
  name: 'rotation',
  says: 'a new key for a room of 500 devices: work, and bytes of control log',
  unavailable: async () => null,
  async run({ quick, directory, say, own }) {
    const [devices, times] = quick ? [50, 2] : [500, 9]
    const dir = join(directory, 'host')
    const maker = own(new Participant<RotationCalls>('rotation'))
    say(`letting ${devices} devices in`)
    await maker.callWithin(LIMIT_MS, 'fill', dir, devices)
    await maker.close()
    const node = own(new Participant<RotationCalls>('rotation'))
    say(`${times} rotations`)
    const all = await node.callWithin(LIMIT_MS, 'rotate', dir, times)
    const boxes = await node.call('sealedBoxes', devices)
    await node.close()
    for (const { holders } of all) {
      if (holders !== devices) throw new Error(`${holders} of ${devices} devices got the key`)
    }
    const of = (key: 'ms' | 'cpuMs' | 'findMs' | 'bytes'): number =>
      median(all.map((one) => one[key]))
    const kB = of('bytes') / 1_000
    return {
      work: `A room of ${devices} members' devices. A rotation is from drawing the key until its entry is durable on this device and stands in the room's state: a box for each device, the key before sealed with the new one, signature, journal, verdict. Medians of ${times}.`,
      rows: [
        {
          contestant: 'Porchlight',
          values: { 'time ms': of('ms'), 'CPU ms': of('cpuMs'), 'control log kB': kB },
        },
        {
          contestant: '… a device that finds its key in it',
          values: { 'time ms': of('findMs'), 'CPU ms': null, 'control log kB': null },
        },
        {
          contestant: 'a sealed box for each device, in an entry of its own (boxes alone)',
          values: {
            'time ms': boxes.ms,
            'CPU ms': null,
            'control log kB': boxes.bytes / 1_000,
          },
        },
      ],
      targets: [atMost('work', of('ms') / 1_000, 1, 's'), atMost('control log', kB, 60, 'kB')],
      notes: ['The last row counts neither the signatures nor the proofs of its entries.'],
    }
  },
}
