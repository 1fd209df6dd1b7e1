import {
  appendFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { silentLogger } from '../../core/logger.ts'
import { Archive } from '../../core/mirror/archive/archive.ts'
import type { ArchiveMirror } from '../../core/mirror/archive/archive-mirror.ts'
import { decodeFacts, encodeFacts } from '../../core/mirror/archive/mirror-file.ts'
import { encodeRecord, readRecord, rootsName } from '../../core/mirror/archive/record.ts'
import { firstMissing, LogSegments } from '../../core/mirror/archive/segment-index.ts'
import type { LogRange, Span } from '../../core/mirror/copy.ts'
import { MAX_RANGE_BYTES } from '../../core/mirror/copy.ts'
import { rootIndexes } from '../../core/mirror/range/frontier.ts'
import { proveRange } from '../../core/mirror/range/prove.ts'
import { SignedLog, SignedLogs } from './core-signed-logs.ts'
import { pairOf } from './core-people.ts'
import { diskFull } from '../../core/durability/disk-error.ts'

const LENGTH = 60
const ID = 'ab'.repeat(32)
const OTHER = 'cd'.repeat(32)

let logs: SignedLogs
let log: SignedLog
let second: SignedLog
let dir: string
let archive: Archive
let mirror: ArchiveMirror

beforeAll(async () => {
  logs = await SignedLogs.open()
  log = await logs.author('author', ...Array.from({ length: LENGTH }, (_, i) => (i * 37) % 301))
  second = await logs.author('second', 500, 20, 3000)
})

afterAll(() => logs.close())

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-archive-'))
  archive = await Archive.open(dir, { logger: silentLogger })
  mirror = await archive.create(ID, 'mirror')
})

afterEach(async () => {
  await archive.close()
  await rm(dir, { recursive: true, force: true })
})

async function reopen(): Promise<ArchiveMirror> {
  await archive.close()
  archive = await Archive.open(dir, { logger: silentLogger })
  mirror = archive.get(ID)!
  return mirror
}

async function spansOf(of: SignedLog): Promise<readonly Span[]> {
  return (await mirror.heads()).find(({ key }) => key.equals(of.key))?.spans ?? []
}

/** All of a log that is there, block by block, read in ranges that are each checked. */
async function blocksOf(of: SignedLog): Promise<Map<number, Buffer>> {
  const found = new Map<number, Buffer>()
  for (const { from, to } of await spansOf(of)) {
    for (let at = from; at < to;) {
      const range: LogRange = (await mirror.read(of.key, at, MAX_RANGE_BYTES))!
      expect(proveRange(range)).not.toBeNull()
      range.blocks.forEach((block, i) => found.set(at + i, block))
      at += range.blocks.length
    }
  }
  return found
}

const fileOf = (name = '000001.seg', id = ID): string => join(dir, id.slice(0, 2), id, name)

async function flip(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, at)
  byte[0]! ^= 0x10
  await file.write(byte, 0, 1, at)
  await file.close()
}

