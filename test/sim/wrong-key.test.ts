import { expect, jest, test } from '@jest/globals'
import type { EpochKey } from '../../core/room/epochs/key-box.ts'
import { until } from '../compliance/until.ts'
import type { SimNode } from './sim-node.ts'

// Whoever lets a device in here hands it a key that is none; whoever grants it one is honest.
const cover = await import('../../core/room/epochs/key-cover.ts')
jest.unstable_mockModule('../../core/room/epochs/key-cover.ts', () => ({
  ...cover,
  keysForNewcomer: (...facts: Parameters<typeof cover.keysForNewcomer>): EpochKey[] =>
    cover.keysForNewcomer(...facts).map(({ epoch }) => ({ epoch, key: Buffer.alloc(32, 9) })),
}))
const { SimWorld } = await import('./sim-world.ts')

test('A20: a newcomer that was handed a wrong key says so, and gets the right one', async () => {
  await SimWorld.run(1, { nodes: 2 }, async (world) => {
    const [ann, bob] = world.nodes as [SimNode, SimNode]
    world.room = (await ann.engine.createRoom('Keys')).id
    await ann.send(world.room, 'old')
    await bob.engine.join(await ann.engine.invite(world.room), { patience: 120_000 })
    await until('it to be in', () => world.joined(bob))
    await bob.send(world.room, 'new')
    for (const node of [ann, bob]) {
      const texts = async (): Promise<string[]> =>
        (await node.messages(world.room)).map(({ text }) => text)
      await until('all to be read', async () => (await texts()).length === 2)
      // Written at the same time, for all that either knew.
      expect((await texts()).sort()).toEqual(['new', 'old'])
    }
  })
})
