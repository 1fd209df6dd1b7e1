import { describe, test } from '@jest/globals'
import { until } from '../compliance/until.ts'
import { expectConvergence, expectTruth } from './invariants.ts'
import { SEEDS, scaled } from './scale.ts'
import { SimWorld } from './sim-world.ts'

const NODES = scaled(5)
const STEPS = 8

describe('delivery', () => {
  test.each(SEEDS)(
    '%i: no false state in any fault, and everybody knows who read what once all is healed',
    async (seed) => {
      const conditions = { loss: 0.1, latency: 3, jitter: 10 }
      await SimWorld.run(seed, { nodes: NODES, conditions }, async (world) => {
        await world.gather()
        for (let step = 0; step < STEPS; step++) {
          await trouble(world)
          await Promise.all([
            world.write(4),
            ...world.running
              .filter(() => world.random.float() < 0.4)
              .map((node) => node.readAll(world.room)),
          ])
          await expectTruth(world)
        }
        // Nobody reads on: what all have is delivered, or read by some.
        for (const node of world.nodes) if (!node.running) await node.start()
        world.network.heal()
        await world.agree(world.nodes, world.acknowledged.size)
        for (const node of world.nodes) await node.readAll(world.room)
        await expectConvergence(world)
        await until('everybody to know that all was read', async () => {
          for (const node of world.nodes) {
            for (const { own, delivery } of await node.messages(world.room)) {
              if (own && delivery.state !== 'read') return false
            }
          }
          return true
        })
      })
    },
    120_000,
  )
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