describe('a mirror in an archive', () => {
  test('keeps ranges in any order, with gaps, and gives them from any block on', async () => {
    const cuts = fc.uniqueArray(fc.nat(LENGTH), { minLength: 2, maxLength: 12 })
    let n = 0
    const choices = fc.tuple(cuts, fc.array(fc.nat(), { minLength: 1, maxLength: 20 }))
    await fc.assert(
      fc.asyncProperty(choices, async ([places, picks]) => {
        const id = (n++).toString(16).padStart(64, '0')
        mirror = await archive.create(id, 'carry')
        const ends = places.sort((a, b) => a - b)
        const expected = new Set<number>()
        for (const pick of picks) {
          const from = ends[pick % (ends.length - 1)]!
          const later = ends.filter((end) => end > from)
          const to = later[pick % later.length]!
          const known = Array.from({ length: to - from }, (_, i) => expected.has(from + i))
          const said = await mirror.store(log.range(from, to))
          expect(said).toBe(known.every(Boolean) ? 'known' : 'stored')
          for (let seq = from; seq < to; seq++) expected.add(seq)
        }
        const found = await blocksOf(log)
        expect([...found.keys()].sort((a, b) => a - b)).toEqual([...expected].sort((a, b) => a - b))
        for (const [seq, block] of found) expect(block.equals(log.blocks[seq]!)).toBe(true)
        await archive.remove(id)
      }),
      { numRuns: 40 },
    )
  })

  test('finds all of it again at the next start', async () => {
    await mirror.store(log.range(0, 10))
    await mirror.store(log.range(10, 30))
    await mirror.store(log.range(40, 50))
    await mirror.store(second.range(0))
    await mirror.setAbout(Buffer.from('until tomorrow'))
    await mirror.note([Buffer.from('let me in')])
    await mirror.setItems([{ root: log.key, size: 9, chunk: 65_536 }])
    const { bytes } = mirror
    await reopen()
    expect(mirror.kind).toBe('mirror')
    expect(mirror.bytes).toBe(bytes)
    expect(await spansOf(log)).toEqual([
      { from: 0, to: 30 },
      { from: 40, to: 50 },
    ])
    expect(await spansOf(second)).toEqual([{ from: 0, to: 3 }])
    expect(await mirror.heads()).toHaveLength(2)
    expect(String(await mirror.about())).toBe('until tomorrow')
    expect((await mirror.notes()).map(String)).toEqual(['let me in'])
    expect(await mirror.items()).toEqual([{ root: log.key, size: 9, chunk: 65_536 }])
    expect((await blocksOf(log)).size).toBe(40)
  })

  test('wants what it lacks of what the other has, from the first such block on', async () => {
    const head = {
      ...log.range(0),
      spans: [
        { from: 0, to: 20 },
        { from: 30, to: 40 },
      ],
    }
    expect(await mirror.wants(head)).toBe(0)
    await mirror.store(log.range(0, 20))
    expect(await mirror.wants(head)).toBe(30)
    await mirror.store(log.range(30, 40))
    expect(await mirror.wants(head)).toBeNull()
  })

  test('reads no more than it may, and up to a signature', async () => {
    await mirror.store(log.range(0, 10))
    await mirror.store(log.range(10, 20))
    const all = log.blocks.slice(0, 20).reduce((sum, { byteLength }) => sum + byteLength, 0)
    expect((await mirror.read(log.key, 0, all))!.blocks).toHaveLength(20)
    expect((await mirror.read(log.key, 0, all - 1))!.blocks).toHaveLength(10)
    expect((await mirror.read(log.key, 7, all - 1))!.blocks).toHaveLength(13)
    expect(await mirror.read(log.key, 0, 100)).toBeNull()
    expect(await mirror.read(log.key, 20, all)).toBeNull()
    expect(await mirror.read(second.key, 0, all)).toBeNull()
  })

  test('A18: what does not prove itself is refused, and nothing of it kept', async () => {
    const range = log.range(5, 9)
    const wrong = { ...range, blocks: range.blocks.with(2, Buffer.from('forged')) }
    expect(await mirror.store(wrong)).toBe('refused')
    expect(await mirror.store({ ...range, key: second.key })).toBe('refused')
    expect(await mirror.heads()).toEqual([])
    expect(mirror.bytes).toBe(0)
  })

  test('A18: of an author who signed two histories the first stays, and neither is mixed', async () => {
    const core = logs.store().get({ keyPair: pairOf('author'), active: false })
    await core.ready()
    const forked = new SignedLog('author', core)
    await forked.grow(1, 2, 3, 4, 5)
    await mirror.store(log.range(0, 3))
    expect(await mirror.store(forked.range(3, 5))).toBe('refused')
    // With a gap between them nobody could tell; they are given apart.
    expect(await mirror.store(forked.range(4, 5))).toBe('stored')
    expect(await mirror.store(log.range(3, 4))).toBe('refused')
    expect((await mirror.read(log.key, 0, 1e6))!.blocks).toHaveLength(3)
  })

  test('its holder has a say, with the bytes that it would take', async () => {
    const asked: number[] = []
    const not = (range: LogRange, bytes: number): boolean => asked.push(bytes) < 0 && range.from > 0
    expect(await mirror.store(log.range(0, 10), not)).toBe('full')
    expect(asked[0]).toBeGreaterThan(log.blocks[1]!.byteLength)
    expect(mirror.bytes).toBe(0)
  })

  test('stores that come together are synced together', async () => {
    await archive.close()
    let batches = 0
    const space = async (): Promise<() => void> => {
      batches++
      return () => {}
    }
    archive = await Archive.open(dir, { logger: silentLogger, space })
    mirror = archive.get(ID)!
    const many = await Promise.all(
      Array.from({ length: 40 }, (_, i) => logs.author(`many ${i}`, 50)),
    )
    const said = await Promise.all(many.map((each) => mirror.store(each.range(0))))
    expect(new Set(said)).toEqual(new Set(['stored']))
    expect(batches).toBeLessThan(10)
  })

  test('a full disk says so and leaves what was there as it was', async () => {
    await mirror.store(log.range(0, 10))
    await archive.close()
    let free = 0
    const space = async (bytes: number): Promise<() => void> => {
      if (bytes > free) throw diskFull()
      return () => {}
    }
    archive = await Archive.open(dir, { logger: silentLogger, space })
    mirror = archive.get(ID)!
    expect(await mirror.store(log.range(10, 20))).toBe('full')
    expect(await spansOf(log)).toEqual([{ from: 0, to: 10 }])
    await expect(archive.create(OTHER, 'mirror')).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(archive.get(OTHER)).toBeNull()
    free = 1e6
    expect(await mirror.store(log.range(10, 20))).toBe('stored')
    await archive.create(OTHER, 'mirror')
  })

  test('drops a log and gives back the space', async () => {
    const big = await logs.author('big', ...Array.from({ length: 4 }, () => 700_000))
    for (let i = 0; i < 4; i++) await mirror.store(big.range(i, i + 1))
    await mirror.store(log.range(0, 10))
    await mirror.dropLog(big.key)
    expect(mirror.bytes).toBeLessThan(100_000)
    await reopen()
    expect(await spansOf(big)).toEqual([])
    expect(await spansOf(log)).toEqual([{ from: 0, to: 10 }])
    expect((await blocksOf(log)).size).toBe(10)
  })

  test('joins no more than a reader can have in memory', async () => {
    const big = await logs.author('large', ...Array.from({ length: 5 }, () => 3_000_000))
    for (let i = 0; i < 5; i++) await mirror.store(big.range(i, i + 1))
    expect((await mirror.read(big.key, 0, 4 * MAX_RANGE_BYTES))!.blocks).toHaveLength(2)
    await mirror.dropLog(big.key)
    // Signed at its end alone it goes whole.
    await mirror.store(big.range(0))
    expect((await mirror.read(big.key, 0, 4 * MAX_RANGE_BYTES))!.blocks).toHaveLength(5)
  })

  test('A16: of one log as many segments are kept as can be looked through, and others go on', async () => {
    const name = Buffer.alloc(16)
    const pieces = Array.from({ length: 4200 }, (_, i) => {
      const from = 1000 + 2 * i
      const roots = rootIndexes(from).map((index) => ({ index, size: 9, hash: log.key }))
      return encodeRecord({ ...log.range(0, 1), from, roots }, name)
    })
    await archive.close()
    await writeFile(fileOf(), Buffer.concat(pieces))
    await reopen()
    expect(await spansOf(log)).toHaveLength(4096)
    expect(await mirror.store(log.range(0, 10))).toBe('refused')
    expect(await spansOf(log)).toHaveLength(4096)
    expect(await mirror.store(second.range(0))).toBe('stored')
    expect(await spansOf(second)).toHaveLength(1)
  })

  test('many small segments become few', async () => {
    const chatty = await logs.author('chatty', ...Array.from({ length: 1100 }, () => 30))
    for (let i = 0; i < 1100; i++) await mirror.store(chatty.range(i, i + 1))
    await mirror.store(log.range(0, 10))
    const before = 1100 * 200
    await reopen()
    expect(mirror.bytes).toBeLessThan(before)
    expect((await blocksOf(chatty)).size).toBe(1100)
    expect(await mirror.read(chatty.key, 0, 1e6)).toEqual(chatty.range(0))
  })

  test('removal takes its files at once', async () => {
    await mirror.store(log.range(0, 10))
    await archive.remove(ID)
    expect(archive.get(ID)).toBeNull()
    expect((await readdir(dir)).sort()).toEqual(['format', 'lock'])
    expect(await mirror.store(log.range(0, 10))).toBe('refused')
    expect(await mirror.read(log.key, 0, 1e6)).toBeNull()
    expect(await mirror.heads()).toEqual([])
  })

  test('tells who watches of what comes', async () => {
    let told = 0
    const end = mirror.watch(() => told++)
    await mirror.store(log.range(0, 10))
    await mirror.store(log.range(0, 10))
    await mirror.note([Buffer.from('a'), Buffer.from('a')])
    await mirror.note([Buffer.from('a')])
    expect(told).toBe(2)
    end()
    await mirror.store(log.range(10, 20))
    expect(told).toBe(2)
  })

  test('A16: statements that wait are few and short', async () => {
    await mirror.note([Buffer.alloc(0), Buffer.alloc(2049)])
    expect(await mirror.notes()).toEqual([])
    await mirror.note(Array.from({ length: 40 }, (_, i) => Buffer.from(`statement ${i}`)))
    expect(await mirror.notes()).toHaveLength(16)
    await mirror.dropNotes([Buffer.from('statement 3')])
    expect(await mirror.notes()).toHaveLength(15)
    await expect(mirror.setAbout(Buffer.alloc(300_000))).rejects.toMatchObject({
      code: 'TOO_LARGE',
    })
  })
})

