import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { systemClock } from '../../core/clock.ts'
import { silentLogger } from '../../core/logger.ts'
import { Archive } from '../../core/mirror/archive/archive.ts'
import type { ArchiveMirror } from '../../core/mirror/archive/archive-mirror.ts'
import { exchangeCopies } from '../../core/mirror/exchange-copies.ts'
import { proveRange } from '../../core/mirror/range/prove.ts'
import { noteKey, openNote, sealNote } from '../../core/mirror/sealed-note.ts'
import { RoomCopy } from '../../core/mirror/room-copy.ts'
import { MAX_RANGE_BYTES } from '../../core/mirror/copy.ts'
import { parseInvite } from '../../core/room/invite.ts'
import type { Room } from '../../core/room/room.ts'
import { until as eventually } from '../compliance/until.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { filesUnder } from './core-found-bytes.ts'
import { shown, TestDevice } from './core-test-device.ts'
import { SignedLogs } from './core-signed-logs.ts'

/** For a machine that does much else meanwhile. */
const PATIENCE = 120_000

const until = (what: string, probe: () => boolean | Promise<boolean>): Promise<boolean> =>
  eventually(what, probe, PATIENCE)

let devices: TestDevice[]
let dir: string
let archive: Archive
let mirror: ArchiveMirror
let room: Room
let copy: RoomCopy

beforeEach(async () => {
  devices = []
  dir = await mkdtemp(join(tmpdir(), 'porchlight-holder-'))
  archive = await Archive.open(dir, { logger: silentLogger })
  room = await (await device('Ada')).rooms.create('Street')
  copy = new RoomCopy(room, { clock: systemClock })
  mirror = await archive.create(copy.id, 'mirror')
})

afterEach(async () => {
  await archive.close()
  for (const each of devices) await each.remove()
  await rm(dir, { recursive: true, force: true })
})

async function device(name: string): Promise<TestDevice> {
  const made = await TestDevice.open(name)
  devices.push(made)
  return made
}

/** Somebody who has an invite, and never meets a member. */
async function joiner(name: string): Promise<RoomCopy> {
  const invite = parseInvite(await room.invites.make({}))
  const joined = await (await device(name)).rooms.join(invite, { patience: 1 })
  return new RoomCopy(joined, { clock: systemClock })
}

/** Comes by the holder, gives and takes. */
async function visit(who: RoomCopy): Promise<void> {
  await exchangeCopies(who, mirror)
}

async function letIn(who: RoomCopy): Promise<void> {
  await visit(who)
  await visit(copy)
  await visit(who)
  await until('to be let in', () => who.room.membership.joined)
}

describe('a room through a holder alone', () => {
  test('A18: lets in who waits, and shows the same in the same order, though no two devices ever meet', async () => {
    await room.conversation.writer.send('first')
    const bea = await joiner('Bea')
    await letIn(bea)
    const cem = await joiner('Cem')
    await letIn(cem)
    // Who is let in later is heard of through the holder too.
    for (const round of [1, 2]) {
      for (const who of [copy, bea, cem]) {
        await who.room.conversation.writer.send(`round ${round}`)
        await visit(who)
      }
    }
    for (const who of [copy, bea, cem]) await visit(who)
    const views = [copy, bea, cem].map((who) => who.room)
    await until('all to be shown', async () => {
      const texts = await Promise.all(views.map(shown))
      return texts.every((text) => text.length === 7)
    })
    const [ada, ...others] = await Promise.all(views.map(shown))
    expect(ada).toContain('Bea: round 2')
    for (const other of others) expect(other).toEqual(ada)
    expect(views.map((each) => each.membership.members().length)).toEqual([3, 3, 3])
    expect(await mirror.notes()).toHaveLength(2)
    // Nothing is left to give.
    for (const who of [copy, bea, cem]) {
      const { toA, toB } = await exchangeCopies(who, mirror)
      expect(toA.records + toB.records).toBe(0)
    }
  })

  test('news are what is written; to look at it is none', async () => {
    await copy.heads()
    let news = 0
    const end = copy.watch(() => news++)
    for (let n = 0; n < 5; n++) await copy.heads()
    await copy.notes()
    expect(news).toBe(0)
    await room.control.append({ type: 'title', name: 'Lane' })
    await until('the entry to be told', () => news > 0)
    const before = news
    await room.conversation.writer.send('hello')
    await until('the message to be told', () => news > before)
    end()
  })

  test('A18: the holder has no word of it in clear, nor a key', async () => {
    await room.conversation.writer.send('canary-of-the-street')
    const bea = await joiner('Beatrice-Canary')
    await letIn(bea)
    await archive.close()
    const stored = await filesUnder(dir)
    expect(stored.byteLength).toBeGreaterThan(2000)
    for (const plain of ['canary-of-the-street', 'Street', 'Beatrice-Canary']) {
      expect(stored.includes(plain)).toBe(false)
    }
    const { record } = room
    for (const secret of [record.encryptionKey, ...Object.values(record.epochs)]) {
      expect(stored.includes(Buffer.from(secret, 'hex'))).toBe(false)
      expect(stored.includes(secret)).toBe(false)
    }
    for (const key of [copy.keys.mirror, copy.keys.carry]) expect(stored.includes(key)).toBe(false)
  })

  test('a device that comes back to it goes on where it was', async () => {
    const bea = await joiner('Bea')
    await letIn(bea)
    for (let i = 0; i < 40; i++) await room.conversation.writer.send(`message ${i}`)
    await visit(copy)
    await visit(bea)
    await until('forty', async () => (await shown(bea.room)).length === 40)
    await room.conversation.writer.send('one more')
    await visit(copy)
    const { toA } = await exchangeCopies(bea, mirror)
    expect(toA.records).toBe(1)
    // What it lost in the middle comes back too.
    const log = [...bea.room.logs].find(({ own }) => !own)!
    await log.core.clear(7, 21)
    expect((await exchangeCopies(bea, mirror)).toA.records).toBeGreaterThanOrEqual(14)
    expect(log.core.contiguousLength).toBe(log.core.length)
    await until('one more', async () => (await shown(bea.room)).length === 41)
  })
})

