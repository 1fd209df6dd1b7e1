import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { silentLogger } from '../../core/logger.ts'
import type { Kept, Visitor } from '../../core/mirror/exchange/shared-copy.ts'
import { encodeBook } from '../../core/mirror/holder/account.ts'
import { KEPT_FOR } from '../../core/mirror/holder/held-mirror.ts'
import { Holder } from '../../core/mirror/holder/holder.ts'
import type { Loose } from '../../core/mirror/holder/holder.ts'
import { ENTRY } from '../../core/mirror/holder/ledger.ts'
import { mirrorId } from '../../core/mirror/mirror-keys.ts'
import { DEFAULT_QUOTA } from '../../core/mirror/policy/quota.ts'
import type { Quota } from '../../core/mirror/policy/quota.ts'
import { shortOf } from '../../core/mirror/short-name.ts'
import { GuardedCopy } from '../../core/mirror/space/guarded-copy.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { MemoryShelf } from './core-mirror-copy.ts'
import { pairOf } from './core-people.ts'
import { SignedLogs } from './core-signed-logs.ts'
import type { SignedLog } from './core-signed-logs.ts'

const KB = 1024
const DAY = 24 * 60 * 60_000

let logs: SignedLogs
let log: SignedLog
let clock: VirtualClock
let shelf: MemoryShelf
let quota: Quota
let changes: number
let loose: Loose | undefined

beforeAll(async () => {
  logs = await SignedLogs.open()
  log = await logs.author('ann', ...Array.from({ length: 40 }, () => KB))
})

afterAll(() => logs.close())

beforeEach(() => {
  clock = new VirtualClock()
  shelf = new MemoryShelf()
  quota = DEFAULT_QUOTA
  changes = 0
  loose = undefined
})

function open(): Promise<Holder> {
  return Holder.open({
    archive: shelf,
    quota: () => quota,
    clock,
    logger: silentLogger,
    ...(loose && { loose }),
    onchange: () => changes++,
  })
}

const keyOf = (n: number): Buffer => Buffer.alloc(32, n)
const depositor = (name: string): Buffer => pairOf(name).publicKey

function visitor(
  name: string,
  paired = false,
  address = '192.0.2',
): Visitor & { depositor: Buffer } {
  return { depositor: depositor(name), address, paired }
}

function deposit(holder: Holder, n: number, who: Visitor & { depositor: Buffer }): Promise<Kept> {
  return holder.deposit({ ...who, key: keyOf(n) })
}

/** Brings blocks of the log to one of its mirrors. */
function bring(holder: Holder, n: number, who: Visitor, from: number, to: number): Promise<string> {
  const copy = [...holder.copies()].find(({ key }) => key.equals(keyOf(n)))!
  return copy.guard!.store(log.range(from, to), who)
}

