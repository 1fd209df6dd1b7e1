/** Files held by nodes that can read none of them: sent while the receiver is away, there after the sender left. */
import { describe, expect, test } from '@jest/globals'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { until } from '../compliance/until.ts'
import { at, diskBytes, filesWith, held, meet, offer, restart, roomOf } from './blind-nodes.ts'
import { SEEDS } from './scale.ts'
import { expectWhole, sendItem, viewOf } from './sim-files.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const MB = 1024 * 1024
const CANARY = Buffer.from('the canary sings at dawn')
const NAME = 'plan of the bakery'

describe('files at a node', () => {
  test.each(SEEDS)(
    'R12, seed %i: a file sent while its receiver is away comes through the node after its sender left and the node restarted; the node reads nothing of it',
    async (seed) => {
      await SimWorld.run(seed, { nodes: 3 }, async (world) => {
        const [ann, node, cleo] = world.nodes as [SimNode, SimNode, SimNode]
        await offer(node)
        const room = await roomOf(world, [ann, cleo])
        await ann.engine.mirrors.add(room, node.engine.deviceId)
        meet(world, [ann, node])
        const path = join(dirname(ann.dir), `${NAME}.txt`)
        const data = Buffer.concat([
          world.random.bytes(400_000),
          CANARY,
          world.random.bytes(700_000),
        ])
        await writeFile(path, data)
        const { id } = await ann.engine.files.send(room, path)
        const large = await sendItem(world, ann, { name: 'film.bin', bytes: 4 * MB })
        const folder = await sendItem(world, ann, { name: 'pictures', bytes: 300_000, files: 5 })
        await held(ann, node, room, 3)
        expect(at(ann, node, room)!.files).toEqual({ named: 3, kept: 3, refused: 0 })
        await ann.stop()
        await restart(node)
        expect(await filesWith(node, [CANARY, Buffer.from(NAME), Buffer.from('pictures')])).toEqual(
          [],
        )
        expect(node.engine.mirrors.held().bytes).toBeGreaterThan(5 * MB)
        meet(world, [cleo, node])
        await until('it at cleo', async () => (await viewOf(world, cleo, { id })) !== undefined)
        const there = await until('all of it', async () => {
          const view = await viewOf(world, cleo, { id })
          return view?.state === 'complete' ? view.path : undefined
        })
        expect((await readFile(there)).equals(data)).toBe(true)
        await expectWhole(world, cleo, folder)
        await expectWhole(world, cleo, large)
      })
    },
  )

  test('a file is shown as there to be had, and comes, while nobody but the node is in reach', async () => {
    await SimWorld.run(2, { nodes: 3 }, async (world) => {
      const [ann, node, cleo] = world.nodes as [SimNode, SimNode, SimNode]
      await offer(node)
      const room = await roomOf(world, [ann, cleo])
      await ann.engine.mirrors.add(room, node.engine.deviceId)
      await cleo.engine.files.setPolicy(room, { autoFetch: { lan: 1_000, other: 1_000 } })
      meet(world, [ann, node])
      const item = await sendItem(world, ann, { name: 'map.bin', bytes: 500_000 })
      await held(ann, node, room, 1)
      await ann.stop()
      meet(world, [cleo, node])
      await until('the node as its source', async () => {
        const view = await viewOf(world, cleo, item)
        return view?.state === 'remote' && view.sources === 1
      })
      expect((await cleo.engine.files.fetch(room, item.id)).state).not.toBe('failed')
      await expectWhole(world, cleo, item)
    })
  })

  test('A17: what the room deletes is deleted at the node, and all of it once nobody wants it held: the bytes are free', async () => {
    await SimWorld.run(3, { nodes: 2 }, async (world) => {
      const [ann, node] = world.nodes as [SimNode, SimNode]
      await offer(node)
      const room = await roomOf(world, [ann])
      meet(world, [ann, node])
      await ann.engine.mirrors.add(room, node.engine.deviceId)
      const items = [
        await sendItem(world, ann, { name: 'one.bin', bytes: 2 * MB }),
        await sendItem(world, ann, { name: 'two.bin', bytes: 2 * MB }),
      ]
      await held(ann, node, room, 2)
      const bytes = (): Promise<number> => diskBytes(node, 'mirror-items')
      expect(await bytes()).toBeGreaterThan(4 * MB)
      await ann.engine.files.remove(room, items[0]!.id, { everyone: true })
      await until('half of it to go', async () => (await bytes()) < 3 * MB)
      await until('that to be counted', () => node.engine.mirrors.held().bytes < 3 * MB)
      await until('it to be said', () => {
        const { named, kept } = at(ann, node, room)?.files ?? {}
        return named === 1 && kept === 1
      })
      expect(at(ann, node, room)!.files).toEqual({ named: 1, kept: 1, refused: 0 })
      await ann.engine.mirrors.remove(room, node.engine.deviceId)
      await until('all of it to go', async () => (await bytes()) < 64 * 1024)
      const { mirrors } = node.engine
      await until('that to be counted', () => mirrors.held().mirrors + mirrors.held().bytes === 0)
    })
  })

  test('A17: a file beyond what the node gives a stranger is refused, with the reason, and nothing of it is kept; messages go on', async () => {
    await SimWorld.run(4, { nodes: 2 }, async (world) => {
      const [ann, node] = world.nodes as [SimNode, SimNode]
      await offer(node)
      await node.engine.mirrors.setSettings({ quota: 4 * MB })
      const room = await roomOf(world, [ann])
      meet(world, [ann, node])
      await ann.engine.mirrors.add(room, node.engine.deviceId)
      await sendItem(world, ann, { name: 'large.bin', bytes: 3 * MB })
      await until('it to be refused', () => at(ann, node, room)?.files?.refused === 1)
      expect(at(ann, node, room)!.files!.reason).toMatch(/no space left/)
      await until('what came of it to go', async () => {
        return (await diskBytes(node, 'mirror-items')) < 128 * 1024
      })
      await sendItem(world, ann, { name: 'small.bin', bytes: 300_000 })
      await ann.send(room, 'still heard')
      await held(ann, node, room, 1)
      expect(at(ann, node, room)!.files).toMatchObject({ named: 2, kept: 1, refused: 1 })
      await node.engine.mirrors.setSettings({ quota: 64 * MB })
      await held(ann, node, room, 2)
      expect(at(ann, node, room)!.files).toEqual({ named: 2, kept: 2, refused: 0 })
    })
  })

  test('R12: two nodes at two sites give each other the files of a room that neither reads', async () => {
    await SimWorld.run(5, { nodes: 4 }, async (world) => {
      const [ann, hall, pub, cleo] = world.nodes as [SimNode, SimNode, SimNode, SimNode]
      await offer(hall, pub)
      const room = await roomOf(world, [ann, cleo])
      for (const node of [hall, pub]) await ann.engine.mirrors.add(room, node.engine.deviceId)
      await until('cleo to know both', () => cleo.engine.mirrors.list(room).length === 2)
      meet(world, [ann, hall], [pub, cleo])
      const item = await sendItem(world, ann, { name: 'song.bin', bytes: 700_000 })
      await held(ann, hall, room, 1)
      await held(cleo, pub, room)
      await ann.stop()
      meet(world, [hall, pub])
      const has = async (): Promise<boolean> => (await diskBytes(pub, 'mirror-items')) >= 700_000
      await until('the other node to take it', has)
      await hall.stop()
      meet(world, [cleo, pub])
      await expectWhole(world, cleo, item)
    })
  })
})