describe('after damage', () => {
  test('R6: a tail that was cut off anywhere is left out, and written over', async () => {
    await mirror.store(log.range(0, 10))
    await mirror.store(log.range(10, 20))
    const { size } = await stat(fileOf())
    const whole = await readFile(fileOf())
    const first = encodeRecord(log.range(0, 10), rootsName(log.roots(10))).byteLength
    for (const cut of [size - 1, size - 700, first + 60, first + 1, first, first - 1, 44, 1, 0]) {
      await archive.close()
      await writeFile(fileOf(), whole)
      await truncate(fileOf(), cut)
      await reopen()
      const left = cut >= first ? [{ from: 0, to: 10 }] : []
      expect(await spansOf(log)).toEqual(left)
      expect(await mirror.store(log.range(0, 20))).toBe('stored')
      await reopen()
      expect((await blocksOf(log)).size).toBe(20)
    }
  })

  test('R6: bytes that never reached the disk at the end are left out', async () => {
    await mirror.store(log.range(0, 10))
    await mirror.store(log.range(10, 20))
    const whole = await readFile(fileOf())
    whole.fill(0, whole.byteLength - 400)
    await archive.close()
    await writeFile(fileOf(), whole)
    await reopen()
    expect(await spansOf(log)).toEqual([{ from: 0, to: 10 }])
    expect(await mirror.store(log.range(10, 20))).toBe('stored')
  })

  test('R8: a flipped bit anywhere costs what it hit, which is wanted again', async () => {
    for (let i = 0; i < 6; i++) await mirror.store(log.range(i * 10, i * 10 + 10))
    await mirror.store(second.range(0))
    const whole = await readFile(fileOf())
    const head = { ...log.range(0), spans: [{ from: 0, to: LENGTH }] }
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.byteLength - 1), async (at) => {
        await archive.close()
        await writeFile(fileOf(), whole)
        await flip(fileOf(), at)
        await reopen()
        // Whatever is read is right, and what is damaged goes when it is read.
        for (let seq = 0; seq < LENGTH; seq += 10) {
          const range = await mirror.read(log.key, seq, 2_000)
          expect(range === null || proveRange(range) !== null).toBe(true)
        }
        await mirror.read(second.key, 0, 1e6)
        for (let wanted = await mirror.wants(head); wanted !== null;) {
          expect(await mirror.store(log.range(wanted, wanted + 10 - (wanted % 10)))).toBe('stored')
          wanted = await mirror.wants(head)
        }
        await reopen()
        expect((await blocksOf(log)).size).toBe(LENGTH)
        expect((await blocksOf(log)).get(33)).toEqual(log.blocks[33])
      }),
      { numRuns: 60 },
    )
  })

  test('R8: what stands inside a block is never taken for a record', async () => {
    // A block that looks like a record of a log which nobody signed.
    const forged = { ...log.range(0, 3), blocks: [Buffer.from('x'), Buffer.from('y')] }
    const inner = encodeRecord(forged, rootsName(log.roots(3)))
    const core = logs.store().get({ keyPair: pairOf('sly'), active: false })
    await core.ready()
    const sly = new SignedLog('sly', core)
    await core.append(inner)
    sly.blocks.push(inner)
    sly.signatures.push(Buffer.from(core.core.state.signature!))
    await mirror.store(sly.range(0))
    await mirror.store(second.range(0))
    await archive.close()
    await flip(fileOf(), 20)
    await reopen()
    expect(await spansOf(log)).toEqual([])
    expect(await spansOf(second)).toEqual([{ from: 0, to: 3 }])
  })

  test('R8: a mirror whose file is damaged is kept', async () => {
    await mirror.setAbout(Buffer.from('mine'))
    await mirror.store(log.range(0, 10))
    await archive.close()
    await flip(fileOf('mirror.bin'), 25)
    await reopen()
    expect((await mirror.about()).byteLength).toBe(0)
    expect((await blocksOf(log)).size).toBe(10)
    await mirror.setAbout(Buffer.from('anew'))
    await reopen()
    expect(String(await mirror.about())).toBe('anew')
  })

  test('R8: what was kept about a mirror is restored from its second copy', async () => {
    await mirror.setAbout(Buffer.from('mine'))
    await mirror.note([Buffer.from('let me in')])
    await mirror.store(log.range(0, 10))
    for (const damage of [
      () => flip(fileOf('mirror.bin'), 25),
      () => truncate(fileOf('mirror.bin'), 0),
      () => rm(fileOf('mirror.bin')),
    ]) {
      await archive.close()
      await damage()
      await reopen()
      expect(String(await mirror.about())).toBe('mine')
      expect((await blocksOf(log)).size).toBe(10)
      await mirror.note([Buffer.from('again')])
      await mirror.dropNotes([Buffer.from('again')])
    }
  })

  test('R6: a removal that was cut off goes on at the next start', async () => {
    await mirror.setAbout(Buffer.from('mine'))
    await mirror.store(log.range(0, 10))
    // What can not be removed as a file can.
    await mkdir(join(fileOf('999999.seg'), 'in the way'), { recursive: true })
    await expect(archive.remove(ID)).rejects.toMatchObject({ code: 'ERR_FS_EISDIR' })
    await reopen()
    expect(mirror).toBeNull()
    await rm(fileOf('999999.seg'), { recursive: true })
    await reopen()
    expect(mirror).toBeNull()
    expect((await readdir(dir)).sort()).toEqual(['format', 'lock'])
  })

  test('a mirror that is begun anew has nothing of one whose removal was cut off', async () => {
    await mirror.store(log.range(0, 10))
    await mkdir(join(fileOf('000000.seg'), 'in the way'), { recursive: true })
    await expect(archive.remove(ID)).rejects.toMatchObject({ code: 'ERR_FS_EISDIR' })
    await archive.create(ID, 'carry')
    await reopen()
    expect(mirror.kind).toBe('carry')
    expect(await mirror.heads()).toEqual([])
  })

  test('fuzz: the files of a mirror may hold anything', async () => {
    const facts = {
      kind: 'carry',
      about: Buffer.from('a'),
      notes: [Buffer.from('n')],
      items: [],
    } as const
    const stored = encodeFacts(facts)
    expect(decodeFacts(stored)).toEqual(facts)
    const record = encodeRecord(log.range(3, 6), rootsName(log.roots(6)))
    expect(readRecord(record)).toEqual(log.range(3, 6))
    const mutated = (of: Buffer): fc.Arbitrary<Buffer> =>
      fc.tuple(fc.nat(of.byteLength - 1), fc.integer({ min: 1, max: 255 })).map(([at, x]) => {
        const out = Buffer.from(of)
        out[at]! ^= x
        return out
      })
    fc.assert(
      fc.property(mutated(stored), mutated(record), fc.uint8Array(), (a, b, c) => {
        expect(decodeFacts(a)).toBeNull()
        expect(readRecord(b)).toBeNull()
        expect(decodeFacts(Buffer.from(c))).toBeNull()
        expect(readRecord(Buffer.from(c))).toBeNull()
      }),
      { numRuns: 300 },
    )
    await archive.close()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (bytes) => {
        await writeFile(fileOf(), bytes)
        await appendFile(fileOf(), record.subarray(0, 100))
        await reopen()
        expect(await mirror.heads()).toEqual([])
        await archive.close()
      }),
      { numRuns: 30 },
    )
    await reopen()
    expect(await mirror.store(log.range(0, 10))).toBe('stored')
  })
})

