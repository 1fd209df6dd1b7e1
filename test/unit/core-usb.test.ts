import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../core/clock.ts'
import type { Held } from '../../core/files/held.ts'
import type { StoredItem } from '../../core/files/store/stored-item.ts'
import { silentLogger } from '../../core/logger.ts'
import type { CarryReport } from '../../core/mirror/api.ts'
import { Archive } from '../../core/mirror/archive/archive.ts'
import type { ArchiveMirror } from '../../core/mirror/archive/archive-mirror.ts'
import { encodeRecord } from '../../core/mirror/archive/record.ts'
import type { Copy, LogHead } from '../../core/mirror/copy.ts'
import { RoomCopy } from '../../core/mirror/room-copy.ts'
import { exchangeWithDirectory } from '../../core/mirror/usb/exchange-with-directory.ts'
import type { DirectoryExchangeOptions } from '../../core/mirror/usb/exchange-with-directory.ts'
import { parseInvite } from '../../core/room/invite.ts'
import { PorchlightError } from '../../core/errors.ts'
import type { CarriedItems } from '../../core/mirror/usb/items-exchange.ts'
import { until as eventually } from '../compliance/until.ts'
import { someBytes, StoreBench } from './core-files-store.ts'
import { filesUnder } from './core-found-bytes.ts'
import { SignedLogs } from './core-signed-logs.ts'
import type { SignedLog } from './core-signed-logs.ts'
import { shown, TestDevice } from './core-test-device.ts'

/** For a machine that does much else meanwhile. */
const PATIENCE = 120_000

const until = (what: string, probe: () => boolean | Promise<boolean>): Promise<boolean> =>
  eventually(what, probe, PATIENCE)

const ID = 'ab'.repeat(32)
const ROOM = 'a'.repeat(32)

let base: string
let stick: string
let closing: (() => Promise<unknown>)[]

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'porchlight-usb-'))
  stick = join(base, 'stick')
  await mkdir(stick)
  closing = []
})

afterEach(async () => {
  for (const close of closing.toReversed()) await close()
  await rm(base, { recursive: true, force: true })
})

function carry(options: Partial<DirectoryExchangeOptions>): Promise<CarryReport> {
  return exchangeWithDirectory({
    dir: stick,
    rooms: [],
    mirrors: [],
    logger: silentLogger,
    ...options,
  })
}

/** What a device holds for others, in a directory of its own. */
async function holder(name: string): Promise<ArchiveMirror> {
  const archive = await Archive.open(join(base, name), { logger: silentLogger })
  closing.push(() => archive.close())
  return archive.get(ID) ?? archive.create(ID, 'mirror')
}

async function signed(name: string, ...sizes: number[]): Promise<SignedLog> {
  const logs = await SignedLogs.open()
  closing.push(() => logs.close())
  return logs.author(name, ...sizes)
}

