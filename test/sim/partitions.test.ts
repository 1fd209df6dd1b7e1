import { describe, test } from '@jest/globals'
import { expectConvergence, expectTruth } from './invariants.ts'
import { SEEDS, scaled } from './scale.ts'
import { SimWorld } from './sim-world.ts'

/** One large mesh, and two small ones whose splits leave devices alone. */
const MESHES = SEEDS.map((seed) => [seed, scaled(seed === 1 ? 20 : 6)] as const)
const SPLITS = 5

describe('partition and merge', () => {
  test.each(MESHES)(
    '%i: five splits of %i devices lose nothing, double nothing, and end in one order',
    async (seed, nodes) => {
      await SimWorld.run(seed, { nodes }, async (world) => {
        await world.gather()
        await world.write(10)
        for (let i = 0; i < SPLITS; i++) {
          const groups = world.split()
          await world.write(12)
          // Now and then a side comes to rest, now and then the next split finds it in the middle.
          if (world.random.float() < 0.5) await world.rest(world.pick(groups))
          await expectTruth(world)
          world.network.heal()
          await world.write(4)
        }
        await expectConvergence(world)
      })
    },
  )
})
