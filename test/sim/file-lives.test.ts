import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { FileView } from '../../core/files/api.ts'
import { until } from '../compliance/until.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const SIZE = 300_000
const MORE = { autoFetch: { lan: 0, dht: 0, ble: 0, other: 0 } }
let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-lives-'))
})

afterEach(() => rm(dir, { recursive: true, force: true }))

/** Two devices in a room, and a file that the first offers. */
async function scene(
  seed: number,
  { size = SIZE, auto = true }: { size?: number; auto?: boolean },
  scenario: (
    world: SimWorld,
    pair: { ann: SimNode; bob: SimNode; sent: FileView; bytes: Buffer },
  ) => Promise<void>,
): Promise<void> {
  await SimWorld.run(seed, { nodes: 2 }, async (world) => {
    await world.gather()
    const [ann, bob] = world.nodes as [SimNode, SimNode]
    if (!auto) await bob.engine.files.setPolicy(null, MORE)
    const bytes = randomBytes(size)
    await writeFile(join(dir, 'it.bin'), bytes)
    const sent = await ann.engine.files.send(world.room, join(dir, 'it.bin'))
    await until('it to be listed', async () => (await view(world, bob, sent.id)) !== undefined)
    await scenario(world, { ann, bob, sent, bytes })
  })
}

async function view(world: SimWorld, node: SimNode, id: string): Promise<FileView | undefined> {
  return (await node.engine.files.list(world.room)).find((file) => file.id === id)
}

async function reaches(
  world: SimWorld,
  node: SimNode,
  id: string,
  state: FileView['state'],
): Promise<void> {
  await until(`it to be ${state}`, async () => (await view(world, node, id))?.state === state)
}

async function received(node: SimNode): Promise<string[]> {
  return readdir(join(node.dir, 'files', 'received')).catch(() => [])
}

describe('bytes leave the disk', () => {
  test('of everyone when who sent them deletes the message', async () => {
    await scene(71, {}, async (world, { ann, bob, sent }) => {
      await reaches(world, bob, sent.id, 'complete')
      expect(await received(bob)).toHaveLength(1)
      await expect(
        bob.engine.files.remove(world.room, sent.id, { everyone: true }),
      ).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
      await ann.engine.files.remove(world.room, sent.id, { everyone: true })
      await until('the bytes to be gone', async () => (await received(bob)).length === 0)
      expect(await bob.engine.files.list(world.room)).toEqual([])
      // What was sent in place is its owner's.
      expect((await readFile(join(dir, 'it.bin'))).byteLength).toBe(SIZE)
    })
  })

  test('when the room is left', async () => {
    await scene(72, {}, async (world, { bob, sent }) => {
      await reaches(world, bob, sent.id, 'complete')
      await bob.engine.leave(world.room)
      await until('the bytes to be gone', async () => (await received(bob)).length === 0)
      expect((await bob.engine.files.storage()).used).toBe(0)
    })
  })
})

describe('what a person decides', () => {
  test('to cancel holds: it is not fetched by itself again, over a restart too', async () => {
    await scene(73, { auto: false }, async (world, { bob, sent }) => {
      await bob.engine.files.cancel(world.room, sent.id)
      await bob.engine.files.setPolicy(null, { autoFetch: null })
      await bob.stop()
      await bob.start()
      await until('it to be offered', async () => (await view(world, bob, sent.id))?.sources === 1)
      expect(await view(world, bob, sent.id)).toMatchObject({ state: 'remote', have: 0 })
      await bob.engine.files.fetch(world.room, sent.id)
      await reaches(world, bob, sent.id, 'complete')
    })
  })

  test('to get what is with nobody in reach goes on after a restart', async () => {
    await scene(74, { auto: false }, async (world, { ann, bob, sent, bytes }) => {
      await ann.stop()
      await bob.engine.files.fetch(world.room, sent.id)
      const words = (await view(world, bob, sent.id))?.words
      await bob.stop()
      await bob.start()
      await reaches(world, bob, sent.id, 'downloading')
      await until('it to say why', async () => {
        return (await view(world, bob, sent.id))?.reason === 'no-source'
      })
      await ann.start()
      await reaches(world, bob, sent.id, 'complete')
      const { path } = (await view(world, bob, sent.id))!
      expect(bytes.equals(await readFile(path!))).toBe(true)
      expect(words ?? '').not.toContain('undefined')
    })
  })

  test('to pause holds over a restart', async () => {
    await scene(75, { auto: false }, async (world, { ann, bob, sent }) => {
      await ann.stop()
      await bob.engine.files.fetch(world.room, sent.id)
      await bob.engine.files.pause(world.room, sent.id)
      await bob.stop()
      await ann.start()
      await bob.start()
      await until('it to be offered', async () => (await view(world, bob, sent.id))?.sources === 1)
      expect(await view(world, bob, sent.id)).toMatchObject({ state: 'paused' })
      await bob.engine.files.resume(world.room, sent.id)
      await reaches(world, bob, sent.id, 'complete')
    })
  })
})

test('a file is read from the middle before the rest of it is here', async () => {
  await scene(76, { size: 2_000_000, auto: false }, async (world, { bob, sent, bytes }) => {
    const range = { start: 1_500_000, end: 1_500_100 }
    const { stream, size } = await bob.engine.files.read(world.room, sent.id, range)
    expect(size).toBe(2_000_000)
    const parts: Uint8Array[] = []
    for await (const part of stream) parts.push(part)
    expect(bytes.subarray(range.start, range.end).equals(Buffer.concat(parts))).toBe(true)
    const outside = bob.engine.files.read(world.room, sent.id, { start: 5, end: 2_000_001 })
    await expect(outside).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })
})

test('what was changed where it was sent from is told with its reason', async () => {
  await scene(77, { auto: false }, async (world, { ann, bob, sent }) => {
    await writeFile(join(dir, 'it.bin'), randomBytes(SIZE))
    const got = bob.engine.files.get(world.room, sent.id)
    await expect(got).rejects.toMatchObject({ code: 'CHANGED' })
    expect(await view(world, bob, sent.id)).toMatchObject({
      state: 'failed',
      reason: 'source-changed',
    })
    expect(await view(world, ann, sent.id)).toMatchObject({
      state: 'failed',
      reason: 'source-changed',
    })
  })
})