/** The device as it was when its directory was copied. */
async function putBack(device: TestDevice, backup: string): Promise<TestDevice> {
  await device.close()
  // The store knows this file by its place on the disk.
  const stays = (path: string): boolean => !path.endsWith('CORESTORE')
  for (const name of await readdir(device.dir, { recursive: true })) {
    const path = join(device.dir, name)
    if (stays(path)) await rm(path, { force: true }).catch(() => {})
  }
  await cp(backup, device.dir, { recursive: true, filter: stays })
  await rm(backup, { recursive: true })
  devices[0] = await TestDevice.open('Ada', device.dir)
  return devices[0]
}

describe('a device that was put back to an earlier state', () => {
  test('R6: takes back what it wrote since then, and goes on behind it', async () => {
    const bea = await joiner('Bea')
    await letIn(bea)
    await room.conversation.writer.send('before')
    const [device] = devices as [TestDevice]
    await device.close()
    const backup = `${device.dir}-backup`
    await cp(device.dir, backup, { recursive: true })
    const later = await TestDevice.open('Ada', device.dir)
    devices[0] = later
    await later.rooms.get(room.id).conversation.writer.send('lost 1')
    await later.rooms.get(room.id).membership.rename('Ada II')
    await later.rooms.get(room.id).conversation.writer.send('lost 2')
    await visit(new RoomCopy(later.rooms.get(room.id), { clock: systemClock }))

    const back = await putBack(later, backup)
    const again = new RoomCopy(back.rooms.get(room.id), { clock: systemClock })
    await visit(again)
    await again.room.conversation.writer.send('after')
    await again.room.membership.rename('Ada III')
    await visit(again)
    await visit(bea)
    const texts = ['before', 'lost 1', 'lost 2', 'after'].map((text) => `Ada III: ${text}`)
    for (const each of [again.room, bea.room]) {
      await until('all of it', async () => (await shown(each)).length === 4)
      await until('the name', async () => (await shown(each)).every((t) => t.startsWith('Ada III')))
      expect(await shown(each)).toEqual(texts)
    }
  })

  test('R6: what it writes while a tail is put back comes behind it', async () => {
    await room.conversation.writer.send('first')
    const [device] = devices as [TestDevice]
    await device.close()
    const backup = `${device.dir}-backup`
    await cp(device.dir, backup, { recursive: true })
    const later = await TestDevice.open('Ada', device.dir)
    devices[0] = later
    for (let i = 0; i < 20; i++)
      await later.rooms.get(room.id).conversation.writer.send(`lost ${i}`)
    await visit(new RoomCopy(later.rooms.get(room.id), { clock: systemClock }))
    const back = await putBack(later, backup)
    const found = back.rooms.get(room.id)
    const again = new RoomCopy(found, { clock: systemClock })
    const log = [...found.logs].find(({ own }) => own)!
    const range = (await mirror.read(log.key, log.core.length, MAX_RANGE_BYTES))!
    const writing: Promise<unknown>[] = []
    const append = log.core.append.bind(log.core)
    log.core.append = async (blocks, options) => {
      // In the middle of it somebody writes.
      if (options?.signature) {
        for (const n of [1, 2, 3]) writing.push(found.conversation.writer.send(`now ${n}`))
        await new Promise((resolve) => setImmediate(resolve))
      }
      return append(blocks, options)
    }
    expect(await again.store(range)).toBe('stored')
    expect(writing).toHaveLength(3)
    await Promise.all(writing)
    await until('all of it', async () => (await shown(found)).length === 24)
    expect((await shown(found)).slice(-3)).toEqual(['Ada: now 1', 'Ada: now 2', 'Ada: now 3'])
    await visit(again)
    expect(await mirror.wants({ ...range, spans: [{ from: 0, to: log.core.length }] })).toBeNull()
  })
})