describe('a holder', () => {
  test('keeps what was deposited, and who brought how much, over a restart', async () => {
    const holder = await open()
    const kept = await deposit(holder, 1, visitor('ann'))
    expect(kept).toEqual({ refused: null, until: clock.now() + KEPT_FOR, bytes: 0 })
    expect(await bring(holder, 1, visitor('ann'), 0, 10)).toBe('stored')
    expect(await bring(holder, 1, visitor('ann'), 0, 10)).toBe('known')
    const free = holder.free(visitor('ann'))
    expect(free).toBe(DEFAULT_QUOTA.depositor - ENTRY - 10 * KB)
    await holder.close()
    const again = await open()
    expect(again.free(visitor('ann'))).toBe(free)
    expect(again.held).toEqual({ mirrors: 1, depositors: 1, bytes: 10 * KB })
    expect([...again.copies()].map(({ scope }) => scope)).toEqual(['mirror', 'carry'])
    await again.close()
  })

  test('A16: what was written after the book was is counted to its first depositor', async () => {
    const holder = await open()
    await deposit(holder, 1, visitor('ann'))
    await bring(holder, 1, visitor('ann'), 0, 10)
    // Killed before the book was written.
    const again = await open()
    expect(again.free(visitor('ann'))).toBe(DEFAULT_QUOTA.depositor - ENTRY - 10 * KB)
    await again.close()
    await holder.close()
  })

  test('A16: a thousand free keys gain no more than the quota of their address', async () => {
    quota = { total: 4_096 * KB, reserve: 0.5, depositor: 64 * KB, address: 128 * KB }
    const holder = await open()
    let bytes = 0
    const reasons = new Set<string>()
    for (let n = 0; n < 1_000; n++) {
      const who = visitor(`key ${n}`)
      const key = Buffer.alloc(32, `mirror ${n}`)
      const { refused } = await holder.deposit({ ...who, key })
      if (refused) reasons.add(refused)
      if (refused) continue
      const copy = [...holder.copies()].find((one) => one.key.equals(key))!
      for (let at = 0; at < 40; at += 4) {
        if ((await copy.guard!.store(log.range(at, at + 4), who)) === 'stored') bytes += 4 * KB
      }
    }
    expect(bytes).toBeLessThanOrEqual(128 * KB)
    expect(holder.held.bytes).toBe(bytes)
    expect([...reasons]).toEqual(['address'])
    // Nobody else lost anything by it.
    expect(holder.free(visitor('bob', false, '198.51.100'))).toBe(64 * KB)
    expect(holder.free(visitor('cleo', true))).toBeGreaterThanOrEqual(3_900 * KB)
    await holder.close()
  })

  test('A16: very many addresses leave half to those who share a room', async () => {
    quota = { total: 200 * KB, reserve: 0.5, depositor: 64 * KB, address: 64 * KB }
    const holder = await open()
    for (let n = 0; n < 50; n++) {
      const who = visitor(`key ${n}`, false, `10.0.${n}`)
      if ((await deposit(holder, n, who)).refused === null) await bring(holder, n, who, 0, 20)
    }
    expect(holder.free(visitor('bob', false, '198.51.100'))).toBeLessThan(24 * KB)
    expect(holder.held.bytes).toBeLessThanOrEqual(100 * KB)
    const before = holder.held.mirrors
    const member = visitor('member', true, '10.0.0')
    expect((await deposit(holder, 60, member)).refused).toBeNull()
    expect(await bring(holder, 60, member, 0, 40)).toBe('stored')
    expect(holder.held.mirrors).toBe(before + 1)
    await holder.close()
  })

  test('A17: strangers are refused, and the oldest of theirs goes once a member needs it', async () => {
    quota = { total: 90 * KB, reserve: 0.4, depositor: 64 * KB, address: 64 * KB }
    const holder = await open()
    const [old, young] = [visitor('old', false, '10.0.1'), visitor('young', false, '10.0.2')]
    await deposit(holder, 1, old)
    await bring(holder, 1, old, 0, 20)
    await clock.run(DAY)
    await deposit(holder, 2, young)
    await bring(holder, 2, young, 0, 20)
    expect(await bring(holder, 2, young, 20, 40)).toBe('full')
    const late = visitor('late', false, '10.0.3')
    await deposit(holder, 3, late)
    expect(await bring(holder, 3, late, 0, 20)).toBe('full')
    expect(shelf.kept.size).toBe(3)
    const member = visitor('member', true)
    await deposit(holder, 4, member)
    expect(await bring(holder, 4, member, 0, 20)).toBe('stored')
    expect(shelf.get(mirrorId(keyOf(1)))).not.toBeNull()
    expect(await bring(holder, 4, member, 20, 40)).toBe('stored')
    expect([1, 2, 3, 4].map((n) => shelf.get(mirrorId(keyOf(n))) !== null)).toEqual([
      false,
      true,
      true,
      true,
    ])
    // Members do not push each other out.
    const other = visitor('other', true, '10.0.9')
    await deposit(holder, 5, other)
    expect(await bring(holder, 5, other, 0, 40)).toBe('stored')
    expect(await bring(holder, 4, member, 0, 40)).toBe('known')
    expect(holder.held.bytes).toBeLessThanOrEqual(100 * KB)
    await holder.close()
  })

  test('A17: what is carried for strangers goes before what was deposited', async () => {
    quota = { total: 60 * KB, reserve: 0.5, depositor: 64 * KB, address: 64 * KB }
    let carried = 30 * KB
    const freed: number[] = []
    loose = {
      get bytes() {
        return carried
      },
      free: async (bytes) => {
        freed.push(bytes)
        carried = Math.max(0, carried - bytes)
      },
    }
    const holder = await open()
    const [stranger, member] = [visitor('stranger'), visitor('member', true)]
    await deposit(holder, 1, stranger)
    await bring(holder, 1, stranger, 0, 10)
    await deposit(holder, 2, member)
    expect(await bring(holder, 2, member, 0, 20)).toBe('stored')
    expect([freed.length, shelf.kept.size]).toEqual([1, 2])
    await holder.close()
  })

  test('a mirror goes 30 days after its last depositor was seen, and not before', async () => {
    const holder = await open()
    await deposit(holder, 1, visitor('ann'))
    await deposit(holder, 2, visitor('ann'))
    await clock.run(20 * DAY)
    await deposit(holder, 2, visitor('ann'))
    await clock.run(11 * DAY)
    expect([...shelf.kept.keys()]).toEqual([mirrorId(keyOf(2))])
    expect(changes).toBeGreaterThan(2)
    await holder.close()
  })

  test('who stays connected is seen', async () => {
    const present = [{ id: mirrorId(keyOf(1)), depositor: depositor('ann'), paired: false }]
    const holder = await Holder.open({
      archive: shelf,
      quota: () => quota,
      clock,
      logger: silentLogger,
      present: () => present,
      onchange: () => {},
    })
    await deposit(holder, 1, visitor('ann'))
    await clock.run(40 * DAY)
    expect(shelf.kept.size).toBe(1)
    await holder.close()
  })

  test('all is deleted once the last depositor withdrew; before that it counts for the others', async () => {
    const holder = await open()
    await deposit(holder, 1, visitor('ann'))
    await deposit(holder, 1, visitor('bob', false, '198.51.100'))
    await bring(holder, 1, visitor('ann'), 0, 10)
    const id = mirrorId(keyOf(1))
    await holder.forget(id, depositor('nobody'))
    await holder.forget(id, depositor('ann'))
    expect(shelf.get(id)!.end(log)).toBe(10)
    expect(holder.free(visitor('ann'))).toBe(DEFAULT_QUOTA.depositor)
    expect(holder.free(visitor('bob', false, '198.51.100'))).toBe(
      DEFAULT_QUOTA.depositor - ENTRY - 10 * KB,
    )
    await holder.forget(id, depositor('bob'))
    expect([shelf.kept.size, [...holder.copies()].length]).toEqual([0, 0])
    expect(holder.free(visitor('bob', false, '198.51.100'))).toBe(DEFAULT_QUOTA.depositor)
    await holder.close()
  })

  test('A16: who brings something to another’s mirror pays for it', async () => {
    const holder = await open()
    await deposit(holder, 1, visitor('ann'))
    const passer = { depositor: null, address: '198.51.100', paired: false }
    expect(await bring(holder, 1, passer, 0, 10)).toBe('stored')
    expect(holder.free(visitor('ann'))).toBe(DEFAULT_QUOTA.depositor - ENTRY)
    expect(holder.free(passer)).toBe(DEFAULT_QUOTA.depositor)
    quota = { ...quota, address: 20 * KB }
    expect(holder.free(passer)).toBe(20 * KB - ENTRY - 10 * KB)
    expect(await bring(holder, 1, passer, 10, 20)).toBe('full')
    // Nobody but depositors keeps a mirror.
    await holder.forget(mirrorId(keyOf(1)), depositor('ann'))
    expect(shelf.kept.size).toBe(0)
    await holder.close()
  })

  test('join statements wait for 30 days, at most 16 of them', async () => {
    const holder = await open()
    await deposit(holder, 1, visitor('ann'))
    const [copy] = [...holder.copies()]
    const statements = Array.from({ length: 20 }, (_, n) => Buffer.alloc(200, n))
    await copy!.guard!.note(statements.slice(0, 10), visitor('ann'))
    await copy!.guard!.note(statements, visitor('ann'))
    expect(await copy!.copy.notes()).toHaveLength(16)
    await clock.run(29 * DAY)
    await deposit(holder, 1, visitor('ann'))
    await copy!.guard!.note([Buffer.from('one more')], visitor('ann'))
    await clock.run(2 * DAY)
    expect((await copy!.copy.notes()).map(String)).toEqual(['one more'])
    await deposit(holder, 1, visitor('ann'))
    await clock.run(29 * DAY)
    expect(await copy!.copy.notes()).toHaveLength(0)
    await holder.close()
  })

  test('A16: what was brought stays with the address from which it came, whoever renews it elsewhere', async () => {
    quota = { ...DEFAULT_QUOTA, address: 60 * KB }
    const holder = await open()
    const eve = visitor('eve')
    await deposit(holder, 1, eve)
    expect(await bring(holder, 1, eve, 0, 40)).toBe('stored')
    await deposit(holder, 1, { ...eve, address: '198.51.100' })
    const free = (address: string) => holder.free({ depositor: null, address, paired: false })
    expect(free('198.51.100')).toBe(60 * KB)
    expect(free('192.0.2')).toBe(20 * KB - ENTRY)
    await deposit(holder, 2, visitor('eve again'))
    expect(await bring(holder, 2, visitor('eve again'), 0, 40)).toBe('full')
    await holder.close()
  })

  test('a wall clock that is set by years deletes nothing, and keeps nothing for good', async () => {
    const holder = await open()
    await deposit(holder, 1, visitor('ann'))
    clock.skew(60 * 365 * DAY)
    await holder.sweep()
    expect(holder.held.mirrors).toBe(1)
    const kept = await deposit(holder, 1, visitor('ann'))
    expect(Math.abs(kept.until - clock.now() - KEPT_FOR)).toBeLessThan(60_000)
    const member = visitor('member', true, '10.0.1')
    await deposit(holder, 2, member)
    clock.skew(-90 * 365 * DAY)
    await clock.run(29 * DAY)
    expect(shelf.kept.size).toBe(2)
    await clock.run(2 * DAY)
    expect(shelf.kept.size).toBe(0)
    await holder.close()
  })

  test('time while the device is switched off does not count, that while it runs does', async () => {
    let holder = await open()
    await deposit(holder, 1, visitor('ann'))
    for (let n = 0; n < 31; n++) {
      await clock.run(DAY)
      expect(shelf.kept.size).toBe(n < 29 ? 1 : 0)
      await holder.close()
      clock.skew(90 * DAY)
      holder = await open()
    }
    await holder.close()
  })

  test('A17: who left the rooms of this device counts as a stranger a day later', async () => {
    quota = { total: 90 * KB, reserve: 0.5, depositor: 64 * KB, address: 64 * KB }
    const holder = await open()
    const was = visitor('was')
    await deposit(holder, 1, { ...was, paired: true })
    await bring(holder, 1, { ...was, paired: true }, 0, 20)
    await deposit(holder, 1, was)
    const free = () => holder.free(visitor('other', false, '10.0.1'))
    // Who just connected may not be known as a member yet.
    expect(free()).toBe(45 * KB)
    await clock.run(2 * DAY)
    await deposit(holder, 1, was)
    expect(free()).toBe(45 * KB - ENTRY - 20 * KB)
    await holder.close()
  })

  test('A16: strangers at one address leave places in a mirror, and give theirs to members', async () => {
    const holder = await open()
    await deposit(holder, 1, visitor('ann'))
    const said = new Map<string | null, number>()
    for (let n = 0; n < 1_200; n++) {
      const { refused } = await deposit(holder, 1, visitor(`key ${n}`, false, `10.0.${n % 80}`))
      said.set(refused, (said.get(refused) ?? 0) + 1)
    }
    expect([...said]).toEqual([
      [null, 1_023],
      ['crowded', 177],
    ])
    const more = await deposit(holder, 2, visitor('key', false, '10.1.1'))
    expect(more.refused).toBeNull()
    for (let n = 0; n < 20; n++) {
      const { refused } = await deposit(holder, 2, visitor(`other ${n}`, false, '10.1.1'))
      expect(refused).toBe(n < 15 ? null : 'crowded')
    }
    expect((await deposit(holder, 1, visitor('member', true))).refused).toBeNull()
    expect(holder.held.depositors).toBe(1_024 + 16)
    await holder.close()
  })

  test('A16: members at one address leave half of the places for mirrors to others', async () => {
    const holder = await open()
    const said = new Set<string | null>()
    const mirror = (n: number): Buffer => Buffer.alloc(32, `mirror ${n}`)
    for (let n = 0; n < 1_000; n++) {
      said.add((await holder.deposit({ ...visitor('member', true), key: mirror(n) })).refused)
    }
    expect([...said]).toEqual([null])
    const more = { ...visitor('member', true), key: mirror(1_000) }
    expect((await holder.deposit(more)).refused).toBe('address')
    expect((await holder.deposit({ ...more, address: '10.0.1' })).refused).toBeNull()
    // What is held already takes more of them.
    const beside = { ...visitor('another', true), key: mirror(1) }
    expect((await holder.deposit(beside)).refused).toBeNull()
    await holder.close()
  })

  test('A16: what passes by fills no share of a member’s mirror, and ends at a quarter of all', async () => {
    quota = { total: 120 * KB, reserve: 0.5, depositor: 10 * KB, address: 10 * KB }
    const holder = await open()
    await deposit(holder, 1, visitor('member', true))
    const medium = { depositor: null, address: 'medium', paired: false }
    expect(await bring(holder, 1, medium, 0, 25)).toBe('stored')
    expect(await bring(holder, 1, medium, 25, 35)).toBe('full')
    expect(holder.free(medium)).toBe(10 * KB)
    await deposit(holder, 2, visitor('stranger', false, '10.0.1'))
    expect(await bring(holder, 2, medium, 0, 10)).toBe('full')
    await holder.close()
  })

  test('A16: strangers bring so many logs of a mirror, and see that there are no more', async () => {
    const [ann, member] = [visitor('ann'), visitor('member', true)]
    const times = { pairedAt: 0, since: 0, seen: 0, bytes: 0 }
    const accounts = [{ ...ann, ...times, logs: 255 }]
    const book = encodeBook({ key: keyOf(1), accounts, notes: [], ran: 0 })
    await shelf.create(mirrorId(keyOf(1)), 'mirror', book)
    const holder = await open()
    await deposit(holder, 1, member)
    const others: SignedLog[] = []
    for (const name of ['bea', 'cem']) others.push(await logs.author(name, 10, 10))
    const [copy] = [...holder.copies()]
    const store = (one: SignedLog, who: Visitor) => copy!.guard!.store(one.range(0, 1), who)
    expect(await store(log, ann)).toBe('stored')
    expect(await store(others[0]!, ann)).toBe('full')
    expect(await store(others[0]!, member)).toBe('stored')
    // What is known already goes on.
    expect(await copy!.guard!.store(others[0]!.range(1, 2), ann)).toBe('stored')
    expect(await store(others[1]!, ann)).toBe('full')
    expect(copy!.guard!.room(ann).refused).toBe('share')
    await holder.close()
    const again = await open()
    const [same] = [...again.copies()]
    expect(await same!.guard!.store(others[1]!.range(0, 1), ann)).toBe('full')
    await again.close()
  })

  test('what nobody knows who brought is nobody’s share', async () => {
    const holder = await open()
    await deposit(holder, 1, visitor('ann'))
    await deposit(holder, 1, visitor('eve', false, '198.51.100'))
    await holder.close()
    const killed = await open()
    await bring(killed, 1, visitor('eve', false, '198.51.100'), 0, 10)
    const again = await open()
    expect(again.free(visitor('ann'))).toBe(DEFAULT_QUOTA.depositor - ENTRY)
    expect(again.held.bytes).toBe(10 * KB)
    quota = { ...quota, total: 100 * KB }
    expect(again.free(visitor('other', false, '10.0.1'))).toBe(50 * KB - 3 * ENTRY - 10 * KB)
    await again.close()
    await killed.close()
  })

  test('a mirror whose book is damaged is counted, waits for its depositor, and goes', async () => {
    const holder = await open()
    for (const n of [1, 2]) {
      await deposit(holder, n, visitor('ann'))
      await bring(holder, n, visitor('ann'), 0, 10)
    }
    await holder.close()
    for (const copy of shelf.kept.values()) await copy.setAbout(Buffer.from('damaged'))
    const again = await open()
    expect(again.held).toEqual({ mirrors: 0, depositors: 0, bytes: 20 * KB })
    await deposit(again, 1, visitor('ann'))
    expect(again.held).toEqual({ mirrors: 1, depositors: 1, bytes: 20 * KB })
    await clock.run(2 * DAY)
    expect([...shelf.kept.keys()]).toEqual([mirrorId(keyOf(1))])
    expect(again.held.bytes).toBe(10 * KB)
    await again.close()
  })

  test('a mirror whose book is damaged gives way to anybody', async () => {
    quota = { total: 60 * KB, reserve: 0.2, depositor: 60 * KB, address: 60 * KB }
    const holder = await open()
    await deposit(holder, 1, visitor('ann'))
    await bring(holder, 1, visitor('ann'), 0, 30)
    await holder.close()
    await shelf.get(mirrorId(keyOf(1)))!.setAbout(Buffer.from('damaged'))
    const again = await open()
    await deposit(again, 2, visitor('bob'))
    expect(await bring(again, 2, visitor('bob'), 0, 40)).toBe('stored')
    expect(again.held.bytes).toBe(40 * KB)
    await again.close()
  })

  test('a statement of one more joiner finds a place, whoever took all of them', async () => {
    const holder = await open()
    await deposit(holder, 1, visitor('ann'))
    const [copy] = [...holder.copies()]
    const junk = Array.from({ length: 40 }, (_, n) => Buffer.from(`junk ${n}`))
    for (const one of junk) await copy!.guard!.note([one], visitor('eve'))
    const join = Buffer.from('let me in')
    await copy!.guard!.note([join], visitor('bea', false, '198.51.100'))
    for (const one of junk) await copy!.guard!.note([one], visitor('eve'))
    const kept = await copy!.copy.notes()
    expect(kept).toHaveLength(16)
    expect(kept.some((one) => one.equals(join))).toBe(true)
    await holder.close()
  })

  test('what a medium brings has its time as well, and leaves places to others', async () => {
    const holder = await open()
    const member = visitor('member', true)
    await deposit(holder, 1, member)
    const [shared] = [...holder.copies()]
    const medium = { depositor: null, address: 'medium', paired: false }
    const brought = new GuardedCopy(shared!.copy, shared!.guard!, medium)
    await brought.note(Array.from({ length: 16 }, (_, n) => Buffer.from(`junk ${n}`)))
    expect(await brought.notes()).toHaveLength(16)
    await shared!.guard!.note([Buffer.from('let me in')], member)
    expect((await brought.notes()).map(String)).toContain('let me in')
    await clock.run(20 * DAY)
    await deposit(holder, 1, member)
    await clock.run(11 * DAY)
    expect(await brought.notes()).toEqual([])
    await holder.close()
  })

  test('a statement that was not taken is not said to be kept', async () => {
    const holder = await open()
    await deposit(holder, 1, visitor('ann'))
    const [copy] = [...holder.copies()]
    const stored = shelf.get(mirrorId(keyOf(1)))!
    const note = stored.note.bind(stored)
    stored.note = async () => {}
    await copy!.guard!.note([Buffer.from('let me in')], visitor('bea'))
    stored.note = note
    await copy!.guard!.note([Buffer.from('let me in')], visitor('bea'))
    expect(await copy!.copy.notes()).toHaveLength(1)
    await holder.close()
  })

  test('a statement goes once a depositor says that it is over, who shares a room or was here for a day', async () => {
    const holder = await open()
    await deposit(holder, 1, visitor('ann'))
    await deposit(holder, 1, visitor('member', true))
    const [copy] = [...holder.copies()]
    const one = Buffer.from('let me in')
    const names = [shortOf(one)]
    const settle = async (who: Visitor): Promise<number> => {
      await copy!.guard!.note([one], visitor('bea'))
      await copy!.guard!.settle(names, who)
      return (await copy!.copy.notes()).length
    }
    expect(await settle(visitor('nobody', true))).toBe(1)
    expect(await settle(visitor('ann'))).toBe(1)
    expect(await settle(visitor('member', true))).toBe(0)
    await clock.run(2 * DAY)
    expect(await settle(visitor('ann'))).toBe(0)
    await holder.close()
  })

  test('the account of one more device is written down later, with others', async () => {
    const holder = await open()
    await deposit(holder, 1, visitor('ann'))
    const stored = shelf.get(mirrorId(keyOf(1)))!
    let written = 0
    const setAbout = stored.setAbout.bind(stored)
    stored.setAbout = (about) => {
      written++
      return setAbout(about)
    }
    for (let n = 0; n < 10; n++) await deposit(holder, 1, visitor(`key ${n}`))
    expect(written).toBe(0)
    await clock.run(10_000)
    expect(written).toBe(1)
    await holder.close()
    const again = await open()
    expect(again.held.depositors).toBe(11)
    await again.close()
  })

  test('takes nothing in any more once it is closed, or all was dropped', async () => {
    const holder = await open()
    await deposit(holder, 1, visitor('ann'))
    const [copy] = [...holder.copies()]
    await holder.drop()
    expect([shelf.kept.size, holder.held.mirrors]).toEqual([0, 0])
    expect(await copy!.guard!.store(log.range(0, 5), visitor('ann'))).toBe('full')
    expect(holder.free(visitor('ann'))).toBe(DEFAULT_QUOTA.depositor)
    await holder.close()
    expect((await deposit(holder, 1, visitor('ann'))).refused).toBe('closed')
  })

  test('a thousand mirrors cost no timers, and a damaged book costs only its mirror', async () => {
    const holder = await open()
    for (let n = 0; n < 1_000; n++) {
      const who = visitor(`key ${n % 10}`, true)
      await holder.deposit({ ...who, key: Buffer.alloc(32, `mirror ${n}`) })
    }
    await holder.close()
    await [...shelf.kept.values()][7]!.setAbout(Buffer.from('damaged'))
    let timers = 0
    const counting = Object.assign(clock.skewed(0), {
      after: (ms: number, fn: () => void) => {
        timers++
        return clock.after(ms, fn)
      },
    })
    const again = await Holder.open({
      archive: shelf,
      quota: () => quota,
      clock: counting,
      logger: silentLogger,
      onchange: () => {},
    })
    expect([again.held.mirrors, again.held.depositors, timers]).toEqual([999, 10, 1])
    await again.close()
  })
})
