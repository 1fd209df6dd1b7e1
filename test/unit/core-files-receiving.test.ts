import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { SEAL } from '../../core/files/descriptor.ts'
import { allocated } from '../../core/files/store/item-files.ts'
import type { ItemStore } from '../../core/files/store/item-store.ts'
import type { StoredItem } from '../../core/files/store/stored-item.ts'
import type { ChunkWork } from '../../core/files/work/chunk-work.ts'
import { inlineWork } from '../../core/files/work/inline-work.ts'
import { until } from '../compliance/until.ts'
import { StoreBench, carry, someBytes } from './core-files-store.ts'

const ROOM = 'a'.repeat(32)

const BYTES = someBytes(500_000)
const CHUNKS = 8
let bench: StoreBench
let shared: StoredItem
let store: ItemStore

beforeEach(async () => {
  bench = await StoreBench.open()
  await writeFile(bench.dir('source.bin'), BYTES)
  shared = await (await bench.store('a')).share(bench.dir('source.bin'), { room: ROOM })
  store = await bench.store('b')
})

afterEach(() => bench.close())

function begin(out?: string, from = store): Promise<StoredItem> {
  return from.begin(shared.ref!, { room: ROOM, name: 'it.bin', out })
}

async function completed(item: StoredItem): Promise<StoredItem> {
  await until('the item to be complete', () => item.complete)
  return item
}

async function expectRight(item: StoredItem): Promise<void> {
  expect((await readFile(item.path!)).equals(BYTES)).toBe(true)
}

async function chunk(index: number, from = shared): Promise<Buffer> {
  const read = await from.read(index)
  if (typeof read === 'string') throw new Error(read)
  return read.bytes
}

/** Work whose writes end otherwise while `outcome` is not null. */
function failingWork(): ChunkWork & { outcome: string | null } {
  const work = inlineWork()
  const failing = {
    ...work,
    outcome: null as string | null,
    write: (job: never, sealed: Buffer): Promise<string> =>
      failing.outcome === null ? work.write(job, sealed) : Promise.resolve(failing.outcome),
  }
  return failing
}

describe('what is taken', () => {
  test('only the manifest that the root names, and chunks that it names', async () => {
    const item = await begin()
    await expect(item.write(0, await chunk(0))).rejects.toMatchObject({ code: 'WAITING' })
    const wrong = Buffer.from(shared.manifest!)
    wrong[3]! ^= 1
    expect(await item.takeManifest(wrong)).toBe(false)
    expect(await item.takeManifest(shared.manifest!.subarray(32))).toBe(false)
    expect(item.manifest).toBeNull()
    expect(await item.takeManifest(shared.manifest!)).toBe(true)
    const altered = await chunk(0)
    altered[5]! ^= 1
    expect(await item.write(0, altered)).toBe(false)
    expect(await item.write(0, await chunk(1))).toBe(false)
    expect(await item.write(0, Buffer.alloc(3))).toBe(false)
    expect(item.have.count).toBe(0)
    expect(await item.write(1, await chunk(1))).toBe(true)
    expect(await item.write(1, await chunk(1))).toBe(true)
    expect(item.have.count).toBe(1)
  })

  test('a right chunk that the key does not open makes the item damaged; another key mends it', async () => {
    const lie = { ...shared.ref!, key: Buffer.alloc(32, 9) }
    const item = await store.begin(lie, { room: ROOM, name: 'x' })
    await item.takeManifest(shared.manifest!)
    await expect(item.write(0, await chunk(0))).rejects.toMatchObject({ code: 'DAMAGED' })
    expect(item.problem).toBe('damaged')
    const mended = await begin()
    expect(mended).not.toBe(item)
    await carry(shared, mended)
    await expectRight(await completed(mended))
    // From then on no other message changes it.
    expect(await store.begin(lie, { room: ROOM, name: 'x' })).toBe(mended)
    await expectRight(mended)
  })

  test.each([
    { size: 0 },
    { size: 2 ** 50 },
    { chunk: 5 },
    { contents: 500_001 },
    { contents: -1 },
  ])('nothing that no item can be: %j', async (wrong) => {
    const ref = { ...shared.ref!, ...wrong }
    // eslint-disable-next-line typescript/await-thenable
    await expect((async () => store.begin(ref, { room: ROOM, name: 'x' }))()).rejects.toMatchObject(
      {
        code: 'BAD_REQUEST',
      },
    )
    expect(store.all()).toEqual([])
  })
})