describe('what a room takes, and gives', () => {
  test('ranges of its logs prove themselves', async () => {
    await room.conversation.writer.send('hello')
    const heads = await copy.heads()
    expect(heads).toHaveLength(2)
    for (const head of heads) {
      expect(head.spans).toHaveLength(1)
      for (let at = 0; at < head.spans[0]!.to; at++) {
        const range = (await copy.read(head.key, at, MAX_RANGE_BYTES))!
        expect(proveRange(range)).not.toBeNull()
        expect(range.from + range.blocks.length).toBe(head.spans[0]!.to)
      }
      expect(await copy.read(head.key, head.spans[0]!.to, MAX_RANGE_BYTES)).toBeNull()
      expect(await copy.read(head.key, 0, 10)).toBeNull()
    }
  })

  test('A18: what no member writes is refused', async () => {
    const logs = await SignedLogs.open()
    try {
      const stranger = await logs.author('stranger', 10, 20)
      expect(await copy.wants({ ...stranger.range(0), spans: [{ from: 0, to: 2 }] })).toBeNull()
      expect(await copy.store(stranger.range(0))).toBe('refused')
    } finally {
      await logs.close()
    }
  })

  test('R2: an entry that is not durable yet is not given away', async () => {
    const before = (await copy.heads()).find(({ key }) => key.equals(room.control.writer))!
    const { journal } = devices[0]!.storage
    const append = journal.append.bind(journal)
    let release = (): void => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    journal.append = async (entries) => {
      await held
      return append(entries)
    }
    const renamed = room.membership.rename('Ada II')
    await until('the entry to be held back', () => room.control.holding)
    const core = room.control.cores.get(room.control.writer.toString('hex'))!
    await until('it to be in the log', () => core.length > before.spans[0]!.to)
    let told = false
    const heads = copy.heads().finally(() => (told = true))
    const read = copy
      .read(before.key, before.spans[0]!.to, MAX_RANGE_BYTES)
      .finally(() => (told = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toBe(false)
    release()
    await renamed
    const after = (await heads).find(({ key }) => key.equals(before.key))!
    expect(after.spans[0]!.to).toBeGreaterThan(before.spans[0]!.to)
    expect(await read).not.toBeNull()
  })

  test('R2: nor is it when the disk takes longer than anybody waits', async () => {
    const clock = new VirtualClock()
    const slow = new RoomCopy(room, { clock })
    const writer = room.control.writer
    const { journal } = devices[0]!.storage
    const append = journal.append.bind(journal)
    let release = (): void => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    journal.append = async (entries) => {
      await held
      return append(entries)
    }
    const core = room.control.cores.get(writer.toString('hex'))!
    const before = core.length
    const renamed = room.membership.rename('Ada II')
    await until('the entry to be in the log', () => room.control.holding && core.length > before)
    const heads = slow.heads()
    const read = slow.read(writer, before, MAX_RANGE_BYTES)
    let over = false
    void Promise.allSettled([heads, read]).then(() => (over = true))
    await until('both to have waited long enough', async () => {
      await clock.run(60_000)
      return over
    })
    expect((await heads).map(({ key }) => key.toString('hex'))).not.toContain(
      writer.toString('hex'),
    )
    expect(await read).toBeNull()
    release()
    await renamed
  })

  test('A16: of statements only those of this room wait, and few', async () => {
    const bea = await joiner('Bea')
    const [statement] = await bea.notes()
    expect(statement).toBeDefined()
    const other = await devices[0]!.rooms.create('Other')
    const elsewhere = new RoomCopy(other, { clock: systemClock })
    await elsewhere.note([statement!])
    const otherSecret = Buffer.from(other.record.encryptionKey, 'hex')
    const key = noteKey(otherSecret, other.control.key)
    await elsewhere.note([sealNote(bea.room.statement, key)])
    expect(await elsewhere.notes()).toEqual([])
    await copy.note(Array.from({ length: 30 }, (_, i) => Buffer.alloc(200, i)))
    expect(await copy.notes()).toEqual([])
    // One that waits itself passes on what it can not judge.
    const cem = await joiner('Cem')
    await cem.note([statement!, statement!])
    expect(await cem.notes()).toHaveLength(2)
    const both = await cem.notes()
    expect(cem.over(both)).toEqual([])
    await copy.note(both)
    await until('both to be in', () => room.membership.members().length === 3)
    expect(await copy.notes()).toEqual([])
    expect(copy.over([...both, Buffer.from('junk')])).toHaveLength(3)
  })

  test('fuzz: a sealed statement is opened as it was sealed, or not at all', () => {
    const key = Buffer.alloc(32, 7)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 900 }), fc.nat(), fc.nat(7), (bytes, at, bit) => {
        const statement = Buffer.from(bytes)
        const sealed = sealNote(statement, key)
        expect(sealNote(statement, key)).toEqual(sealed)
        expect(openNote(sealed, key)!.equals(statement)).toBe(true)
        sealed[at % sealed.byteLength]! ^= 1 << bit
        expect(openNote(sealed, key)).toBeNull()
        expect(openNote(statement, key)).toBeNull()
      }),
    )
  })
})
