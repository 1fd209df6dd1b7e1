import {
  link,
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ItemStore } from '../../core/files/store/item-store.ts'
import type { StoredItem } from '../../core/files/store/stored-item.ts'
import { until } from '../compliance/until.ts'
import { StoreBench, carry, someBytes } from './core-files-store.ts'

const ROOM = 'a'.repeat(32)
const BYTES = someBytes(500_000)
let bench: StoreBench
let store: ItemStore
let sender: ItemStore
let shared: StoredItem

beforeEach(async () => {
  bench = await StoreBench.open()
  sender = await bench.store('a')
  await writeFile(bench.dir('source.bin'), BYTES)
  shared = await sender.share(bench.dir('source.bin'), { room: ROOM })
  store = await bench.store('b')
})

afterEach(() => bench.close())

function begin(out?: string, of = shared): Promise<StoredItem> {
  return store.begin(of.ref!, { room: ROOM, name: 'it.bin', out })
}

async function completed(item: StoredItem): Promise<StoredItem> {
  await until('the item to be complete', () => item.complete)
  return item
}

async function reopened(root: string): Promise<StoredItem> {
  await store.close()
  store = await bench.store('b')
  return store.get(root)!
}

/** A folder whose table and first file share a chunk. */
async function folder(): Promise<StoredItem> {
  await mkdir(bench.dir('album'))
  await writeFile(bench.dir('album/a.txt'), someBytes(1_000, 5))
  await writeFile(bench.dir('album/b.bin'), someBytes(300_000, 6))
  return sender.share(bench.dir('album'), { room: ROOM })
}

async function received(of: StoredItem, out: string): Promise<StoredItem> {
  const item = await begin(out, of)
  await carry(of, item)
  await carry(of, item)
  return completed(item)
}

describe('what a person has where they wanted it', () => {
  test('a folder that they changed stays, whatever becomes of its message after a restart', async () => {
    const album = await folder()
    const item = await received(album, bench.dir('photos'))
    await writeFile(bench.dir('photos/a.txt'), 'my own words')
    await writeFile(bench.dir('photos/mine.txt'), 'mine')
    expect(await item.read(0)).toBe('changed')
    const again = await reopened(item.rootHex)
    expect(again.problem).toBe('lost-here')
    expect(again.complete).toBe(false)
    await store.remove(again)
    expect(store.all()).toEqual([])
    expect((await readdir(bench.dir('photos'))).toSorted()).toEqual(['a.txt', 'b.bin', 'mine.txt'])
  })

  test('a file that they changed is not written to after a restart, and fetched to another name', async () => {
    const item = await received(shared, bench.dir('out.bin'))
    const mine = Buffer.from(BYTES)
    mine[0]! ^= 1
    await writeFile(bench.dir('out.bin'), mine)
    expect(await item.read(0)).toBe('changed')
    const again = await reopened(item.rootHex)
    const chunk = await shared.read(0)
    if (typeof chunk === 'string') throw new Error(chunk)
    await expect(again.write(0, Buffer.from(chunk.bytes))).rejects.toMatchObject({
      code: 'CHANGED',
    })
    await begin()
    await carry(shared, again)
    expect((await completed(again)).path).toBe(bench.dir('out (2).bin'))
    expect((await readFile(bench.dir('out.bin'))).equals(mine)).toBe(true)
    expect((await reopened(item.rootHex)).complete).toBe(true)
  })

  test('what stands in the place of a part is neither written to nor removed', async () => {
    const item = await begin(bench.dir('out.bin'))
    await carry(shared, item, [0, 1])
    await store.close()
    const part = bench.dir('out.bin.part')
    await rename(part, bench.dir('elsewhere'))
    await writeFile(part, Buffer.alloc(BYTES.byteLength, 7))
    store = await bench.store('b')
    const again = store.get(item.rootHex)!
    expect(again.problem).toBe('lost-here')
    await store.remove(again)
    expect((await readFile(part)).equals(Buffer.alloc(BYTES.byteLength, 7))).toBe(true)
  })

  test('what was out of reach for a while is gone on with', async () => {
    await carry(shared, await begin(bench.dir('out.bin')), [0, 1])
    let again = await reopened(shared.rootHex)
    await rename(bench.dir('out.bin.part'), bench.dir('away'))
    await again.look()
    expect([again.problem, again.have.count]).toEqual(['lost-here', 0])
    again = await reopened(shared.rootHex)
    expect(again.problem).toBe('lost-here')
    await rename(bench.dir('away'), bench.dir('out.bin.part'))
    await again.look()
    expect([again.problem, again.have.count]).toEqual([null, 2])
    await carry(shared, again)
    await completed(again)
    await rename(bench.dir('out.bin'), bench.dir('away'))
    expect(await again.read(0)).toBe('gone')
    again = await reopened(shared.rootHex)
    expect([again.problem, again.complete]).toEqual(['lost-here', false])
    await rename(bench.dir('away'), bench.dir('out.bin'))
    expect(await begin()).toBe(again)
    expect([again.problem, again.complete]).toEqual([null, true])
    expect(typeof (await again.read(0))).toBe('object')
    // Asked for elsewhere in the same breath, it goes there.
    await rename(bench.dir('out.bin'), bench.dir('away'))
    await again.look()
    await rename(bench.dir('away'), bench.dir('out.bin'))
    await begin(bench.dir('there'))
    expect(again.path).toBe(bench.dir('there'))
    expect((await readFile(again.path!)).equals(BYTES)).toBe(true)
  })

  test('a part that never got on the disk is made again', async () => {
    const item = await begin()
    await store.close()
    await rm(join(bench.dir('b'), 'received'), { recursive: true })
    store = await bench.store('b')
    const again = store.get(item.rootHex)!
    expect(again.problem).toBeNull()
    await carry(shared, again)
    await completed(again)
  })
})

