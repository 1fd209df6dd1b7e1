import { describe, expect, test } from '@jest/globals'
import { until } from '../compliance/until.ts'
import { opens, stopAndRead } from './closed-node.ts'
import { JumpClock } from './jump-clock.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const MINUTE = 60_000
const HOUR = 3_600_000

async function texts(world: SimWorld, node: SimNode): Promise<string> {
  return (await node.messages(world.room)).map(({ text }) => text).join()
}

async function show(world: SimWorld, nodes: readonly SimNode[], wanted: string): Promise<void> {
  let seen: string[] = []
  try {
    await until(`all to show ${wanted}`, async () => {
      seen = await Promise.all(nodes.map((node) => texts(world, node)))
      return seen.every((list) => list === wanted)
    })
  } catch (cause) {
    throw new Error(`they show ${seen.join(' | ')}, not ${wanted}`, { cause })
  }
}

/** A room of some devices; the others are not in yet. */
async function found(world: SimWorld, others: readonly SimNode[]): Promise<void> {
  const host = world.nodes[0]!
  world.room = (await host.engine.createRoom('Keys')).id
  for (const node of others) await join(world, host, node)
}

async function join(world: SimWorld, host: SimNode, node: SimNode): Promise<void> {
  await node.engine.join(await host.engine.invite(world.room), { patience: 120_000 })
  await until(`${node.name} to be in`, () => world.joined(node))
}

describe('keys by time', () => {
  test('A23: a new key when it is time, and what was sealed with those that are deleted is gone everywhere', async () => {
    const clock = new JumpClock()
    await SimWorld.run(1, { nodes: 3, clock: () => clock }, async (world) => {
      const [ann, bob, cleo] = world.nodes as [SimNode, SimNode, SimNode]
      await found(world, [bob])
      await ann.engine.setSettings(world.room, { rotateEvery: HOUR, keepFor: 2 * HOUR })
      await until('both to know', () => bob.engine.settings(world.room).keepFor === 2 * HOUR)
      await ann.send(world.room, 'old')
      await show(world, [bob], 'old')
      await bob.send(world.room, 'old answer')
      await show(world, [ann, bob], 'old,old answer')
      const sent = ['old', 'old answer']
      let kept = ''
      // Somebody's device makes a new key each hour, or a little later.
      await until('what was sealed with the first key to be gone', async () => {
        clock.jump(10 * MINUTE)
        sent.push(`at ${sent.length}`)
        await bob.send(world.room, sent.at(-1)!)
        await until('both to show the same', async () => {
          const [hers, his] = await Promise.all([texts(world, ann), texts(world, bob)])
          kept = hers
          return hers === his && hers.endsWith(sent.at(-1)!)
        })
        return !kept.includes('old')
      })
      expect(sent.slice(-kept.split(',').length).join()).toBe(kept)
      // What each key sealed goes at once, and nothing of later ones.
      expect(kept.split(',').length).toBeGreaterThanOrEqual(6)
      expect(sent.length - kept.split(',').length).toBeGreaterThanOrEqual(2)
      expect((await ann.engine.search('old')).hits).toEqual([])
      await join(world, ann, cleo)
      await show(world, [cleo], kept)
      // It stays so over a restart, and with all that lies on the disks.
      await bob.stop()
      await bob.start()
      await show(world, [bob], kept)
      for (const node of [ann, cleo]) {
        const { record, records, epochs, state } = await stopAndRead(node)
        const room = Buffer.from(record.key, 'hex')
        const gone = records.filter((one) => !opens(room, one, epochs.values()))
        expect(gone.length).toBeGreaterThanOrEqual(2)
        expect(epochs.size).toBeLessThan(state.epochs.size)
        expect(state.epochs.get(state.epoch)!.depth).toBeGreaterThanOrEqual(3)
      }
    })
  })

  test('only what a room can have is set, and only by an admin', async () => {
    await SimWorld.run(2, { nodes: 2 }, async (world) => {
      const [ann, bob] = world.nodes as [SimNode, SimNode]
      await found(world, [bob])
      const set = (node: SimNode, change: object): Promise<unknown> =>
        node.engine.setSettings(world.room, change)
      const bad = { code: 'BAD_REQUEST' }
      await expect(set(ann, { keepFor: HOUR })).rejects.toMatchObject(bad)
      await expect(set(ann, { rotateEvery: 1 })).rejects.toMatchObject(bad)
      await expect(set(ann, { rotateEvery: 0.5 * HOUR + 0.1 })).rejects.toMatchObject(bad)
      await expect(set(ann, { history: 'some' })).rejects.toMatchObject(bad)
      await expect(set(bob, { history: 'joined' })).rejects.toMatchObject({
        code: 'NOT_ALLOWED',
        message: expect.stringMatching(/an admin of the room can/),
      })
      expect(await ann.engine.setSettings(world.room, { history: 'joined' })).toEqual({
        history: 'joined',
        rotateEvery: null,
        keepFor: null,
        disappearAfter: null,
      })
      await until('the other to know', () => bob.engine.settings(world.room).history === 'joined')
    })
  })
})

describe('history for newcomers', () => {
  test('all: everything that is kept, over many keys', async () => {
    await SimWorld.run(3, { nodes: 4 }, async (world) => {
      const [ann, bob, cleo, dora] = world.nodes as [SimNode, SimNode, SimNode, SimNode]
      await found(world, [bob, cleo])
      await ann.send(world.room, 'one')
      await show(world, [bob, cleo], 'one')
      await ann.engine.moderate(world.room, cleo.engine.personId, { act: 'remove' })
      await until('the key to change', () => ann.engine.members(world.room).length === 2)
      await ann.send(world.room, 'two')
      await show(world, [ann, bob], 'one,two')
      // Whom an ordinary member lets in reads as much.
      world.network.partition([[bob.name, dora.name], [ann.name]])
      await join(world, bob, dora)
      await show(world, [dora], 'one,two')
    })
  })

  test('joined: nothing of before, all from then on', async () => {
    await SimWorld.run(4, { nodes: 3 }, async (world) => {
      const [ann, bob, cleo] = world.nodes as [SimNode, SimNode, SimNode]
      await found(world, [bob])
      await ann.engine.setSettings(world.room, { history: 'joined' })
      await until('both to know', () => bob.engine.settings(world.room).history === 'joined')
      await ann.send(world.room, 'before')
      await show(world, [ann, bob], 'before')
      await join(world, ann, cleo)
      // What is sealed before its writer has the newcomer's key is of before.
      await cleo.send(world.room, 'hello')
      await show(world, [bob], 'before,hello')
      await bob.send(world.room, 'welcome')
      await until('all to be said', async () => (await texts(world, ann)).split(',').length === 3)
      const order = await texts(world, ann)
      await show(world, [ann, bob], order)
      await show(world, [cleo], order.replace('before,', ''))
      const { record, records, epochs } = await stopAndRead(cleo)
      const room = Buffer.from(record.key, 'hex')
      const sealed = records.filter((one) => !opens(room, one, epochs.values()))
      expect(sealed.length).toBeGreaterThanOrEqual(1)
      expect(epochs.has(0)).toBe(false)
    })
  })
})