describe('an archive', () => {
  test('refuses a second holder, and not what a dead one left', async () => {
    await expect(Archive.open(dir, { logger: silentLogger })).rejects.toMatchObject({
      code: 'ALREADY_RUNNING',
    })
    const lock = await readFile(join(dir, 'lock'), 'utf8')
    await archive.close()
    // Another process that runs has it.
    const stats = await readFile(`/proc/${process.ppid}/stat`, 'utf8').catch(() => '')
    const start = stats.slice(stats.lastIndexOf(')') + 2).split(' ')[19] ?? ''
    const { boot } = JSON.parse(lock) as { boot: string }
    await writeFile(join(dir, 'lock'), JSON.stringify({ boot, pid: process.ppid, start }))
    await expect(Archive.open(dir, { logger: silentLogger })).rejects.toMatchObject({
      code: 'ALREADY_RUNNING',
      message: expect.stringContaining(`(process ${process.ppid}) is using ${dir}`),
    })
    await writeFile(join(dir, 'lock'), JSON.stringify({ boot: 'another', pid: 1, start: '' }))
    await reopen()
    await archive.close()
    await writeFile(join(dir, 'lock'), 'garbage')
    await reopen()
    expect(archive.get(ID)).not.toBeNull()
  })

  test('refuses what a newer version wrote, and what is none, and leaves both alone', async () => {
    await archive.close()
    await writeFile(join(dir, 'format'), 'porchlight archive 2\n')
    await expect(Archive.open(dir, { logger: silentLogger })).rejects.toMatchObject({
      code: 'NOT_ALLOWED',
    })
    expect(String(await readFile(join(dir, 'format')))).toBe('porchlight archive 2\n')
    // Pulled out before the name of the format was written.
    await writeFile(join(dir, 'format'), '')
    await reopen()
    expect(archive.get(ID)).not.toBeNull()
    await archive.close()
    await rm(join(dir, 'format'))
    await writeFile(join(dir, 'thesis.doc'), 'x')
    await expect(Archive.open(dir, { logger: silentLogger })).rejects.toMatchObject({
      code: 'DAMAGED',
    })
    expect((await readdir(dir)).sort()).toEqual(['ab', 'thesis.doc'])
  })

  test('a mirror that is removed and begun again at once is a new one, and can be used at once', async () => {
    await mirror.store(log.range(0, 10))
    const removed = archive.remove(ID)
    const made = archive.create(ID, 'carry')
    const fresh = archive.get(ID)!
    const stored = fresh.store(log.range(20, 30))
    const noted = fresh.note([Buffer.from('a')])
    await Promise.all([removed, made, noted])
    expect(await stored).toBe('stored')
    await reopen()
    expect(mirror.kind).toBe('carry')
    expect(await spansOf(log)).toEqual([{ from: 20, to: 30 }])
    expect(await mirror.notes()).toHaveLength(1)
  })

  test('has the indexes of a few mirrors in memory alone, and all of them at hand', async () => {
    await archive.close()
    archive = await Archive.open(dir, { logger: silentLogger, awake: 2 })
    const ids = Array.from({ length: 8 }, (_, i) => i.toString(16).padStart(64, '0'))
    for (const id of ids) await (await archive.create(id, 'carry')).store(log.range(0, 10))
    for (const id of ids) {
      const [head] = await archive.get(id)!.heads()
      expect(head!.spans).toEqual([{ from: 0, to: 10 }])
    }
    expect(archive.mirrors()).toHaveLength(9)
    expect(archive.bytes).toBe(8 * archive.get(ids[0]!)!.bytes)
  })
})