describe('rooms over a stick', () => {
  test('two islands that never connect show the same, and who waits is let in', async () => {
    const [here, there] = [await TestDevice.open('Ada'), await TestDevice.open('Bea')]
    closing.push(
      () => here.remove(),
      () => there.remove(),
    )
    const room = await here.rooms.create('Street')
    await room.conversation.writer.send('written here, canary-on-a-stick')
    const invite = parseInvite(await room.invites.make({}))
    const other = await there.rooms.join(invite, { patience: 1 })
    const ada = new RoomCopy(room, { clock: systemClock })
    const bea = new RoomCopy(other, { clock: systemClock })
    await carry({ rooms: [bea] })
    const first = await carry({ rooms: [ada] })
    expect(first).toMatchObject({ dir: stick, rooms: 1, mirrors: 0, problems: [] })
    expect(first.written.records).toBeGreaterThan(2)
    expect(first.written.bytes).toBeGreaterThan(200)
    const second = await carry({ rooms: [bea] })
    expect(second.read.records).toBeGreaterThanOrEqual(first.written.records)
    await until('to be let in', () => other.membership.joined)
    await other.conversation.writer.send('written there')
    await carry({ rooms: [bea] })
    const phases = new Set<string>()
    await carry({ rooms: [ada], onprogress: ({ phase }) => phases.add(phase) })
    expect([...phases]).toEqual(['reading', 'syncing'])
    await until('both', async () => {
      const [a, b] = [await shown(room), await shown(other)]
      return a.length === 2 && b.length === 2
    })
    expect(await shown(room)).toEqual(await shown(other))
    // Nothing on the stick tells what is said, or opens it.
    const bytes = await filesUnder(stick)
    for (const plain of ['canary-on-a-stick', 'Street', 'Bea', ada.keys.mirror, room.matchKey]) {
      expect(bytes.includes(plain)).toBe(false)
    }
    const again = await carry({ rooms: [ada] })
    expect([again.read.records, again.written.records]).toEqual([0, 0])
  })

  test('A16: statements that nobody can open, or that were written down, leave the stick', async () => {
    const [here, there] = [await TestDevice.open('Ada'), await TestDevice.open('Bea')]
    closing.push(
      () => here.remove(),
      () => there.remove(),
    )
    const room = await here.rooms.create('Street')
    const invite = parseInvite(await room.invites.make({}))
    const ada = new RoomCopy(room, { clock: systemClock })
    await carry({ rooms: [ada] })
    const onStick = async <T>(use: (mirror: ArchiveMirror) => Promise<T>): Promise<T> => {
      const archive = await Archive.open(join(stick, 'porchlight'), { logger: silentLogger })
      const used = await use(archive.get(ada.id)!)
      await archive.close()
      return used
    }
    const junk = Array.from({ length: 16 }, (_, i) => Buffer.from(`nobody's ${i}`))
    await onStick((mirror) => mirror.note(junk))
    const other = await there.rooms.join(invite, { patience: 1 })
    const bea = new RoomCopy(other, { clock: systemClock })
    await carry({ rooms: [bea] })
    expect(await onStick((mirror) => mirror.notes())).toEqual(await bea.notes())
    await carry({ rooms: [ada] })
    expect(await onStick((mirror) => mirror.notes())).toEqual([])
    await carry({ rooms: [bea] })
    await until('to be let in', () => other.membership.joined)
  })

  test('A16: of logs that a stick brings few are new at once, and places are left for others', async () => {
    const known = await signed('known', 10)
    const records = Array.from({ length: 300 }, (_, i) => {
      const key = Buffer.alloc(32)
      key.writeUInt32LE(i + 1)
      return encodeRecord({ ...known.range(0), key }, Buffer.alloc(16))
    })
    await carry({ mirrors: [await holder('empty')] })
    const dir = join(stick, 'porchlight', 'ab', ID)
    await writeFile(join(dir, '000001.seg'), Buffer.concat(records))
    const stored = new Set<string>()
    const { manifest } = known
    const spans = [{ from: 0, to: 1 }]
    const heads: LogHead[] = [{ key: Buffer.alloc(32), manifest, spans }]
    const mirror: Copy = {
      id: ID,
      heads: async () => [...heads],
      wants: async ({ key }) => (stored.has(key.toString('hex')) ? null : 0),
      store: async (range) => {
        stored.add(range.key.toString('hex'))
        heads.push({ key: range.key, manifest, spans })
        return 'stored'
      },
      read: async () => null,
      notes: async () => [],
      note: async () => {},
      items: async () => null,
      watch: () => () => {},
    }
    const report = await carry({ mirrors: [mirror] })
    expect(report.problems).toEqual([expect.stringContaining('repeat')])
    expect(stored.size).toBe(256)
    expect((await carry({ mirrors: [mirror] })).problems).toEqual([])
    expect(stored.size).toBe(300)
    // Half of the places are for logs that depositors bring.
    stored.clear()
    heads.length = 0
    for (let i = 0; i < 4096; i++) {
      const key = Buffer.alloc(32, 255)
      key.writeUInt32LE(i)
      heads.push({ key, manifest, spans })
    }
    expect((await carry({ mirrors: [mirror] })).problems).toHaveLength(1)
    expect(stored.size).toBe(0)
  })

  test('what is held for others goes along', async () => {
    const log = await signed('author', 10, 20, 30, 40)
    const [one, two] = [await holder('one'), await holder('two')]
    await one.store(log.range(0, 2))
    await two.store(log.range(2, 4))
    expect(await carry({ mirrors: [one] })).toMatchObject({ mirrors: 1, written: { records: 2 } })
    expect(await carry({ mirrors: [two] })).toMatchObject({ read: { records: 2 } })
    await carry({ mirrors: [one] })
    expect(await one.read(log.key, 0, 1e6)).toEqual(log.range(0))
  })
})