describe('a place that is taken', () => {
  test('by a link: nothing goes where it leads', async () => {
    const album = await folder()
    await mkdir(bench.dir('trap'))
    await symlink(bench.dir('trap'), bench.dir('photos.part'))
    await symlink(bench.dir('trap'), bench.dir(`photos.${album.rootHex.slice(0, 8)}.part`))
    const item = await received(album, bench.dir('photos'))
    expect((await readdir(item.path!)).toSorted()).toEqual(['a.txt', 'b.bin'])
    expect(await readdir(bench.dir('trap'))).toEqual([])
  })
})

describe('a place that can not be written at the end', () => {
  test('it is complete where it arrived, and says why', async () => {
    const item = await begin()
    await item.moveTo(bench.dir('wanted'))
    await writeFile(bench.dir('wanted'), 'mine')
    await carry(shared, item)
    await completed(item)
    expect(item.outError).toMatchObject({ code: 'EXISTS' })
    expect(item.problem).toBeNull()
    expect((await readFile(item.path!)).equals(BYTES)).toBe(true)
    expect(await readFile(bench.dir('wanted'), 'utf8')).toBe('mine')
    const again = await reopened(item.rootHex)
    expect(again.complete).toBe(true)
    expect(await again.moveTo(bench.dir('other'))).toBe(bench.dir('other'))
    expect(again.outError).toBeNull()
  })

  test('a folder that is gone by then is told too', async () => {
    await mkdir(bench.dir('downloads'))
    const item = await begin()
    await item.moveTo(bench.dir('downloads'))
    await rm(bench.dir('downloads'), { recursive: true })
    await carry(shared, item)
    await completed(item)
    expect(item.outError).toMatchObject({ code: 'NOT_FOUND' })
    expect((await readFile(item.path!)).equals(BYTES)).toBe(true)
  })

  test('what a copy that was cut short left is in nobody’s way', async () => {
    const item = await received(shared, bench.dir('first'))
    const stale = bench.dir(`second.${item.rootHex.slice(0, 8)}.copy.part`)
    await writeFile(stale, 'half of it')
    await item.moveTo(bench.dir('second'))
    expect((await readFile(bench.dir('second'))).equals(BYTES)).toBe(true)
    await expect(stat(stale)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('a name that can not be given is a problem until it can', async () => {
    const item = await begin()
    const home = join(bench.dir('b'), 'received', item.rootHex.slice(0, 32))
    // Its own name and all with a number are taken.
    await link(join(home, 'it.bin.part'), join(home, 'kept'))
    await writeFile(join(home, 'it.bin'), '')
    for (let n = 2; n < 1_000; n++) await writeFile(join(home, `it (${n}).bin`), '')
    await carry(shared, item)
    await until('the problem to be told', () => item.problem === 'not-stored')
    expect(item.complete).toBe(false)
    await expect(begin()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await rm(join(home, 'it.bin'))
    await begin()
    await completed(item)
    expect(item.problem).toBeNull()
  })
})

describe('a folder after a power cut', () => {
  test('what is behind its table is looked for in its files', async () => {
    const album = await folder()
    const item = await begin(undefined, album)
    await carry(album, item, [0])
    const items = join(bench.dir('b'), 'items')
    await until('the chunk to be noted', async () => {
      const found = await stat(join(items, `${album.rootHex}.progress`)).catch(() => null)
      return found?.size === 8 + 1 + 8
    })
    const part = join(bench.dir('b'), 'received', album.rootHex.slice(0, 32), 'it.bin.part')
    const first = join(part, 'a.txt')
    expect((await stat(first)).size).toBe(1_000)
    await writeFile(first, Buffer.alloc(1_000))
    const again = (await bench.store('b')).get(album.rootHex)!
    expect(again.have.has(0)).toBe(false)
    await carry(album, again)
    await completed(again)
    expect((await readFile(join(again.path!, 'a.txt'))).equals(someBytes(1_000, 5))).toBe(true)
  })

  test('a chunk of the table that is fetched again goes to the files as well, a restart later', async () => {
    const album = await folder()
    const item = await begin(undefined, album)
    await carry(album, item)
    await carry(album, item)
    await completed(item)
    await writeFile(join(item.path!, 'a.txt'), Buffer.alloc(1_000))
    expect(await item.read(0)).toBe('changed')
    const again = await reopened(item.rootHex)
    expect(again.have.count).toBe(again.have.length - 1)
    expect(await carry(album, again)).toBe(1)
    await completed(again)
    expect((await readFile(join(again.path!, 'a.txt'))).equals(someBytes(1_000, 5))).toBe(true)
  })

  test('a table that rotted is had again, and laid out again', async () => {
    const album = await folder()
    const item = await begin(undefined, album)
    await carry(album, item, [0, 1, 2])
    await store.close()
    const path = join(bench.dir('b'), 'items', `${album.rootHex}.contents`)
    const table = await readFile(path)
    table[3]! ^= 1
    await writeFile(path, table)
    store = await bench.store('b')
    const again = store.get(album.rootHex)!
    expect([0, 1, 2].map((index) => again.have.has(index))).toEqual([false, true, true])
    expect(again.entries()).toBeNull()
    await carry(album, again)
    await carry(album, again)
    await completed(again)
    for (const [name, bytes] of [
      ['a.txt', someBytes(1_000, 5)],
      ['b.bin', someBytes(300_000, 6)],
    ] as const) {
      expect((await readFile(join(again.path!, name))).equals(bytes)).toBe(true)
    }
  })

  test('a table that rotted in a folder that was complete too', async () => {
    const album = await folder()
    const item = await begin(undefined, album)
    await carry(album, item)
    await carry(album, item)
    await completed(item)
    await store.close()
    const path = join(bench.dir('b'), 'items', `${album.rootHex}.contents`)
    const table = await readFile(path)
    table[3]! ^= 1
    await writeFile(path, table)
    await writeFile(join(item.path!, 'a.txt'), Buffer.alloc(1_000))
    store = await bench.store('b')
    const again = store.get(album.rootHex)!
    expect(again.entries()).toBeNull()
    expect(await again.read(2)).toBe('changed')
    expect(again.have.has(0)).toBe(false)
    await carry(album, again)
    await carry(album, again)
    await completed(again)
    expect((await readFile(join(again.path!, 'a.txt'))).equals(someBytes(1_000, 5))).toBe(true)
  })

  test('a folder that was out of reach for a while, half of it there, is gone on with', async () => {
    const album = await folder()
    await carry(album, await begin(bench.dir('photos'), album), [0])
    const item = await reopened(album.rootHex)
    await rename(bench.dir('photos.part'), bench.dir('away'))
    await item.look()
    expect(item.problem).toBe('lost-here')
    await rename(bench.dir('away'), bench.dir('photos.part'))
    await item.look()
    expect([item.problem, item.have.count]).toEqual([null, 1])
    await carry(album, item)
    await completed(item)
    expect((await readFile(bench.dir('photos/a.txt'))).equals(someBytes(1_000, 5))).toBe(true)
  })
})

describe('asked for and removed at once', () => {
  test('whoever begins in the middle of a removal gets a new item that is whole', async () => {
    for (let round = 0; round < 5; round++) {
      const old = await begin()
      await carry(shared, old, [0])
      const [, item] = await Promise.all([store.remove(old), begin()])
      expect(item).not.toBe(old)
      expect(store.get(shared.rootHex)).toBe(item)
      await carry(shared, item)
      await completed(item)
      // Of one that was removed before, nothing else goes.
      await old.remove()
      expect(store.get(shared.rootHex)).toBe(item)
      const again = await reopened(shared.rootHex)
      expect((await readFile(again.path!)).equals(BYTES)).toBe(true)
      await again.remove()
    }
  })

  test('all who begin at once get the same', async () => {
    const items = await Promise.all(Array.from({ length: 6 }, () => begin()))
    expect(new Set(items).size).toBe(1)
    const [, ...others] = await Promise.all([
      store.remove(items[0]!),
      ...Array.from({ length: 5 }, () => begin()),
    ])
    expect(new Set(others).size).toBe(1)
    expect(store.get(shared.rootHex)).toBe(others[0])
  })
})
