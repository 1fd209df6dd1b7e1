import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { StoredItem } from '../../core/files/store/stored-item.ts'
import { until } from '../compliance/until.ts'
import { StoreBench, carry, someBytes } from './core-files-store.ts'

const ROOM = 'a'.repeat(32)

const MB = 1024 * 1024
const LONG = 'a long name '.repeat(15).trim()
const FOLDER = `${LONG}/${LONG}`
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
    const item = await store.begin(shared.ref!, { room: ROOM, name: '../holiday.jpg' })
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
    const item = await (await bench.store('b')).begin(shared.ref!, { room: ROOM, name: 'album' })
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

  /** Many files of long names, so that the table takes more than one chunk. */
  async function album(): Promise<StoredItem> {
    for (let n = 0; n < 180; n++) {
      const dir = join(bench.dir('album'), `${FOLDER} ${n % 7}`)
      if (n < 7) await mkdir(dir, { recursive: true })
      await writeFile(join(dir, `${n}.txt`), someBytes((n * 50) % 20_001, n))
    }
    return (await bench.store('a')).share(bench.dir('album'), { room: ROOM })
  }

  async function expectAlbum(item: StoredItem): Promise<void> {
    expect(item.entries()).toHaveLength(180)
    for (const { path, size } of item.entries()!) {
      const n = Number(/(\d+)\.txt$/.exec(path)![1])
      expect(size).toBe((n * 50) % 20_001)
      expect((await readFile(join(item.path!, path))).equals(someBytes(size, n))).toBe(true)
    }
  }

  test('its table comes first, over any number of ends in between', async () => {
    const shared = await album()
    const ref = shared.ref!
    expect(ref.contents).toBeGreaterThan(ref.chunk)
    let store = await bench.store('b')
    let item = await store.begin(ref, { room: ROOM, name: 'album', files: 180 })
    const first = Math.ceil(ref.contents / ref.chunk)
    for (let index = 0; index < item.have.length; index++) {
      expect(item.usable).toBe(index < first ? first : item.have.length)
      await carry(shared, item, [index])
      await store.close()
      store = await bench.store('b')
      item = store.get(shared.rootHex)!
    }
    expect(item.complete).toBe(true)
    await expectAlbum(item)
    await store.close()
    store = await bench.store('b')
    item = store.get(shared.rootHex)!
    await expectAlbum(item)
    for (let index = 0; index < item.have.length; index++) {
      expect(typeof (await item.read(index))).toBe('object')
    }
    await item.moveTo(bench.dir('elsewhere'))
    await expectAlbum(item)
  })

  test('one file of it is read before the rest is here', async () => {
    const shared = await album()
    const item = await (await bench.store('b')).begin(shared.ref!, { room: ROOM, name: 'album' })
    await carry(shared, item, [0, 1, 2, 3, 4])
    const path = `${FOLDER} 3/150.txt`
    const { from, to } = item.chunksOf(path, 0, 7_500)
    await carry(
      shared,
      item,
      Array.from({ length: to - from }, (_, n) => from + n),
    )
    const pieces: Buffer[] = []
    for await (const piece of item.readPlain(path, 10, 7_500)) pieces.push(piece)
    expect(Buffer.concat(pieces).equals(someBytes(7_500, 150).subarray(10))).toBe(true)
    expect(() => item.chunksOf('nowhere', 0, 1)).toThrow('no such file')
    expect(() => item.chunksOf(null, 0, 1)).toThrow('no such file')
  })

  test('with another number of files than its message says it is damaged', async () => {
    const shared = await album()
    const item = await (
      await bench.store('b')
    ).begin(shared.ref!, { room: ROOM, name: 'album', files: 2 })
    await expect(carry(shared, item)).rejects.toMatchObject({ code: 'DAMAGED' })
    expect(item.problem).toBe('damaged')
    expect(item.entries()).toBeNull()
    expect(await readdir(join(bench.dir('b'), 'received', shared.rootHex.slice(0, 32)))).toEqual([
      'album.part',
    ])
  })

  test('a file of it that others deleted meanwhile is told before it is complete', async () => {
    const shared = await album()
    const store = await bench.store('b')
    const item = await store.begin(shared.ref!, {
      room: ROOM,
      name: 'album',
      out: bench.dir('out'),
    })
    const chunks = Array.from({ length: item.have.length }, (_, n) => n)
    await carry(shared, item, chunks.slice(0, -1))
    await rm(join(bench.dir('out.part'), `${FOLDER} 0/0.txt`))
    await carry(shared, item)
    await until('the loss to be told', () => item.problem === 'lost-here')
    expect(item.complete).toBe(false)
    await store.begin(shared.ref!, { room: ROOM, name: 'album' })
    await carry(shared, item)
    await carry(shared, item)
    await until('the item to be complete', () => item.complete)
    await expectAlbum(item)
  })
})