describe('files over a stick', () => {
  let bench: StoreBench
  let item: StoredItem
  let from: ArchiveMirror
  let to: ArchiveMirror
  let wanted: StoredItem

  beforeEach(async () => {
    bench = await StoreBench.open()
    closing.push(() => bench.close())
    const path = join(base, 'film.bin')
    await writeFile(path, someBytes(700_000))
    const store = await bench.store('sender')
    item = await store.share(path, { room: ROOM })
    from = await holder('from')
    to = await holder('to')
    const log = await signed('author', 10, 20)
    await from.store(log.range(0))
    await from.setItems([item.descriptor])
    wanted = await (
      await bench.store('receiver')
    ).begin(item.ref!, { name: 'film.bin', room: ROOM })
  })

  const giving = (read?: (index: number) => void) => ({
    whole: () =>
      new Proxy<Held>(item, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name, target)
          if (typeof value !== 'function') return value
          if (name !== 'read') return value.bind(target) as unknown
          return (index: number) => {
            read?.(index)
            return target.read(index)
          }
        },
      }),
    wanted: async () => null,
  })
  const taking = { whole: () => null, wanted: async () => wanted }

  test('are read as they were written, sealed', async () => {
    const report = await carry({ mirrors: [from], items: giving() })
    expect(report.written.files).toBe(1)
    expect(report.problems).toEqual([])
    const bytes = await filesUnder(stick)
    expect(bytes.includes(someBytes(700_000).subarray(0, 64))).toBe(false)
    expect(bytes.includes(item.ref!.key)).toBe(false)
    const read = await carry({ mirrors: [to], items: taking })
    expect(read.read.files).toBe(1)
    await until('all of it', () => wanted.complete)
    expect((await readFile(wanted.path!)).equals(someBytes(700_000))).toBe(true)
    // There already.
    expect((await carry({ mirrors: [from], items: giving() })).written.files).toBe(0)
  })

  test('R6: one that was cut off in the middle goes on there, and is none until it is whole', async () => {
    const stop = new AbortController()
    const seen: number[] = []
    const cut = carry({
      mirrors: [from],
      items: giving((index) => {
        seen.push(index)
        if (index === 5) stop.abort(new Error('pulled out'))
      }),
      signal: stop.signal,
    })
    await expect(cut).rejects.toThrow('pulled out')
    expect((await carry({ mirrors: [to], items: taking })).read.files).toBe(0)
    seen.length = 0
    expect(
      (await carry({ mirrors: [from], items: giving((i) => seen.push(i)) })).written.files,
    ).toBe(1)
    expect(Math.min(...seen)).toBe(6)
    expect((await carry({ mirrors: [to], items: taking })).read.files).toBe(1)
  })

  test('R8: a damaged one is never taken, and is written anew', async () => {
    await carry({ mirrors: [from], items: giving() })
    const dir = join(stick, 'porchlight', 'ab', ID, 'items', item.rootHex)
    const bytes = await readFile(join(dir, '000001.dat'))
    bytes[300_000]! ^= 1
    await writeFile(join(dir, '000001.dat'), bytes)
    const report = await carry({ mirrors: [to], items: taking })
    expect(report.read.files).toBe(0)
    expect(report.problems).toHaveLength(1)
    expect((await carry({ mirrors: [from], items: giving() })).written.files).toBe(1)
    expect((await carry({ mirrors: [to], items: taking })).read.files).toBe(1)
    await until('all of it', () => wanted.complete)
  })

  test('A34: a link in the place of a directory of files leads nowhere', async () => {
    const victim = join(base, 'victim')
    await mkdir(victim)
    await writeFile(join(victim, 'precious'), 'precious')
    const mirror = join(stick, 'porchlight', 'ab', ID)
    const items = join(mirror, 'items')
    await mkdir(mirror, { recursive: true })
    const places = [items, join(items, item.rootHex), join(items, `${item.rootHex}.part`)]
    for (const place of places) {
      await rm(items, { recursive: true, force: true })
      if (place !== items) await mkdir(items)
      await symlink(victim, place)
      expect((await carry({ mirrors: [from], items: giving() })).written.files).toBe(1)
      expect((await carry({ mirrors: [to], items: taking })).problems).toEqual([])
      expect(await readdir(victim)).toEqual(['precious'])
    }
    // Nothing is read, or removed, where a link leads.
    await rename(join(items, item.rootHex), join(victim, item.rootHex))
    await writeFile(join(victim, item.rootHex, '000001.dat'), 'x')
    await rm(items, { recursive: true })
    await symlink(victim, items)
    expect((await carry({ mirrors: [to], items: taking })).problems).toEqual([])
    expect((await readdir(victim)).sort()).toEqual([item.rootHex, 'precious'].sort())
  })

  test('one that can not be read or written does not keep others back', async () => {
    const path = join(base, 'small.bin')
    await writeFile(path, someBytes(1000))
    const small = await (await bench.store('small')).share(path, { room: ROOM })
    await from.setItems([small.descriptor, item.descriptor])
    // The small one is first, and fails.
    const fails = new PorchlightError('DAMAGED', 'It can not be read.')
    const whole: CarriedItems['whole'] = (_copy, { root }) => {
      if (root.equals(item.descriptor.root)) return giving().whole()
      throw fails
    }
    const report = await carry({ mirrors: [from], items: { ...giving(), whole } })
    expect(report.written).toMatchObject({ files: 1, records: 2 })
    expect(report.problems).toEqual(['It can not be read.'])
    await carry({ mirrors: [from], items: { ...giving(), whole: () => small } })
    const wants: CarriedItems['wanted'] = async (_copy, { root }) => {
      if (root.equals(item.descriptor.root)) return wanted
      throw fails
    }
    const read = await carry({ mirrors: [to], items: { ...taking, wanted: wants } })
    expect(read.read.files).toBe(1)
    expect(read.problems).toEqual(['It can not be read.'])
  })
})

