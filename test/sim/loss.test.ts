import { describe, test } from '@jest/globals'
import { expectConvergence, expectTruth } from './invariants.ts'
import { SEEDS, scaled } from './scale.ts'
import { SimWorld } from './sim-world.ts'

const NODES = scaled(4)
const CONDITIONS = { loss: 0.3, latency: 5, jitter: 40 }

describe('a bad network', () => {
  test.concurrent.each(SEEDS)(
    '%i: a third of the packets lost, delays that vary, links cut in the middle',
    async (seed) => {
      await SimWorld.run(seed, { nodes: NODES, conditions: CONDITIONS }, async (world) => {
        await world.gather()
        for (let round = 0; round < 2; round++) {
          await world.write(6)
          const [a, b] = [world.pick(world.nodes), world.pick(world.nodes)]
          world.network.sever(a.name, b.name)
          await world.write(3)
          await expectTruth(world)
        }
        await expectConvergence(world)
      })
    },
  )
})
