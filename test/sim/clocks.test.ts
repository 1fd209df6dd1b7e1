import { describe, expect, test } from '@jest/globals'
import { expectConvergence, expectTruth } from './invariants.ts'
import { SEEDS } from './scale.ts'
import { SimWorld } from './sim-world.ts'
import { wrongClock } from './wall-clock.ts'

const NODES = 5
const TURNS = 12

describe('wrong wall clocks', () => {
  test.each(SEEDS)(
    '%i: ±1 day, jumps and 1970 change nothing about who follows whom',
    async (seed) => {
      const options = {
        nodes: NODES,
        clock: (_: number, random: SimWorld['random']) => wrongClock(random),
      }
      await SimWorld.run(seed, options, async (world) => {
        await world.gather()
        const said: string[] = []
        for (let turn = 0; turn < TURNS; turn++) {
          const speaker = world.pick(world.nodes)
          const { id } = await speaker.send(world.room, `turn ${turn}`)
          said.push(id)
          // Each has read what was said when the next one answers, so no clock may put them otherwise.
          await world.agree(world.nodes, said.length)
        }
        await expectTruth(world)
        await expectConvergence(world)
        const shown = await world.nodes[0]!.messages(world.room)
        expect(shown.map(({ id }) => id)).toEqual(said)
        const times = shown.map(({ sentAt }) => sentAt)
        expect(times).not.toEqual([...times].sort((a, b) => a - b))
      })
    },
    300_000,
  )
})
