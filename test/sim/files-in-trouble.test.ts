/** Files among devices that come, go, and lose each other. */
import { describe, expect, test } from '@jest/globals'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../compliance/until.ts'
import { expectTruth } from './invariants.ts'
import { SEEDS, scaled } from './scale.ts'
import { expectTidy, expectWhole, sendItem, viewOf } from './sim-files.ts'
import type { SimItem } from './sim-files.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const NODES = scaled(5)
const STEPS = scaled(5)
const LARGEST = 3_000_000
const STALL_MS = 2_000

describe('files', () => {
  test.concurrent.each(SEEDS)(
    '%i: several at once through splits, cut links and restarts, each ends everywhere with its bytes',
    async (seed) => {
      const conditions = { loss: 0.02, latency: 3, jitter: 10, bandwidth: 4_000_000 }
      await SimWorld.run(seed, { nodes: NODES, conditions }, async (world) => {
        await world.gather()
        const items: SimItem[] = []
        for (let step = 0; step < STEPS; step++) {
          const from = world.pick(world.running)
          const bytes = 1 + Math.floor(LARGEST ** world.random.float())
          const files = world.random.float() < 0.3 ? 2 + Math.floor(world.random.float() * 9) : 1
          const name = `${step} — of ${from.name}`
          // A file of nothing is none; a folder has a byte at least.
          items.push(await sendItem(world, from, { name, bytes: Math.max(bytes, files), files }))
          await Promise.all([trouble(world), world.write(2)])
          await pause(world.random.float() * 300)
        }
        for (const node of world.nodes) if (!node.running) await node.start()
        world.network.heal()
        for (const node of world.nodes) {
          for (const item of items) await expectWhole(world, node, item)
          await expectTidy(node)
        }
        await expectTruth(world)
      })
    },
  )

  test('a file sent while its reader is away comes through a third, who was there in between', async () => {
    await SimWorld.run(4, { nodes: 3 }, async (world) => {
      await world.gather()
      const [ann, bob, cleo] = world.nodes as [SimNode, SimNode, SimNode]
      await cleo.stop()
      const item = await sendItem(world, ann, { name: 'letter.bin', bytes: 700_000 })
      await expectWhole(world, bob, item)
      await ann.stop()
      await cleo.start()
      await expectWhole(world, cleo, item)
    })
  })

  test('who has a part of a file passes that on: two who have a half each complete each other', async () => {
    const conditions = { bandwidth: 300_000 }
    await SimWorld.run(5, { nodes: 3, conditions }, async (world) => {
      await world.gather()
      const [ann, bob, cleo] = world.nodes as [SimNode, SimNode, SimNode]
      // One after the other, so that neither has what it has from the other.
      await cleo.stop()
      const item = await sendItem(world, ann, { name: 'film.bin', bytes: 2_000_000 })
      const partOf = async (node: SimNode, least: number): Promise<number> => {
        let have = 0
        await until(`${node.name} to have a part`, async () => {
          have = (await viewOf(world, node, item))?.have ?? 0
          return have > least
        })
        return have
      }
      const bobs = await partOf(bob, 300_000)
      await bob.stop()
      await cleo.start()
      const cleos = await partOf(cleo, 600_000)
      await ann.stop()
      await bob.start()
      // They go on from each other alone; should one have begun where the other did, it is that one which gains.
      await until('them to have more than before', async () => {
        const views = await Promise.all([bob, cleo].map((node) => viewOf(world, node, item)))
        return views.reduce((sum, view) => sum + (view?.have ?? 0), 0) > bobs + cleos
      })
      await ann.start()
      for (const node of [bob, cleo]) await expectWhole(world, node, item)
    })
  })

  test('R9: over 20 kB/s that stalls, 100 messages get through before a file that was there first', async () => {
    const conditions = { bandwidth: 20_000, latency: 40, jitter: 20 }
    await SimWorld.run(9, { nodes: 2, conditions }, async (world) => {
      await world.gather()
      const [ann, bob] = world.nodes as [SimNode, SimNode]
      const names = [[ann.name], [bob.name]]
      const item = await sendItem(world, ann, { name: 'photo.bin', bytes: 700_000 })
      await until('some of it', async () => ((await viewOf(world, bob, item))?.have ?? 0) > 0)
      let stalling = true
      const stalls = (async () => {
        while (stalling) {
          world.network.partition(names, 'black-hole')
          await pause(STALL_MS)
          world.network.heal()
          await pause(STALL_MS)
        }
      })()
      try {
        for (let n = 0; n < 100; n++) await ann.send(world.room, `message ${n}`)
        await until('all messages', async () => (await bob.messages(world.room)).length >= 101)
        expect((await viewOf(world, bob, item))!.state).toBe('downloading')
      } finally {
        stalling = false
        await stalls
      }
      // The link as it is took its time to show that messages come first; the rest need not take it too.
      world.network.shape({})
      await expectWhole(world, bob, item)
    })
  })
})

/** A split, a device that goes or comes, a cut link, or peace: by chance. */
async function trouble(world: SimWorld): Promise<void> {
  const chance = world.random.float()
  const [a, b] = [world.pick(world.nodes), world.pick(world.nodes)]
  if (chance < 0.3) world.split()
  else if (chance < 0.5) world.network.heal()
  else if (chance < 0.65) world.network.sever(a.name, b.name)
  else if (!a.running) await a.start()
  else if (world.running.length > 2) await a.stop()
}
