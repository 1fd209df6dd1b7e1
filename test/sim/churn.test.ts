import { describe, test } from '@jest/globals'
import { expectConvergence, expectTruth } from './invariants.ts'
import { SEEDS, scaled } from './scale.ts'
import { SimWorld } from './sim-world.ts'

/** One large mesh, and two small ones. */
const MESHES = SEEDS.map((seed) => [seed, scaled(seed === 1 ? 10 : 6)] as const)
/** Each stands for a minute, in which a third of the devices goes or comes. */
const ROUNDS = 4

describe('churn', () => {
  test.each(MESHES)(
    '%i: of %i devices those that come and go while others write end with everything',
    async (seed, nodes) => {
      await SimWorld.run(seed, { nodes }, async (world) => {
        await world.gather()
        for (let round = 0; round < ROUNDS; round++) {
          await Promise.all([world.write(8), churn(world)])
          await world.write(3)
          await expectTruth(world)
        }
        await expectConvergence(world)
      })
    },
  )
})

/** Devices chosen by chance stop, or start again, one after another. */
async function churn(world: SimWorld): Promise<void> {
  for (let i = 0; i < Math.ceil(world.nodes.length * 0.3); i++) {
    const node = world.pick(world.nodes)
    if (!node.running) await node.start()
    else if (world.running.length > 2) await node.stop()
  }
}