describe('a directory that is none of ours', () => {
  test('is refused in words, and nothing in it is touched', async () => {
    await expect(carry({ dir: join(base, 'nowhere') })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await writeFile(join(base, 'file'), 'x')
    await expect(carry({ dir: join(base, 'file') })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await writeFile(join(stick, 'porchlight'), 'a file of that name')
    await expect(carry({})).rejects.toMatchObject({ code: 'DAMAGED' })
    expect(await readFile(join(stick, 'porchlight'), 'utf8')).toBe('a file of that name')
    await rm(join(stick, 'porchlight'))
    await mkdir(join(stick, 'porchlight'))
    await writeFile(join(stick, 'porchlight', 'format'), 'porchlight archive 7\n')
    await expect(carry({})).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    expect(await readdir(join(stick, 'porchlight'))).toEqual(['format'])
  })

  test('where nothing can be made, that is said at once, and the next exchange goes on', async () => {
    // Node would try for ever to make all that leads there.
    await expect(carry({ dir: '/proc' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await carry({})).problems).toEqual([])
  })

  test('two exchanges with it at once do not mix', async () => {
    const [one, two] = await Promise.allSettled([carry({}), carry({})])
    expect([one.status, two.status].sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('A34: a prepared stick leads nowhere outside of it', async () => {
    const victim = join(base, 'victim')
    await mkdir(victim)
    await writeFile(join(victim, 'precious'), 'precious')
    const precious = join(victim, 'precious')
    const log = await signed('author', 10, 20, 30)
    const mirror = await holder('mine')
    await mirror.store(log.range(0))
    const home = join(stick, 'porchlight')
    const dir = join(home, 'ab', ID)
    await mkdir(dir, { recursive: true })
    for (const name of ['000001.seg', 'mirror.bin', 'mirror.bin.new', 'items']) {
      await symlink(precious, join(dir, name))
    }
    await symlink(precious, join(home, 'lock'))
    await symlink(precious, join(home, 'format.new'))
    await symlink(victim, join(home, 'cd'))
    await symlink(victim, join(home, 'ef'))
    await mkdir(join(victim, 'cd'.repeat(32)))
    await carry({ mirrors: [mirror] })
    await carry({ mirrors: [mirror] })
    const archive = await Archive.open(home, { logger: silentLogger })
    await (await archive.create('ef'.repeat(32), 'carry')).store(log.range(0))
    await archive.close()
    expect(await readFile(precious, 'utf8')).toBe('precious')
    expect((await readdir(victim)).sort()).toEqual(['cd'.repeat(32), 'precious'])
    await rm(home, { recursive: true })
    await symlink(victim, home)
    await expect(carry({ mirrors: [mirror] })).rejects.toMatchObject({ code: 'DAMAGED' })
    expect((await readdir(victim)).sort()).toEqual(['cd'.repeat(32), 'precious'])
  })
})
