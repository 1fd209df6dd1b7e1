/** Files held by nodes that can read none of them: sent while the receiver is away, there after the sender left. */
import { describe, expect, test } from '@jest/globals'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { until } from '../compliance/until.ts'
import { at, filesWith, held, meet, offer, restart, roomOf } from './blind-nodes.ts'
import { SEEDS } from './scale.ts'
import { expectWhole, sendItem, viewOf } from './sim-files.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const LIMIT = 120_000
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
        const there = await until(
          'all of it',
          async () => {
            const view = await viewOf(world, cleo, { id })
            return view?.state === 'complete' ? view.path : undefined
          },
          LIMIT,
        )
        expect((await readFile(there)).equals(data)).toBe(true)
        await expectWhole(world, cleo, folder)
        await expectWhole(world, cleo, large)
      })
    },
  )
})