describe('what is where in a log', () => {
  const NAME = Buffer.alloc(16)
  const piece = (from: number, to: number) =>
    ({ from, to, file: 1, at: 0, bytes: 1, before: NAME, after: NAME }) as const

  test('A16: each of many pieces that can not be joined is put in and found with few looks', () => {
    let looks = 0
    const index = new LogSegments(log)
    const count = 20_000
    for (let i = 0; i < count; i++) {
      // From both ends, so that it is not the order that makes it cheap.
      const from = 2 * (i % 2 === 0 ? i : count - i)
      const one = piece(from, from + 1)
      const looked = Object.defineProperties(
        { ...one },
        {
          from: { get: () => (looks++, one.from) },
          to: { get: () => (looks++, one.to) },
        },
      )
      index.fits(looked)
      index.end(from)
      index.add(looked)
      index.covering(from)
    }
    expect(index.segments).toHaveLength(count)
    expect(looks / count).toBeLessThan(300)
  })

  test('what is one too many is not taken, unless it makes them fewer or goes on at the end', () => {
    const index = new LogSegments(log)
    for (let i = 0; i < 4096; i++) {
      expect(index.takes(piece(2 * i, 2 * i + 1))).toBe(true)
      index.add(piece(2 * i, 2 * i + 1))
    }
    expect(index.takes(piece(9000, 9001))).toBe(false)
    expect(index.takes(piece(9, 10))).toBe(false)
    expect(index.takes(piece(9, 12))).toBe(true)
    expect(index.takes(piece(8191, 8195))).toBe(true)
    expect(index.add(piece(9, 8195))).toHaveLength(4091)
    expect(index.takes(piece(9000, 9001))).toBe(true)
  })

  test('gives what every segment beside it makes worthless, and what it is worth itself', () => {
    const cuts = fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 8 })), { maxLength: 25 })
    fc.assert(
      fc.property(cuts, (list) => {
        const index = new LogSegments(log)
        let there: ReturnType<typeof piece>[] = []
        for (const [from, n] of list) {
          const one = piece(from, from + n)
          const within = there.filter((other) => from <= other.from && other.to <= from + n)
          const rest = there.filter((other) => !within.includes(other))
          const useless = rest.some((other) => other.from <= from && from + n <= other.to)
          expect(index.add(one)).toEqual(useless ? [one] : within)
          if (!useless) there = [...rest, one].sort((a, b) => a.from - b.from)
          expect(index.segments).toEqual(there)
          expect(there.every((each) => index.has(each))).toBe(true)
        }
        const first = there[0]
        if (first) index.remove(first)
        expect(index.segments).toEqual(there.slice(1))
        const seqs = Array.from({ length: 30 }, (_, seq) => seq)
        const covered = seqs.filter((s) => index.spans().some((o) => o.from <= s && s < o.to))
        const rest = there.slice(1)
        expect(covered).toEqual(seqs.filter((s) => rest.some((o) => o.from <= s && s < o.to)))
      }),
    )
  })

  test('covers what was put in, however it lies', () => {
    const spans = fc.array(
      fc
        .tuple(fc.nat(30), fc.integer({ min: 1, max: 10 }))
        .map(([from, n]) => ({ from, to: from + n })),
      { maxLength: 15 },
    )
    fc.assert(
      fc.property(spans, spans, (put, theirs) => {
        const index = new LogSegments(log)
        const name = Buffer.alloc(16)
        for (const span of put)
          index.add({ ...span, file: 1, at: 0, bytes: 1, before: name, after: name })
        const has = (list: readonly Span[], seq: number): boolean =>
          list.some(({ from, to }) => from <= seq && seq < to)
        for (let seq = 0; seq < 45; seq++) {
          expect(has(index.spans(), seq)).toBe(has(put, seq))
          expect(index.covering(seq) !== null).toBe(has(put, seq))
        }
        const sorted = theirs.toSorted((a, b) => a.from - b.from)
        const missing = Array.from({ length: 45 }, (_, i) => i).filter(
          (seq) => has(sorted, seq) && !has(put, seq),
        )
        const first = firstMissing(index.spans(), sorted)
        expect(first === null).toBe(missing.length === 0)
        expect(first === null || missing.includes(first)).toBe(true)
      }),
    )
  })
})
