import { describe, expect, test } from '@jest/globals'
import { until } from '../compliance/until.ts'
import { expectConvergence, expectTruth } from './invariants.ts'
import { SEEDS } from './scale.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const SLOW = { id: 'radio', cost: 30 }
const FAST = { id: 'cable', cost: 10 }

/** The transports of the connections that a device shows. */
function paths(node: SimNode): string[] {
  return node.engine.peers().map(({ transport }) => transport)
}

describe('two paths between the same devices', () => {
  test.concurrent.each(SEEDS)(
    '%i: one connection is kept, the better one takes over and gives way, and nothing is lost or doubled',
    async (seed) => {
      const options = { nodes: 2, transports: [SLOW, FAST], conditions: { latency: 1, jitter: 3 } }
      await SimWorld.run(seed, options, async (world) => {
        const [one, other] = world.nodes as [SimNode, SimNode]
        const both = (path: string): boolean =>
          [one, other].every((node) => paths(node).join() === path)
        const wires = (): number => world.network.links().length
        await world.gather()
        await until('the cable alone', () => both('cable') && wires() === 1)
        for (let turn = 0; turn < 3; turn++) {
          await world.write(3)
          one.transports.get('cable')!.unplug('pulled')
          await world.write(3)
          await until('the radio to take over', () => both('radio') && wires() === 1)
          await world.write(3)
          const back = world.write(6)
          one.transports.get('cable')!.plug()
          await back
          await until('the cable to take over', () => both('cable') && wires() === 1)
        }
        await expectTruth(world)
        await expectConvergence(world)
        expect([...paths(one), ...paths(other)]).toEqual(['cable', 'cable'])
      })
    },
  )

  test('the one that is kept stays: no flapping between equal ones', async () => {
    const options = { nodes: 2, transports: [{ id: 'left' }, { id: 'right' }] }
    await SimWorld.run(4, options, async (world) => {
      const [one, other] = world.nodes as [SimNode, SimNode]
      await world.gather()
      await until('one wire', () => world.network.links().length === 1)
      const [kept] = paths(one)
      let closed = 0
      for (const node of [one, other]) {
        node.engine.on('peers', () => {
          if (node.running && !paths(node).includes(kept!)) closed += 1
        })
      }
      // The other path is offered again and again meanwhile.
      for (let i = 0; i < 40; i++) {
        await world.write(2)
        await world.agree(world.nodes, 2 * (i + 1))
      }
      expect(closed).toBe(0)
      expect([paths(one), paths(other)]).toEqual([[kept], [kept]])
      await expectConvergence(world)
    })
  })
})