describe('where it goes', () => {
  test('to a file or into a folder, under a part name until it is complete', async () => {
    await mkdir(bench.dir('downloads'))
    const item = await begin(bench.dir('downloads'))
    expect(await readdir(bench.dir('downloads'))).toEqual(['it.bin.part'])
    await carry(shared, item)
    await completed(item)
    expect(await readdir(bench.dir('downloads'))).toEqual(['it.bin'])
    expect(item.path).toBe(bench.dir('downloads/it.bin'))
    await expectRight(item)
    expect((await stat(item.path!)).mode & 0o111).toBe(0)
    expect(await item.diskBytes()).toBe(0)
    await item.remove()
    await expect(readFile(bench.dir('downloads/it.bin'))).resolves.toHaveLength(BYTES.byteLength)
  })

  test('never over what is there', async () => {
    await writeFile(bench.dir('mine'), 'mine')
    await expect(begin(bench.dir('mine'))).rejects.toMatchObject({ code: 'EXISTS' })
    await expect(begin(bench.dir('no/where'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(store.all()).toEqual([])
    const item = await begin(bench.dir('later'))
    await writeFile(bench.dir('later'), 'mine')
    await carry(shared, item)
    await completed(item)
    expect(item.path).toBe(bench.dir('later (2)'))
    expect(await readFile(bench.dir('later'), 'utf8')).toBe('mine')
    await expectRight(item)
  })

  test('moved when it is complete, or as soon as it is', async () => {
    const item = await begin()
    expect(await item.moveTo(bench.dir('wanted'))).toBe(bench.dir('wanted'))
    await carry(shared, item)
    await completed(item)
    expect(item.path).toBe(bench.dir('wanted'))
    await expectRight(item)
    expect(await readdir(join(bench.dir('b'), 'received'))).toEqual([])
    // Asked for again: what a person has stays, and a copy goes where they want it.
    expect(await item.moveTo(bench.dir('again'))).toBe(bench.dir('again'))
    expect(item.path).toBe(bench.dir('again'))
    await expectRight(item)
    expect((await readFile(bench.dir('wanted'))).equals(BYTES)).toBe(true)
    await expect(item.moveTo(bench.dir('again'))).rejects.toMatchObject({ code: 'EXISTS' })
    expect(typeof (await item.read(0))).toBe('object')
  })

  test('to another disk', async () => {
    const other = `/dev/shm/porchlight-${process.pid}`
    await mkdir(other)
    try {
      const item = await begin()
      await carry(shared, item)
      await completed(item)
      expect(await item.moveTo(other)).toBe(join(other, 'it.bin'))
      await expectRight(item)
      expect(await readdir(join(bench.dir('b'), 'received'))).toEqual([])
      expect(await readdir(other)).toEqual(['it.bin'])
    } finally {
      await rm(other, { recursive: true })
    }
  })
})

describe('reading while it arrives', () => {
  test('gives what is here, and no more', async () => {
    const item = await begin()
    await carry(shared, item, [2, 3])
    const read = async (from: StoredItem, start: number, end: number): Promise<Buffer> => {
      const pieces: Buffer[] = []
      for await (const piece of from.readPlain(null, start, end)) pieces.push(piece)
      return Buffer.concat(pieces)
    }
    const { from, to } = item.chunksOf(null, 140_000, 250_000)
    expect([from, to]).toEqual([2, 4])
    expect((await read(item, 140_000, 250_000)).equals(BYTES.subarray(140_000, 250_000))).toBe(true)
    await expect(read(item, 100_000, 200_000)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(read(item, 0, 500_001)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await carry(shared, item)
    await completed(item)
    await fc.assert(
      fc.asyncProperty(fc.nat(500_000), fc.nat(500_000), async (a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)]
        expect((await read(item, start, end)).equals(BYTES.subarray(start, end))).toBe(true)
        expect((await read(shared, start, end)).equals(BYTES.subarray(start, end))).toBe(true)
      }),
      { numRuns: 20 },
    )
  })
})

describe('a full disk', () => {
  test.each(['ENOSPC', 'EDQUOT'])(
    '%s stops it, and it goes on when there is space',
    async (code) => {
      const work = failingWork()
      const tight = await bench.store('c', { work })
      const item = await begin(undefined, tight)
      await carry(shared, item, [0, 1])
      work.outcome = code
      await expect(carry(shared, item)).rejects.toMatchObject({ code: 'DISK_FULL' })
      expect(item.problem).toBe('disk-full')
      expect(item.have.count).toBe(2)
      work.outcome = null
      await item.retry()
      expect(item.problem).toBeNull()
      expect(await carry(shared, item)).toBe(CHUNKS - 2)
      await expectRight(await completed(item))
    },
  )

  test('the guard of the disk is asked before anything is written', async () => {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    let free = 200_000
    const tight = await bench.store('c', {
      space: (bytes) => ((free -= bytes) < 0 ? Promise.reject(full) : Promise.resolve()),
    })
    const item = await begin(undefined, tight)
    await expect(carry(shared, item)).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(item.problem).toBe('disk-full')
    expect(item.have.count).toBe(3)
    free = 10_000_000
    await carry(shared, item)
    expect(item.problem).toBeNull()
    await expectRight(await completed(item))
  })
})

describe('what others do to it', () => {
  test('a part that was deleted is told, and begun anew when asked', async () => {
    const item = await begin(bench.dir('out.bin'))
    await carry(shared, item, [0, 1])
    await rm(bench.dir('out.bin.part'))
    await expect(carry(shared, item)).rejects.toMatchObject({ code: 'CHANGED' })
    expect(item.problem).toBe('lost-here')
    expect(item.have.count).toBe(0)
    expect(await readdir(bench.root)).not.toContain('out.bin.part')
    expect(await begin()).toBe(item)
    expect(item.problem).toBeNull()
    expect(await carry(shared, item)).toBe(CHUNKS)
    await completed(item)
    expect(item.path).toBe(bench.dir('out.bin'))
    await expectRight(item)
  })

  test('what a person changed or moved is no longer given out, and never written to', async () => {
    const item = await begin(bench.dir('out.bin'))
    await carry(shared, item)
    await completed(item)
    const mine = Buffer.from(BYTES)
    mine[0]! ^= 1
    await writeFile(bench.dir('out.bin'), mine)
    expect(await item.read(0)).toBe('changed')
    expect(item.problem).toBe('lost-here')
    expect(item.complete).toBe(false)
    await begin()
    await carry(shared, item)
    await completed(item)
    expect((await readFile(bench.dir('out.bin'))).equals(mine)).toBe(true)
    expect(item.path).toBe(bench.dir('out (2).bin'))
    await rename(item.path!, bench.dir('moved'))
    await item.look()
    expect(item.problem).toBe('lost-here')
  })

  test('R8: a bit that flipped in what was received is fetched again', async () => {
    const item = await begin()
    await carry(shared, item)
    await completed(item)
    const path = item.path!
    const flipped = Buffer.from(BYTES)
    flipped[70_000]! ^= 4
    await writeFile(path, flipped)
    expect(await item.read(1)).toBe('changed')
    expect(item.complete).toBe(false)
    expect(item.problem).toBeNull()
    expect(await carry(shared, item)).toBe(1)
    await completed(item)
    expect(item.path).toBe(path)
    await expectRight(item)
  })
})

describe('over restarts', () => {
  test('goes on with what it has', async () => {
    const item = await begin()
    await carry(shared, item, [0, 3, 5])
    item.meta.asked = true
    await item.save()
    await store.close()
    store = await bench.store('b')
    const again = store.get(shared.rootHex)!
    expect(again.meta.asked).toBe(true)
    expect(again.have.count).toBe(3)
    expect(await carry(shared, again)).toBe(CHUNKS - 3)
    await expectRight(await completed(again))
    await store.close()
    store = await bench.store('b')
    const last = store.get(shared.rootHex)!
    expect(last.complete).toBe(true)
    await expectRight(last)
    expect(typeof (await last.read(7))).toBe('object')
  })

  test('after a crash, what was not synced is compared with the manifest', async () => {
    const item = await begin()
    await carry(shared, item, [0, 3, 5])
    const items = join(bench.dir('b'), 'items')
    await until('the chunks to be noted', async () => {
      const path = join(items, `${shared.rootHex}.progress`)
      return (await stat(path).catch(() => null))?.size === 8 + 1 + 24
    })
    // As after a power cut, the bytes of one of them never reached the disk.
    const part = join(bench.dir('b'), 'received', shared.rootHex.slice(0, 32), 'it.bin.part')
    const bytes = await readFile(part)
    bytes.fill(0, 3 * 65_536, 4 * 65_536)
    await writeFile(part, bytes)
    const again = (await bench.store('b')).get(shared.rootHex)!
    expect([0, 3, 5].map((index) => again.have.has(index))).toEqual([true, false, true])
    await carry(shared, again)
    await expectRight(await completed(again))
  })

  test('a part that is gone at the start is told', async () => {
    await carry(shared, await begin(), [0])
    await store.close()
    await rm(join(bench.dir('b'), 'received'), { recursive: true })
    store = await bench.store('b')
    const item = store.get(shared.rootHex)!
    expect(item.problem).toBe('lost-here')
    expect(item.have.count).toBe(0)
    await begin()
    await carry(shared, item)
    await expectRight(await completed(item))
  })

  test('a damaged manifest or progress is had again', async () => {
    await carry(shared, await begin(), [0, 1])
    await store.close()
    for (const what of ['manifest', 'progress']) {
      await writeFile(join(bench.dir('b'), 'items', `${shared.rootHex}.${what}`), 'damaged')
    }
    store = await bench.store('b')
    const item = store.get(shared.rootHex)!
    expect(item.manifest).toBeNull()
    expect(item.have.count).toBe(0)
    await carry(shared, item)
    await expectRight(await completed(item))
  })

  test('what belongs to no item is removed at the start', async () => {
    const item = await begin()
    await carry(shared, item, [0])
    await store.close()
    await rm(join(bench.dir('b'), 'items', `${shared.rootHex}.item`))
    store = await bench.store('b')
    expect(store.all()).toEqual([])
    expect(await allocated(join(bench.dir('b'), 'received'))).toBeLessThan(10_000)
    expect(await readdir(join(bench.dir('b'), 'items'))).toEqual([])
  })
})

describe('an end', () => {
  test('removing frees the bytes at once, whatever is under way', async () => {
    const item = await begin()
    await carry(shared, item, [0, 1, 2])
    const used = await item.diskBytes()
    expect(used).toBeGreaterThanOrEqual(3 * 65_536)
    expect(await allocated(bench.dir('b'))).toBeGreaterThanOrEqual(used)
    const writing = item.write(3, await chunk(3)).catch((error: { code: string }) => error.code)
    const reading = item.read(0)
    await item.remove()
    await writing
    await reading
    expect(store.get(shared.rootHex)).toBeNull()
    expect(await allocated(bench.dir('b'))).toBeLessThan(30_000)
    await expect(item.write(4, await chunk(4))).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(item.read(0)).rejects.toMatchObject({ code: 'CLOSED' })
    expect(await readdir(join(bench.dir('b'), 'items'))).toEqual([])
  })
})

describe('held for others', () => {
  test('A18: only ciphertext lies there, which others take', async () => {
    await writeFile(bench.dir('canary'), 'canary-plaintext '.repeat(10_000))
    const source = await (await bench.store('d')).share(bench.dir('canary'), { room: ROOM })
    const held = await store.hold(source.descriptor, ROOM)
    expect(held.ref).toBeNull()
    expect(held.path).toBeNull()
    await carry(source, held, [0])
    await store.close()
    store = await bench.store('b')
    const again = store.get(source.rootHex)!
    expect(again.have.count).toBe(1)
    await carry(source, again)
    await completed(again)
    const altered = await chunk(0, source)
    altered[0]! ^= 1
    expect((await chunk(0, again)).equals(await chunk(0, source))).toBe(true)
    const file = await readFile(join(bench.dir('b'), 'held', source.rootHex))
    expect(file.byteLength).toBe(170_000 + 3 * SEAL)
    expect(file.includes('canary')).toBe(false)
    const item = await (await bench.store('c')).begin(source.ref!, { room: ROOM, name: 'canary' })
    await carry(again, item)
    await completed(item)
    expect((await readFile(item.path!)).equals(await readFile(bench.dir('canary')))).toBe(true)
    await again.remove()
    expect(await readdir(join(bench.dir('b'), 'held'))).toEqual([])
  })

  test('who is given the key receives it', async () => {
    await carry(shared, await store.hold(shared.descriptor, ROOM), [0])
    const item = await begin()
    expect(item.kind).toBe('received')
    await carry(shared, item)
    await expectRight(await completed(item))
    expect(await readdir(join(bench.dir('b'), 'held'))).toEqual([])
  })
})
