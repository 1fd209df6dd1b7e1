import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { FileView } from '../../core/files/api.ts'
import { until } from '../compliance/until.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-files-'))
})

afterEach(() => rm(dir, { recursive: true, force: true }))

async function someFile(name: string, size: number): Promise<{ path: string; bytes: Buffer }> {
  const path = join(dir, name)
  const bytes = randomBytes(size)
  await writeFile(path, bytes)
  return { path, bytes }
}

async function listed(node: SimNode, room: string, name: string): Promise<FileView> {
  let found: FileView | undefined
  await until(`${name} to be listed at ${node.name}`, async () => {
    found = (await node.engine.files.list(room)).find((file) => file.name === name)
    return found !== undefined
  })
  return found!
}

test('a file sent in one place is fetched in another by itself, byte for byte', async () => {
  await SimWorld.run(1, { nodes: 2 }, async (world) => {
    await world.gather()
    const [ada, bob] = world.nodes
    const { path, bytes } = await someFile('map.bin', 3_000_000)
    const sent = await ada!.engine.files.send(world.room, path)
    expect(sent).toMatchObject({ name: 'map.bin', size: 3_000_000, state: 'complete', path })
    const { id } = await listed(bob!, world.room, 'map.bin')
    expect(id).toBe(sent.id)
    await until(
      'it to arrive',
      async () => (await bob!.engine.files.show(world.room, id)).state === 'complete',
    )
    const there = await bob!.engine.files.show(world.room, id)
    expect(bytes.equals(await readFile(there.path!))).toBe(true)
    await bob!.engine.files.remove(world.room, id)
    await expect(stat(there.path!)).rejects.toThrow('ENOENT')
    expect(await bob!.engine.files.show(world.room, id)).toMatchObject({ state: 'remote', have: 0 })
  })
})

test('a folder is fetched as one item when it is asked for', async () => {
  await SimWorld.run(2, { nodes: 2 }, async (world) => {
    await world.gather()
    const [ada, bob] = world.nodes
    const folder = join(dir, 'forms')
    await mkdir(join(folder, 'deep'), { recursive: true })
    const files = new Map<string, Buffer>()
    for (const [name, size] of [
      ['a.txt', 10],
      ['deep/b.bin', 400_000],
      ['deep/empty', 0],
    ] as const) {
      files.set(name, randomBytes(size))
      await writeFile(join(folder, name), files.get(name)!)
    }
    await ada!.engine.files.send(world.room, folder)
    const { id } = await listed(bob!, world.room, 'forms')
    const out = join(dir, 'out')
    const got = await bob!.engine.files.get(world.room, id, { out })
    expect(got).toMatchObject({ path: out, size: 400_010 })
    for (const [name, bytes] of files) {
      expect(bytes.equals(await readFile(join(out, name)))).toBe(true)
    }
  })
})

test('what is here already is put where a person wants it; what is offered is copied, and nothing is replaced', async () => {
  await SimWorld.run(3, { nodes: 2 }, async (world) => {
    await world.gather()
    const [ada, bob] = world.nodes
    const { path, bytes } = await someFile('photo.jpg', 200_000)
    const { id } = await ada!.engine.files.send(world.room, path)
    const { files } = bob!.engine
    await listed(bob!, world.room, 'photo.jpg')
    const { path: first } = await files.get(world.room, id)
    const second = await files.get(world.room, id, { out: join(dir, 'moved.jpg') })
    expect(second.path).toBe(join(dir, 'moved.jpg'))
    await expect(stat(first)).rejects.toThrow('ENOENT')
    const third = await files.get(world.room, id, { out: join(dir, 'again.jpg') })
    expect(bytes.equals(await readFile(third.path))).toBe(true)
    expect(bytes.equals(await readFile(second.path))).toBe(true)
    const own = await ada!.engine.files.get(world.room, id, { out: join(dir, 'own.jpg') })
    expect(bytes.equals(await readFile(own.path))).toBe(true)
    expect(bytes.equals(await readFile(path))).toBe(true)
    const taken = files.get(world.room, id, { out: path })
    await expect(taken).rejects.toMatchObject({ code: 'EXISTS' })
  })
})

test('what somebody changed or deleted since it came is not taken for the file: it is fetched anew', async () => {
  await SimWorld.run(4, { nodes: 2 }, async (world) => {
    await world.gather()
    const [ada, bob] = world.nodes
    const { path, bytes } = await someFile('form.bin', 200_000)
    const { id } = await ada!.engine.files.send(world.room, path)
    await listed(bob!, world.room, 'form.bin')
    const { files } = bob!.engine
    const first = await files.get(world.room, id, { out: join(dir, 'first.bin') })
    await writeFile(first.path, randomBytes(200_000))
    const second = await files.get(world.room, id)
    expect(bytes.equals(await readFile(second.path))).toBe(true)
    // What a person made of their copy stays theirs.
    expect(bytes.equals(await readFile(first.path))).toBe(false)
    await rm(second.path)
    const third = await files.get(world.room, id, { out: join(dir, 'third.bin') })
    expect(bytes.equals(await readFile(third.path))).toBe(true)
    await expect(
      files.get(world.room, id, { out: `${join(dir, 'missing')}/` }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
