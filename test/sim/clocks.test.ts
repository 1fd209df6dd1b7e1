import { describe, expect, test } from '@jest/globals'
import { expectConvergence, expectTruth } from './invariants.ts'
import { SEEDS } from './scale.ts'
import { systemClock } from '../../core/clock.ts'
import { LIMITS } from '../../core/room/allowance.ts'
import { until } from '../compliance/until.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'
import { wrongClock } from './wall-clock.ts'

const NODES = 5
const TURNS = 12
const YEAR = 365 * 86_400_000

describe('wrong wall clocks', () => {
  test.concurrent.each(SEEDS)(
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
  )

  test('one message dated years ahead does not keep its device from writing later', async () => {
    let ahead = 0
    const wrong = { ...systemClock, now: () => systemClock.now() + ahead }
    const limits = { ...LIMITS, records: 12, recordRate: 1 }
    const options = { nodes: 2, limits, clock: (n: number) => (n === 0 ? wrong : systemClock) }
    await SimWorld.run(1, options, async (world) => {
      await world.gather()
      const [ann, bob] = world.nodes as [SimNode, SimNode]
      ahead = 70 * YEAR
      await ann.send(world.room, 'from afar')
      ahead = 0
      const said = ['from afar']
      for (let n = 0; n < 15; n++) {
        said.push(`back ${n}`)
        await ann.send(world.room, `back ${n}`)
      }
      await until('all to be shown', async () => {
        const texts = (await bob.messages(world.room)).map(({ text }) => text)
        return said.every((text) => texts.includes(text))
      })
    })
  })
})
