import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { until } from '../compliance/until.ts'
import { JumpClock } from './jump-clock.ts'
import { followFiles } from './room-files.ts'
import type { RoomFiles } from './room-files.ts'
import { SEEDS } from './scale.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const MINUTE = 60_000
const HOUR = 3_600_000

afterEach(() => {
  jest.restoreAllMocks()
})

/** Resolves once all of these list just these files, in one order. */
async function allList(all: readonly RoomFiles[], wanted: readonly string[]): Promise<void> {
  const expected = [...wanted].sort().join()
  await until(
    `all to list ${expected}`,
    () =>
      all.every(({ list }) => list.join() === all[0]!.list.join()) &&
      [...all[0]!.names].sort().join() === expected,
  )
}

describe('the files of a room', () => {
  test('are listed alike, without what was deleted, hidden or is over, also by who was away', async () => {
    const clock = new JumpClock()
    await SimWorld.run(41, { nodes: 3, clock: () => clock }, async (world) => {
      const [ann, bob, cleo] = world.nodes as [SimNode, SimNode, SimNode]
      const all = followFiles(world.nodes)
      const [anns, bobs, cleos] = all as [RoomFiles, RoomFiles, RoomFiles]
      await world.gather()
      const { room } = world
      await anns.send('map.png', { text: 'the old mill' })
      const deleted = await bobs.send('deleted.txt')
      const hidden = await cleos.send('hidden.txt')
      await anns.send('brief.txt', { expiresIn: HOUR })
      await allList(all, ['map.png', 'deleted.txt', 'hidden.txt', 'brief.txt'])
      const found = async (node: SimNode, words: string): Promise<string[]> =>
        (await node.engine.search(words)).hits.map(({ message }) => message.file!.name)
      await until('the search', async () => (await found(bob, 'txt')).length === 3)
      expect([await found(bob, 'mill'), await found(bob, 'map png')]).toEqual([
        ['map.png'],
        ['map.png'],
      ])
      const [hit] = (await bob.engine.search('mill map.png')).hits
      expect(hit!.marks).toEqual([[8, 12]])

      await cleo.stop()
      await bob.engine.remove(room, deleted)
      await ann.engine.remove(room, hidden)
      await bobs.send('later.txt')
      const caption = (await ann.messages(room)).find(({ file }) => file?.name === 'map.png')!
      await ann.engine.edit(room, caption.id, 'the new mill')
      await allList([anns, bobs], ['map.png', 'brief.txt', 'later.txt'])
      clock.jump(HOUR)
      await allList([anns, bobs], ['map.png', 'later.txt'])
      await cleo.start()
      await allList(all, ['map.png', 'later.txt'])
      await until('her search', async () => (await found(cleo, 'new')).length === 1)
      expect([await found(cleo, 'old'), await found(cleo, 'txt')]).toEqual([[], ['later.txt']])
      const gone = ['brief.txt', 'deleted.txt', 'hidden.txt']
      await until('what is gone to be freed', () =>
        all.every(({ freed }) => [...freed].sort().join() === gone.join()),
      )

      // From its snapshot, and read from the logs again.
      await bob.stop()
      await bob.start()
      await allList(all, ['map.png', 'later.txt'])
      await bob.stop()
      await rm(join(bob.dir, 'index'), { recursive: true })
      await bob.start()
      await allList(all, ['map.png', 'later.txt'])
      expect((await bob.messages(room)).map(({ kind }) => kind).sort()).toEqual([
        'deleted',
        'expired',
        'file',
        'file',
        'hidden',
      ])
      await until('all of it', () => bobs.room.conversation.files.complete)
      expect([...bobs.freed].sort()).toEqual(gone)
    })
  })

  test('of a blocked person are listed again once the block is lifted', async () => {
    await SimWorld.run(42, { nodes: 2 }, async (world) => {
      const all = followFiles(world.nodes)
      const [anns, bobs] = all as [RoomFiles, RoomFiles]
      const [ann, bob] = world.nodes.map(({ engine }) => engine)
      await world.gather()
      await bobs.send('one')
      await anns.send('two')
      await allList(all, ['one', 'two'])
      let told = 0
      anns.room.on('files', () => void told++)
      await ann!.people.block(bob!.personId, true)
      await until('it to be told', () => told > 0)
      expect(anns.names).toEqual(['two'])
      await ann!.people.block(bob!.personId, false)
      await allList(all, ['one', 'two'])
    })
  })

  test('are there again for who left and came back', async () => {
    await SimWorld.run(43, { nodes: 2 }, async (world) => {
      const all = followFiles(world.nodes)
      const [anns, bobs] = all as [RoomFiles, RoomFiles]
      const [ann, bob] = world.nodes.map(({ engine }) => engine)
      await world.gather()
      await anns.send('one')
      await bobs.send('two')
      await allList(all, ['one', 'two'])
      await bob!.leave(world.room)
      await until('the leaving to be known', () => ann!.members(world.room).length === 1)
      await bob!.join(await ann!.invite(world.room), { patience: 120_000 })
      await allList(all, ['one', 'two'])
      await bobs.send('three')
      await allList(all, ['one', 'two', 'three'])
    })
  })

  test.each(SEEDS)(
    '%i: late ones of a removed writer are listed nowhere once the timeline is rebuilt',
    async (seed) => {
      await SimWorld.run(seed, { nodes: 4 }, async (world) => {
        const [ann, bob, cleo, eve] = world.nodes as [SimNode, SimNode, SimNode, SimNode]
        const all = followFiles(world.nodes)
        const [anns, bobs, cleos, eves] = all as [RoomFiles, RoomFiles, RoomFiles, RoomFiles]
        const stay = [anns, bobs, cleos]
        await world.gather()
        await eves.send('early')
        await bobs.send('of bob')
        await allList(all, ['early', 'of bob'])
        world.network.partition([
          [ann.name, cleo.name],
          [bob.name, eve.name],
        ])
        await ann.engine.moderate(world.room, eve.engine.personId, { act: 'remove' })
        await until('the removal', () => cleo.engine.members(world.room).length === 3)
        await eves.send('late')
        await until('the late one at a neighbour', () => bobs.names.includes('late'))
        await bobs.send('an answer')
        await cleos.send('meanwhile')
        world.network.heal()
        await allList(stay, ['early', 'of bob', 'an answer', 'meanwhile'])
        await until('it to be freed', () => [...bobs.freed].join() === 'late')
        for (const { freed } of [anns, cleos])
          expect([...freed].filter((name) => name !== 'late')).toEqual([])
      })
    },
  )

  test('are gone with the key that sealed their messages', async () => {
    const clock = new JumpClock()
    await SimWorld.run(44, { nodes: 2, clock: () => clock }, async (world) => {
      const [ann, bob] = world.nodes as [SimNode, SimNode]
      const all = followFiles(world.nodes)
      const [anns, bobs] = all as [RoomFiles, RoomFiles]
      await world.gather()
      await ann.engine.setSettings(world.room, { rotateEvery: HOUR, keepFor: 2 * HOUR })
      await until('both to know', () => bob.engine.settings(world.room).keepFor === 2 * HOUR)
      await anns.send('old')
      await allList(all, ['old'])
      let sent = 0
      await until('the old one to be gone', async () => {
        clock.jump(10 * MINUTE)
        await bobs.send(`new ${sent++}`)
        await until('it to arrive', () => anns.names.includes(`new ${sent - 1}`))
        return all.every(({ freed, names }) => freed.has('old') && !names.includes('old'))
      })
      await until('both to list alike', () => anns.list.join() === bobs.list.join())
      // What is listed was never taken for gone while all was placed anew.
      for (const { freed, names } of all) {
        expect(names.length).toBeGreaterThan(3)
        expect(names.filter((name) => freed.has(name))).toEqual([])
      }
    })
  })
})
