import { describe, expect, test } from '@jest/globals'
import { sleep, systemClock } from '../../core/clock.ts'
import { until } from '../compliance/until.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const KIB = 1024
const LIMIT = 240_000

async function* bytes(size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; at += 64 * KIB) {
    yield Buffer.alloc(Math.min(64 * KIB, size - at), at / 64 / KIB)
  }
}

describe('files and text on one link', () => {
  test('R9: at 20 kB/s with stalls of 2 s, 100 messages get through first; the file yields and goes on after', async () => {
    await SimWorld.run(91, { nodes: 2 }, async (world) => {
      const [ann, bob] = world.nodes as [SimNode, SimNode]
      const { network } = world
      await world.gather()
      network.shape({ bandwidth: 20_000, latency: 50 })
      const { id } = await ann.engine.files.sendBytes(world.room, 'map', bytes(3_000_000))
      const here = async (): Promise<number> => {
        const [file] = await bob.engine.files.list(world.room)
        return file?.have ?? -1
      }
      await until('the message', async () => (await here()) === 0)
      await bob.engine.files.fetch(world.room, id)
      await until('a part of it', async () => (await here()) > 0, LIMIT)

      const before = await here()
      const ended = new AbortController()
      const stalling = stall(network, ended.signal)
      for (let n = 0; n < 100; n++) await ann.send(world.room, `${n} `.repeat(500))
      const shown = async (): Promise<number> =>
        (await bob.messages(world.room)).filter(({ kind }) => kind === 'text').length
      await until('the messages', async () => (await shown()) === 100, LIMIT)
      // 200 kB of text went by. A fair share would have been as much of the file: three chunks.
      expect((await here()) - before).toBeLessThanOrEqual(64 * KIB)
      const then = await here()
      await until('more of the file', async () => (await here()) > then, LIMIT)
      ended.abort(new Error('over'))
      await stalling
    })
  })
})

/** Every 5 s nothing passes for 2 s. */
async function stall(network: SimWorld['network'], signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await sleep(systemClock, 3_000, signal)
      network.partition([['n0'], ['n1']], 'black-hole')
      await sleep(systemClock, 2_000, signal)
      network.heal()
    }
  } catch {
    network.heal()
  }
}
