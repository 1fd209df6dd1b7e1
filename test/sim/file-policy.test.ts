import { describe, expect, test } from '@jest/globals'
import type { FileState, FileView } from '../../core/files/api.ts'
import { until } from '../compliance/until.ts'
import { JumpClock } from './jump-clock.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const HOUR = 3_600_000
const SIZE = 100_000

async function send(world: SimWorld, node: SimNode, name: string): Promise<FileView> {
  const bytes = Buffer.alloc(SIZE, name)
  return node.engine.files.sendBytes(
    world.room,
    name,
    (async function* () {
      yield bytes
    })(),
  )
}

async function states(world: SimWorld, node: SimNode): Promise<Record<string, FileState>> {
  const views = await node.engine.files.list(world.room)
  return Object.fromEntries(views.map(({ name, state }) => [name, state]))
}

async function here(world: SimWorld, node: SimNode, name: string): Promise<void> {
  await until(`${name} to be here`, async () => (await states(world, node))[name] === 'complete')
}

describe('what a device fetched by itself', () => {
  test('is deleted when its time is over, and not fetched again unless asked for', async () => {
    const clock = new JumpClock()
    await SimWorld.run(61, { nodes: 2, clock: () => clock }, async (world) => {
      await world.gather()
      const [ann, bob] = world.nodes as [SimNode, SimNode]
      await bob.engine.files.setPolicy(world.room, { keepFor: HOUR })
      const first = await send(world, ann, 'first')
      await here(world, bob, 'first')
      clock.jump(HOUR + 1)
      await until('it to be gone', async () => (await states(world, bob)).first === 'remote')
      expect((await bob.engine.files.storage()).used).toBe(0)
      await send(world, ann, 'second')
      await here(world, bob, 'second')
      expect(await states(world, bob)).toEqual({ first: 'remote', second: 'complete' })
      const { path } = await bob.engine.files.get(world.room, first.id)
      expect(path).toContain('first')
      // What was asked for stays.
      clock.jump(HOUR + 1)
      await until(
        'the other to be gone',
        async () => (await states(world, bob)).second === 'remote',
      )
      expect(await states(world, bob)).toEqual({ first: 'complete', second: 'remote' })
    })
  })

  test('makes room for what comes after it, and is not fetched again in its place', async () => {
    await SimWorld.run(62, { nodes: 2 }, async (world) => {
      await world.gather()
      const [ann, bob] = world.nodes as [SimNode, SimNode]
      await bob.engine.files.setQuota(2.5 * SIZE)
      for (const name of ['one', 'two', 'three', 'four']) {
        await send(world, ann, name)
        await here(world, bob, name)
        expect((await bob.engine.files.storage()).used).toBeLessThanOrEqual(2.5 * SIZE)
      }
      expect(await states(world, bob)).toEqual({
        one: 'remote',
        two: 'remote',
        three: 'complete',
        four: 'complete',
      })
    })
  })
})
