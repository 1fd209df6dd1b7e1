import { mkdir, open, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { silentLogger } from '../../core/logger.ts'
import { Bitfield } from '../../core/files/bitfield.ts'
import { Checkpoints } from '../../core/files/store/checkpoints.ts'
import { Gate } from '../../core/files/store/gate.ts'
import { ProgressLog } from '../../core/files/store/progress-log.ts'
import { renameNew } from '../../core/files/store/put-in-place.ts'
import type { ItemStore } from '../../core/files/store/item-store.ts'
import type { StoredItem } from '../../core/files/store/stored-item.ts'
import type { ChunkWork } from '../../core/files/work/chunk-work.ts'
import { inlineWork } from '../../core/files/work/inline-work.ts'
import { until } from '../compliance/until.ts'
import { StoreBench, carry, someBytes } from './core-files-store.ts'

const ROOM = 'a'.repeat(32)
const MB = 1024 * 1024
const BYTES = someBytes(500_000)
let bench: StoreBench
let sender: ItemStore
let shared: StoredItem

beforeEach(async () => {
  bench = await StoreBench.open()
  sender = await bench.store('a')
  await writeFile(bench.dir('source.bin'), BYTES)
  shared = await sender.share(bench.dir('source.bin'), { room: ROOM })
})

afterEach(() => bench.close())

function begin(store: ItemStore, of = shared, out?: string): Promise<StoredItem> {
  return store.begin(of.ref!, { room: ROOM, name: 'it.bin', out })
}

async function completed(item: StoredItem): Promise<StoredItem> {
  await until('the item to be complete', () => item.complete)
  return item
}

/** Work whose reads end otherwise while `outcome` is not null. */
function unreadableWork(): ChunkWork & { outcome: string | null } {
  const work = inlineWork()
  const failing = {
    ...work,
    outcome: null as string | null,
    read: (job: Parameters<ChunkWork['read']>[0]): ReturnType<ChunkWork['read']> =>
      failing.outcome === null
        ? work.read(job)
        : Promise.resolve({ outcome: failing.outcome, sealed: null }),
  }
  return failing
}

describe('a disk that does not read', () => {
  test.each(['EACCES', 'EPERM', 'ESTALE', 'ETIMEDOUT', 'EMFILE'])(
    '%s says nothing of what is there',
    async (code) => {
      const work = unreadableWork()
      const store = await bench.store('b', { work })
      const item = await begin(store)
      await carry(shared, item)
      await completed(item)
      work.outcome = code
      await expect(item.read(1)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
      expect([item.problem, item.complete, item.have.isFull]).toEqual([null, true, true])
      work.outcome = null
      expect(typeof (await item.read(1))).toBe('object')
    },
  )

  test('a sector that can not be read costs its chunk, and nothing of what is a person’s', async () => {
    const work = unreadableWork()
    const store = await bench.store('b', { work })
    const item = await begin(store)
    await carry(shared, item)
    await completed(item)
    work.outcome = 'EIO'
    expect(await item.read(1)).toBe('changed')
    expect([item.problem, item.have.count]).toEqual([null, item.have.length - 1])
    work.outcome = null
    expect(await carry(shared, item)).toBe(1)
    await completed(item)
    await item.moveTo(bench.dir('out.bin'))
    work.outcome = 'EIO'
    await expect(item.read(1)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect([item.problem, item.complete]).toEqual([null, true])
  })
})

describe('progress', () => {
  test('of what is not on the disk is never noted as safe, whatever went bad meanwhile', async () => {
    const path = bench.dir('progress')
    const progress = new ProgressLog(path, 8)
    const have = new Bitfield(8)
    const gone: string[] = []
    const checkpoints = new Checkpoints({
      clock: bench.clock,
      logger: silentLogger,
      gate: new Gate(),
      progress,
      place: () => bench.root,
      have: () => have,
      passing: () => null,
      saveRecord: () => Promise.resolve(),
      isLost: () => false,
      ongone: () => gone.push('gone'),
    })
    have.set(3)
    checkpoints.wrote(3, 10)
    checkpoints.wroteFile(bench.dir('never synced'))
    checkpoints.lost()
    await checkpoints.running
    expect(gone).toEqual(['gone'])
    await progress.close()
    const found = await new ProgressLog(path, 8).load()
    expect(found?.synced.count ?? 0).toBe(0)
    expect(found?.written).toEqual([3])
  })

  test('is whole though the disk takes a few bytes at a time, and goes on behind a torn end', async () => {
    const file = await open(bench.dir('any'), 'w')
    const handle = Object.getPrototypeOf(file) as typeof file
    await file.close()
    const write = Reflect.get(handle, 'write') as (this: typeof file, ...args: unknown[]) => unknown
    let refuse = false
    const few = jest.spyOn(handle, 'write').mockImplementation(function few(
      this: typeof file,
      ...args: unknown[]
    ) {
      const [bytes, from, length, at] = args as [Buffer, number, number, number]
      if (refuse) {
        return Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
      }
      refuse = tearing && length > 3
      return write.call(this, bytes, from, Math.min(3, length), at)
    } as never)
    let tearing = false
    try {
      const path = bench.dir('progress')
      const log = new ProgressLog(path, 100)
      const synced = new Bitfield(100)
      synced.set(7)
      await log.checkpoint(synced, log.mark)
      log.note(1)
      await until('the note', async () => (await stat(path)).size === 8 + 13 + 8)
      tearing = true
      log.note(2)
      await until('the torn note', async () => (await stat(path)).size === 8 + 13 + 8 + 3)
      tearing = false
      refuse = false
      log.note(4)
      await log.close()
      const found = await new ProgressLog(path, 100).load()
      expect(found?.synced.count).toBe(1)
      expect(found?.written).toEqual([1, 2, 4])
    } finally {
      few.mockRestore()
    }
  })

  test('of what nobody touched is not written at a start or an end', async () => {
    const store = await bench.store('b')
    await carry(shared, await begin(store), [0])
    await store.close()
    const path = join(bench.dir('b'), 'items', `${shared.rootHex}.progress`)
    const before = await stat(path, { bigint: true })
    await (await bench.store('b')).close()
    const after = await stat(path, { bigint: true })
    expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs])
  })
})

describe('a start', () => {
  test('goes on without a record that the disk does not give, which stays with its bytes', async () => {
    const store = await bench.store('b')
    const item = await begin(store)
    await carry(shared, item, [0, 1])
    await writeFile(bench.dir('other'), 'other')
    const other = await sender.share(bench.dir('other'), { room: ROOM })
    await begin(store, other)
    await store.close()
    const record = join(bench.dir('b'), 'items', `${shared.rootHex}.item`)
    const stored = await readFile(record)
    await rm(record)
    await mkdir(record)
    const without = await bench.store('b')
    expect(without.all().map(({ rootHex }) => rootHex)).toEqual([other.rootHex])
    expect(without.damaged).toEqual([shared.rootHex])
    await without.close()
    await rm(record, { recursive: true })
    await writeFile(record, stored)
    expect((await bench.store('b')).get(shared.rootHex)?.have.count).toBe(2)
  })
})

describe('a folder that can not be laid out here', () => {
  test('says so, and goes on once it can', async () => {
    await mkdir(bench.dir('album/deep'), { recursive: true })
    await writeFile(bench.dir('album/deep/a'), someBytes(200_000))
    const album = await sender.share(bench.dir('album'), { room: ROOM })
    const item = await begin(await bench.store('b'), album, bench.dir('photos'))
    const inTheWay = bench.dir('photos.part/deep')
    await writeFile(inTheWay, '')
    await expect(carry(album, item, [0])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(item.problem).toBe('not-stored')
    await item.close()
    const again = (await bench.store('b')).get(album.rootHex)!
    expect(again.problem).toBe('not-stored')
    await rm(inTheWay)
    await again.retry()
    expect(again.problem).toBeNull()
    await carry(album, again)
    await completed(again)
    expect((await readFile(bench.dir('photos/deep/a'))).equals(someBytes(200_000))).toBe(true)
  })
})

describe('what is not offered', () => {
  test.each(['', 'files', 'keys.json'])('this node’s own data: %j', async (name) => {
    const data = bench.dir('node')
    await mkdir(join(data, 'files'), { recursive: true })
    await writeFile(join(data, 'keys.json'), 'keys')
    const store = await bench.store('node/files', { data: undefined })
    const forbidden = { code: 'FORBIDDEN' }
    await expect(store.share(join(data, name), { room: ROOM })).rejects.toMatchObject(forbidden)
    await symlink(join(data, name), bench.dir('link'))
    await expect(store.share(bench.dir('link'), { room: ROOM })).rejects.toMatchObject(forbidden)
    await expect(store.share(bench.root, { room: ROOM })).rejects.toMatchObject(forbidden)
    await writeFile(bench.dir('node2'), 'beside')
    expect((await store.share(bench.dir('node2'), { room: ROOM })).name).toBe('node2')
  })
})

describe('an end while something is read to be offered', () => {
  test('does not wait for a stream that stands still', async () => {
    const store = await bench.store('b')
    async function* dripping(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.alloc(10))
      await new Promise(() => {})
    }
    const ended = store
      .shareBytes('x', dripping(), { room: ROOM })
      .catch(({ code }: { code: string }) => code)
    await until('a first byte', async () => {
      const [home] = await readdir(join(bench.dir('b'), 'sent')).catch(() => [])
      return home !== undefined
    })
    await store.close()
    expect(await ended).toBe('CLOSED')
    expect(await readdir(join(bench.dir('b'), 'sent'))).toEqual([])
  })

  test('reads no further', async () => {
    await writeFile(bench.dir('large'), someBytes(64 * MB))
    const store = await bench.store('b')
    const seen: number[] = []
    const closing: Promise<void>[] = []
    const sharing = store.share(bench.dir('large'), {
      room: ROOM,
      onprogress(done) {
        seen.push(done)
        if (closing.length === 0) closing.push(store.close())
      },
    })
    await expect(sharing).rejects.toMatchObject({ code: 'CLOSED' })
    await Promise.all(closing)
    expect(seen).toEqual([16 * MB])
    expect(await readdir(join(bench.dir('b'), 'items'))).toEqual([])
  })
})

describe('a name where there are no links', () => {
  test.each(['EPERM', 'EACCES', 'ENOTSUP'])('%s: what is there by then stays', async (code) => {
    const none = (): Promise<void> => Promise.reject(Object.assign(new Error(code), { code }))
    await writeFile(bench.dir('from'), 'from')
    await writeFile(bench.dir('taken'), 'mine')
    expect(await renameNew(bench.dir('from'), bench.dir('taken'), none)).toBe(false)
    expect(await readFile(bench.dir('taken'), 'utf8')).toBe('mine')
    const made = async (): Promise<void> => {
      await writeFile(bench.dir('later'), 'mine')
      return none()
    }
    expect(await renameNew(bench.dir('from'), bench.dir('later'), made)).toBe(false)
    expect(await readFile(bench.dir('later'), 'utf8')).toBe('mine')
    expect(await renameNew(bench.dir('from'), bench.dir('free'), none)).toBe(true)
    expect(await readFile(bench.dir('free'), 'utf8')).toBe('from')
    const broken = (): Promise<void> =>
      Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }))
    await expect(renameNew(bench.dir('free'), bench.dir('x'), broken)).rejects.toThrow('EIO')
  })
})
