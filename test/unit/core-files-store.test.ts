import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { until } from '../compliance/until.ts'
import { StoreBench, carry, someBytes } from './core-files-store.ts'

const ROOM = 'a'.repeat(32)

const MB = 1024 * 1024
let bench: StoreBench

beforeEach(async () => {
  bench = await StoreBench.open()
})

afterEach(() => bench.close())

describe('a file from one store to another', () => {
  test.each([1, 65_536, 65_537, 3 * MB + 17])('of %i bytes', async (size) => {
    const bytes = someBytes(size)
    const source = bench.dir('holiday.jpg')
    await writeFile(source, bytes)
    const shared = await (await bench.store('a')).share(source, { room: ROOM })
    const store = await bench.store('b')
    const item = await store.begin(shared.ref!, { name: '../holiday.jpg', room: ROOM })
    expect(item.path).toBeNull()
    await carry(shared, item)
    await until('the item to be complete', () => item.complete)
    expect(item.path).toBe(
      join(bench.dir('b'), 'received', shared.rootHex.slice(0, 32), 'holiday.jpg'),
    )
    expect((await readFile(item.path!)).equals(bytes)).toBe(true)
    expect(await readdir(join(item.path!, '..'))).toEqual(['holiday.jpg'])
    expect(item.have.isFull).toBe(true)
    expect(shared.path).toBe(source)
  })
})

describe('a folder from one store to another', () => {
  test('has all its files, empty ones too', async () => {
    const source = bench.dir('album')
    await mkdir(join(source, 'deep/er'), { recursive: true })
    const files: [string, Buffer][] = [
      ['a.txt', someBytes(10)],
      ['deep/b.bin', someBytes(200_000, 2)],
      ['deep/empty', Buffer.alloc(0)],
      ['deep/er/c:?.bin', someBytes(70_000, 3)],
    ]
    for (const [path, bytes] of files) await writeFile(join(source, path), bytes)
    const shared = await (await bench.store('a')).share(source, { room: ROOM })
    const item = await (await bench.store('b')).begin(shared.ref!, { name: 'album', room: ROOM })
    expect(item.entries()).toBeNull()
    await carry(shared, item)
    await carry(shared, item)
    await until('the item to be complete', () => item.complete)
    expect(item.entries()!.map(({ path }) => path)).toEqual([
      'a.txt',
      'deep/b.bin',
      'deep/empty',
      'deep/er/c__.bin',
    ])
    for (const [n, { path }] of item.entries()!.entries()) {
      expect((await readFile(join(item.path!, path))).equals(files[n]![1])).toBe(true)
    }
  })
})
