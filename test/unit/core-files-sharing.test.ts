import { execFileSync } from 'node:child_process'
import { mkdir, readFile, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { allocated } from '../../core/files/store/item-files.ts'
import { inlineWork } from '../../core/files/work/inline-work.ts'
import { until } from '../compliance/until.ts'
import { StoreBench, carry, someBytes } from './core-files-store.ts'

const ROOM = 'a'.repeat(32)

const MB = 1024 * 1024
let bench: StoreBench

beforeEach(async () => {
  bench = await StoreBench.open()
})

afterEach(() => bench.close())

async function source(bytes: Buffer, name = 'source.bin'): Promise<string> {
  await writeFile(bench.dir(name), bytes)
  return bench.dir(name)
}

describe('what can not be shared', () => {
  test('nothing, an empty file, a pipe, an empty folder', async () => {
    const store = await bench.store('a')
    await expect(store.share(bench.dir('none'), { room: ROOM })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    const empty = await source(Buffer.alloc(0))
    await expect(store.share(empty, { room: ROOM })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    execFileSync('mkfifo', [bench.dir('pipe')])
    await expect(store.share(bench.dir('pipe'), { room: ROOM })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
    await mkdir(bench.dir('folder/below'), { recursive: true })
    await expect(store.share(bench.dir('folder'), { room: ROOM })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
    expect(store.all()).toEqual([])
  })

  test('a folder that is too deep', async () => {
    await mkdir(join(bench.dir('deep'), 'a/'.repeat(65)), { recursive: true })
    const store = await bench.store('a')
    await expect(store.share(bench.dir('deep'), { room: ROOM })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
  })

  test('a file that is written to meanwhile', async () => {
    const path = await source(someBytes(20 * MB))
    const store = await bench.store('a')
    const touched = store.share(path, { room: ROOM, onprogress: () => void utimes(path, 1, 1) })
    await expect(touched).rejects.toMatchObject({ code: 'CHANGED' })
    const shorter = store.share(path, {
      room: ROOM,
      onprogress: () => void writeFile(path, 'short'),
    })
    await expect(shorter).rejects.toMatchObject({ code: 'CHANGED' })
    expect(store.all()).toEqual([])
  })

  test('what was stopped', async () => {
    const path = await source(someBytes(40 * MB))
    const store = await bench.store('a')
    const stop = new AbortController()
    const seen: number[] = []
    const sharing = store.share(path, {
      room: ROOM,
      signal: stop.signal,
      onprogress(done, total) {
        expect(total).toBe(40 * MB)
        seen.push(done)
        stop.abort(new Error('enough'))
      },
    })
    await expect(sharing).rejects.toThrow('enough')
    expect(seen).toEqual([16 * MB])
  })
})

describe('a folder', () => {
  test('links and special files are left out, the folder itself may be a link', async () => {
    await mkdir(bench.dir('folder'))
    await source(someBytes(10), 'folder/file')
    await source(someBytes(10), 'secret')
    await symlink(bench.dir('secret'), bench.dir('folder/link'))
    execFileSync('mkfifo', [bench.dir('folder/pipe')])
    await symlink(bench.dir('folder'), bench.dir('album'))
    const item = await (await bench.store('a')).share(bench.dir('album'), { room: ROOM })
    expect(item.name).toBe('album')
    expect(item.entries()).toEqual([expect.objectContaining({ path: 'file', size: 10 })])
  })

  test('a link put in the place of a file, or a pipe, is not followed', async () => {
    await mkdir(bench.dir('folder'))
    await source(someBytes(70_000), 'folder/a')
    const item = await (await bench.store('a')).share(bench.dir('folder'), { room: ROOM })
    await rename(bench.dir('folder/a'), bench.dir('moved'))
    await symlink(bench.dir('moved'), bench.dir('folder/a'))
    expect(await item.read(0)).toBe('gone')
    await rm(bench.dir('folder/a'))
    execFileSync('mkfifo', [bench.dir('folder/a')])
    await item.look()
    expect(item.problem).toBeNull()
    expect(await item.read(1)).toBe('gone')
  })
})

describe('a source that changes', () => {
  test('what was changed never leaves, the rest does', async () => {
    const bytes = someBytes(300_000)
    const path = await source(bytes)
    const work = inlineWork()
    const item = await (await bench.store('a', { work })).share(path, { room: ROOM })
    const lost: string[] = []
    item.on('lost', () => lost.push(item.problem!))
    bytes[70_000]! ^= 1
    await writeFile(path, bytes)
    expect(await item.read(1)).toBe('changed')
    expect(item.have.has(1)).toBe(false)
    expect(await item.read(1)).toBe('gone')
    const right = await item.read(0)
    expect(typeof right).toBe('object')
    expect(lost).toEqual(['source-changed'])
    await writeFile(path, 'short')
    await item.look()
    expect(item.have.count).toBe(0)
  })

  test('what is gone is not offered until it is back', async () => {
    const path = await source(someBytes(300_000))
    const item = await (await bench.store('a')).share(path, { room: ROOM })
    await rename(path, `${path}.away`)
    expect(await item.read(2)).toBe('gone')
    expect(item.have.count).toBe(0)
    expect(item.problem).toBe('source-gone')
    await rename(`${path}.away`, path)
    await item.look()
    expect(item.problem).toBeNull()
    expect(item.have.isFull).toBe(true)
    expect(typeof (await item.read(2))).toBe('object')
  })
})

describe('over restarts', () => {
  test('what is shared is served again, folders too, and takes next to nothing', async () => {
    await mkdir(bench.dir('folder'))
    await source(someBytes(4 * MB), 'folder/a')
    await source(someBytes(10), 'folder/b:c')
    const store = await bench.store('a')
    const file = await store.share(bench.dir('folder/a'), { room: ROOM })
    const folder = await store.share(bench.dir('folder'), { room: ROOM })
    expect(await allocated(bench.dir('a'))).toBeLessThan(100_000)
    expect(await file.diskBytes()).toBe(0)
    await store.close()
    await expect(store.share(bench.dir('folder'), { room: ROOM })).rejects.toMatchObject({
      code: 'CLOSED',
    })
    await expect(file.read(0)).rejects.toMatchObject({ code: 'CLOSED' })
    const again = await bench.store('a')
    expect(again.all()).toHaveLength(2)
    const other = await bench.store('b')
    for (const { ref, rootHex } of [file, folder]) {
      const item = await other.begin(ref!, { room: ROOM, name: 'x' })
      await carry(again.get(rootHex)!, item)
      await carry(again.get(rootHex)!, item)
      await until('the item to be complete', () => item.complete)
    }
    const names = other
      .get(folder.rootHex)!
      .entries()!
      .map(({ path }) => path)
    expect(names).toEqual(['a', 'b_c'])
  })

  test('names and paths of what is shared stand nowhere in clear', async () => {
    await mkdir(bench.dir('canary-folder'))
    await source(someBytes(10), 'canary-folder/canary-file')
    await (await bench.store('a')).share(bench.dir('canary-folder'), { room: ROOM })
    for (const name of await readdir(join(bench.dir('a'), 'items'))) {
      const stored = await readFile(join(bench.dir('a'), 'items', name))
      expect(stored.includes('canary')).toBe(false)
    }
  })

  test('a damaged record is set aside, the others stay', async () => {
    const store = await bench.store('a')
    const one = await store.share(await source(someBytes(10)), { room: ROOM })
    const two = await store.share(await source(someBytes(20), 'two'), { room: ROOM })
    await store.close()
    const path = join(bench.dir('a'), 'items', `${one.rootHex}.item`)
    const record = await readFile(path)
    record[40]! ^= 1
    await writeFile(path, record)
    for (let start = 0; start < 2; start++) {
      const again = await bench.store('a')
      expect(again.damaged).toEqual([one.rootHex])
      expect(again.all().map(({ rootHex }) => rootHex)).toEqual([two.rootHex])
      await again.close()
    }
  })
})

describe('bytes that come as a stream', () => {
  async function* stream(...pieces: Buffer[]): AsyncGenerator<Buffer> {
    for (const piece of pieces) yield await Promise.resolve(piece)
  }

  test('are stored once and offered; removing frees them', async () => {
    const store = await bench.store('a')
    const bytes = someBytes(3 * MB)
    const item = await store.shareBytes(
      '../pic.jpg',
      stream(bytes.subarray(0, 9), bytes.subarray(9)),
      { room: ROOM },
    )
    expect((await readFile(item.path!)).equals(bytes)).toBe(true)
    expect(item.path!.endsWith('/pic.jpg')).toBe(true)
    expect(await item.diskBytes()).toBeGreaterThanOrEqual(3 * MB)
    await store.close()
    const again = await bench.store('a')
    const kept = again.get(item.rootHex)!
    expect(typeof (await kept.read(0))).toBe('object')
    await kept.remove()
    expect(again.all()).toEqual([])
    expect(await allocated(bench.dir('a'))).toBeLessThan(50_000)
  })

  test('leave nothing when they break off, or there is no space', async () => {
    const full = new Error('full')
    const store = await bench.store('a', {
      space: (bytes) => (bytes > 10 ? Promise.reject(full) : Promise.resolve()),
    })
    await expect(
      store.shareBytes('x', stream(Buffer.alloc(5), Buffer.alloc(11)), { room: ROOM }),
    ).rejects.toBe(full)
    await expect(store.shareBytes('x', stream(), { room: ROOM })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
    async function* broken(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.alloc(5))
      throw new Error('the page went away')
    }
    await expect(store.shareBytes('x', broken(), { room: ROOM })).rejects.toThrow(
      'the page went away',
    )
    expect(await readdir(join(bench.dir('a'), 'sent'))).toEqual([])
  })
})
