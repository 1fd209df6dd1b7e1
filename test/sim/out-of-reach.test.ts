import { describe, expect, test } from '@jest/globals'
import type { RoomView } from '../../core/api.ts'
import { until } from '../compliance/until.ts'
import { expectConvergence, expectTruth } from './invariants.ts'
import { SEEDS } from './scale.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

describe('devices out of reach', () => {
  test.concurrent.each(SEEDS)(
    '%i: one that only ever meets one other member has and gives everything',
    async (seed) => {
      await SimWorld.run(seed, { nodes: 5 }, async (world) => {
        const [ferry, hermit, ...town] = world.nodes as [SimNode, SimNode, ...SimNode[]]
        const names = (nodes: SimNode[]): string[] => nodes.map(({ name }) => name)
        // The ferry is the host, so it meets them all; the hermit meets the ferry alone, from the first.
        world.network.partition([names([ferry, ...town]), names([hermit])])
        const atSea = (): void => world.network.partition([names([ferry, hermit]), names(town)])
        const inTown = (): void => world.network.partition([names([ferry, ...town])])
        const { id } = await ferry.engine.createRoom('Ferry')
        world.room = id
        const invite = await ferry.engine.invite(id)
        for (const node of [...town, hermit]) await node.engine.join(invite, { patience: 1 })
        await until('the town to be in', () => town.every((node) => world.joined(node)))
        await world.write(6, town)
        await world.agree([ferry, ...town], 6)
        atSea()
        await until('the hermit to be in', () => world.joined(hermit))
        await world.agree([ferry, hermit], 6)
        await world.write(4, [hermit])
        await world.agree([ferry, hermit], 10)
        await world.write(4, town)
        inTown()
        await world.agree([ferry, ...town], 14)
        await expectTruth(world)
        atSea()
        await world.agree([ferry, hermit], 14)
        const shown = await hermit.messages(world.room)
        expect(new Set(shown.map(({ authorName }) => authorName)).size).toBeGreaterThan(1)
        const own = shown.filter((message) => message.own)
        // What the hermit wrote reached the town, and the town says so through the ferry.
        expect(own.every(({ delivery }) => delivery.devices >= 1)).toBe(true)
      })
    },
  )

  test.concurrent.each(SEEDS)(
    '%i: what is known to exist and has not come is told, for as long as it lasts',
    async (seed) => {
      const conditions = { bandwidth: 30_000, latency: 10 }
      await SimWorld.run(seed, { nodes: 2, conditions }, async (world) => {
        const [author, reader] = world.nodes as [SimNode, SimNode]
        await world.gather()
        const view = (): RoomView => reader.engine.rooms()[0]!
        await Promise.all(
          Array.from({ length: 120 }, (_, i) => author.send(world.room, `${i} `.repeat(200))),
        )
        const gap = await until('the reader to be told of a gap', () => {
          const now = view()
          return now.missing > 0 && now
        })
        expect(gap.missing).toBeLessThanOrEqual(120)
        expect(gap.messages).toBeLessThan(120)
        await until('the gap to be filled', () => view().missing === 0)
        await expectConvergence(world)
      })
    },
  )
})
