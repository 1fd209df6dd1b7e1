/** Peers that would fill a device's memory with what they say, or do not read, or do not send. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../core/clock.ts'
import type { Connection } from '../../core/connection/connection.ts'
import type { Copy, LogHead } from '../../core/mirror/copy.ts'
import { AddressCounts } from '../../core/mirror/exchange/address-counts.ts'
import { mayAsk } from '../../core/mirror/exchange/fetch-bounds.ts'
import { LinkMemory } from '../../core/mirror/exchange/link-memory.ts'
import { LogVersions } from '../../core/mirror/exchange/log-versions.ts'
import { RangeClient } from '../../core/mirror/exchange/range-client.ts'
import type { Answer } from '../../core/mirror/exchange/range-client.ts'
import { ReadSlots } from '../../core/mirror/exchange/read-slots.ts'
import type { ReadSlot } from '../../core/mirror/exchange/read-slots.ts'
import { SharedMirror } from '../../core/mirror/exchange/shared-mirror.ts'
import { WordBudget } from '../../core/mirror/exchange/word-budget.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { MirrorStreet, until } from '../unit/core-mirror-street.ts'
import { SignedLogs } from '../unit/core-signed-logs.ts'
import type { SignedLog } from '../unit/core-signed-logs.ts'
import { CraftedMirrors } from './crafted-mirrors.ts'

const KB = 1024
const MB = 1024 * KB
const KEY = Buffer.alloc(32, 7)

describe('what a peer says that it has', () => {
  const spans = Array.from({ length: 64 }, (_, n) => ({ from: 2 * n, to: 2 * n + 1 }))
  const head = (n: number): LogHead => {
    const key = Buffer.alloc(32)
    key.writeUInt32BE(n)
    return { key, manifest: Buffer.alloc(100), spans }
  }

  function mirrorOf(memory: LinkMemory): SharedMirror {
    const copy = {} as Copy
    const shared = { key: KEY, scope: 'mirror', kind: 'room', copy } as const
    return new SharedMirror(shared, Buffer.alloc(16), memory)
  }

  /** As much as is heard of one mirror. */
  function flood(memory: LinkMemory): SharedMirror {
    const mirror = mirrorOf(memory)
    for (let n = 0; n < 8_192; n++) {
      const log = head(n).key.toString('hex')
      mirror.wanted.note(log, head(n))
      mirror.hold(log, head(n))
      if (n % 3 === 0) mirror.wanted.putAside(log, head(n))
      if (n % 5 === 0) mirror.wanted.failed(log, head(n), 0)
    }
    return mirror
  }

  test('is remembered in so much memory for a link, for an address, and for all strangers', () => {
    const strangers = new AddressCounts()
    const links = Array.from({ length: 64 }, (_, n) => {
      return new LinkMemory(strangers, `10.0.${n >> 3}`, () => false)
    })
    const mirrors = links.map((memory) => flood(memory))
    for (const memory of links) expect(memory.used).toBeLessThanOrEqual(6 * MB)
    // Whoever comes last has a little all the same.
    for (const memory of links) expect(memory.used).toBeGreaterThan(50 * KB)
    expect(strangers.of('10.0.0')).toBeLessThanOrEqual(6 * MB + 8 * 64 * KB)
    expect(strangers.all).toBeLessThanOrEqual(24 * MB + 64 * 64 * KB)
    expect(mirrors.every(({ wanted }) => wanted.missed)).toBe(true)
    const member = new LinkMemory(strangers, '10.0.0', () => true)
    flood(member)
    expect(member.used).toBeGreaterThan(12 * MB)
    expect(member.used).toBeLessThanOrEqual(24 * MB)
    for (const mirror of mirrors) mirror.close()
    expect(links.every(({ used }) => used === 0)).toBe(true)
    expect(strangers.all).toBe(0)
  })

  test('all of it is given back as it is asked for, served, rested and dropped', () => {
    const strangers = new AddressCounts()
    const memory = new LinkMemory(strangers, 'a', () => false)
    const { wanted } = mirrorOf(memory)
    for (let n = 0; n < 40; n++) wanted.note(`${n}`, head(n))
    for (let n = 0; n < 40; n++) wanted.note(`${n}`, { ...head(n), spans: spans.slice(n) })
    for (let n = 0; n < 10; n++) wanted.take(`${n}`)
    for (let n = 0; n < 20; n++) wanted.failed(`${n}`, head(n), 0)
    expect(wanted.wake(10_000)).toBe(true)
    for (let n = 0; n < 30; n++) wanted.putAside(`${n}`, head(n))
    wanted.reconsider(new Map())
    for (let n = 0; n < 40; n++) wanted.take(`${n}`)
    for (let n = 0; n < 20; n++) wanted.served(`${n}`)
    expect(memory.used).toBe(0)
    wanted.note('1', head(1))
    wanted.failed('2', head(2), 0)
    wanted.close()
    wanted.failed('3', head(3), 0)
    expect(memory.used).toBe(0)
  })

  test('logs that are told to many links are remembered once', () => {
    const versions = new LogVersions()
    const heads = Array.from({ length: 100 }, (_, n) => head(n))
    expect(versions.news(heads, 0)).toHaveLength(100)
    const told = versions.last
    expect(versions.news(heads, told)).toEqual([])
    expect(versions.news(heads, 0)).toHaveLength(100)
    const grown = { ...head(3), spans: [{ from: 0, to: 500 }] }
    const now = heads.map((one, n) => (n === 3 ? grown : one))
    expect(versions.news(now, told)).toEqual([grown])
    expect(versions.news(now, versions.last)).toEqual([])
    // What went and came back is news.
    expect(versions.news(now.slice(1), versions.last)).toEqual([])
    expect(versions.news(now, versions.last)).toEqual([head(0)])
  })
})

describe('ranges that are read', () => {
  interface Entered {
    readonly slot: ReadSlot
    readonly ended: () => boolean
  }

  /** Whoever enters is in `inside`, by its name. */
  function readers(slots: ReadSlots) {
    const inside = new Map<string, Entered>()
    const enter = (name: string, address: string, bytes: number, paired = false): void => {
      let ended = false
      const end = (): void => void (ended = true)
      void slots.enter({ bytes, address, paired, end }).then((slot) => {
        slot.holds(bytes)
        inside.set(name, { slot, ended: () => ended })
      })
    }
    return { inside, enter }
  }

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  test('all of them together take so much memory, and the longest ones one at a time', async () => {
    const slots = new ReadSlots(new VirtualClock())
    const { inside, enter } = readers(slots)
    for (let n = 0; n < 16; n++) enter(`long ${n}`, `address ${n}`, 32 * MB)
    for (let n = 0; n < 40; n++) enter(`short ${n}`, `other ${n}`, 8 * MB)
    await turn()
    expect(slots.held).toBeLessThanOrEqual(40 * MB)
    for (let n = 0; n < 40; n++) enter(`member ${n}`, `friend ${n}`, 4 * MB, true)
    await turn()
    expect(slots.held).toBe(48 * MB)
    expect([...inside.keys()]).toEqual(['long 0', 'short 0', 'member 0', 'member 1'])
    // Each gets its turn.
    let served = 0
    for (; inside.size > 0; served++) {
      const [[name, { slot }]] = inside as Iterable<[string, Entered]> as [[string, Entered]]
      inside.delete(name)
      slot.leave()
      await turn()
      expect(slots.held).toBeLessThanOrEqual(48 * MB)
    }
    expect(served).toBe(96)
    expect(slots.held).toBe(0)
  })

  test('many links of one address keep nobody else waiting, however slowly they read', async () => {
    const slots = new ReadSlots(new VirtualClock())
    const { inside, enter } = readers(slots)
    for (let n = 0; n < 32; n++) enter(`mallory ${n}`, '10.0.0', 8 * MB)
    enter('ann', '10.0.1', 8 * MB)
    await turn()
    expect([...inside.keys()]).toEqual(['mallory 0', 'ann'])
  })

  test('who reads slowly ends when others wait, and only then; who goes on reading does not', async () => {
    const clock = new VirtualClock()
    const slots = new ReadSlots(clock)
    const { inside, enter } = readers(slots)
    for (let n = 0; n < 5; n++) enter(`${n}`, `address ${n}`, 8 * MB)
    await clock.run(120_000)
    const ended = (): string[] => [...inside].filter(([, one]) => one.ended()).map(([name]) => name)
    expect(ended()).toEqual([])
    enter('ann', 'hers', 8 * MB)
    inside.get('0')!.slot.moved(8 * MB)
    await clock.run(2_000)
    expect(ended()).toEqual(['1', '2', '3', '4'])
    for (const name of ended()) inside.get(name)!.slot.leave()
    await turn()
    expect(inside.has('ann')).toBe(true)
  })

  test('what is known to be shorter, or to keep more in memory, counts as that', async () => {
    const slots = new ReadSlots(new VirtualClock())
    const { inside, enter } = readers(slots)
    enter('ann', '10.0.0', 8 * MB)
    enter('bob', '10.0.0', 8 * MB)
    await turn()
    expect(inside.has('bob')).toBe(false)
    inside.get('ann')!.slot.holds(0)
    await turn()
    expect(inside.has('bob')).toBe(true)
    inside.get('bob')!.slot.holds(40 * MB)
    enter('cleo', '10.0.1', 1)
    await turn()
    expect(inside.has('cleo')).toBe(false)
  })
})

describe('ranges that are asked for', () => {
  function client() {
    const clock = new VirtualClock()
    const allowed: number[] = []
    const connection = { expect: (bytes: number) => allowed.push(bytes) }
    const ranges = new RangeClient(connection as unknown as Connection, clock, () => {})
    const allowance = (): number => allowed.reduce((sum, bytes) => sum + bytes, 0)
    const want = (max: number): { answer: Answer | null } => {
      const state: { answer: Answer | null } = { answer: null }
      void ranges.want({ tag: KEY, key: KEY, from: 0, max }).then((a) => (state.answer = a))
      return state
    }
    return { clock, ranges, allowance, want }
  }

  test('what was allowed for one that is late is taken back, and allowed again only as it comes', async () => {
    const { clock, ranges, allowance, want } = client()
    const state = want(2 * MB)
    expect(allowance()).toBeGreaterThan(2 * MB)
    await clock.run(11_000)
    expect(state.answer).toBe('late')
    expect(allowance()).toBeLessThanOrEqual(16 * KB)
    const before = allowance()
    const blocks = [Buffer.alloc(100 * KB)]
    expect(ranges.onblocks({ id: 1, blocks })).toBe(true)
    expect(allowance() - before).toBeGreaterThanOrEqual(100 * KB)
    for (let n = 0; n < 100; n++) ranges.onblocks({ id: 1, blocks })
    expect(allowance()).toBeLessThan(2.5 * MB)
    expect(ranges.onend({ id: 1, roots: [], length: 0, signature: Buffer.alloc(0) })).toBe(true)
    expect(ranges.onblocks({ id: 2, blocks })).toBe(false)
  })

  test('a long one that comes in drips is late long before it could end', async () => {
    const { clock, ranges, want } = client()
    const state = want(2 * MB)
    const end = clock.monotonic() + 60_000
    while (state.answer === null && clock.monotonic() < end) {
      ranges.onblocks({ id: 1, blocks: [Buffer.alloc(16 * KB)] })
      await clock.run(9_000)
    }
    expect(state.answer).toBe('late')
    const steady = want(2 * MB)
    for (let n = 0; n < 30; n++) {
      ranges.onblocks({ id: 2, blocks: [Buffer.alloc(64 * KB)] })
      await clock.run(9_000)
    }
    expect(steady.answer).toBeNull()
  })
})

test('few addresses of strangers leave room for others, and all of them for members', () => {
  const none = { all: 0, strangers: 0, address: 0, link: 0 }
  expect(mayAsk(false, { ...none, all: 8 * MB, strangers: 8 * MB, address: 8 * MB })).toBe(false)
  expect(mayAsk(false, { ...none, all: 16 * MB, strangers: 16 * MB, address: 4 * MB })).toBe(false)
  // An address of which nothing was asked yet.
  expect(mayAsk(false, { ...none, all: 16 * MB, strangers: 16 * MB })).toBe(true)
  expect(mayAsk(false, { ...none, all: 24 * MB, strangers: 24 * MB })).toBe(false)
  expect(mayAsk(true, { ...none, all: 24 * MB, strangers: 24 * MB, address: 24 * MB })).toBe(true)
  expect(mayAsk(true, { ...none, all: 32 * MB })).toBe(false)
  expect(mayAsk(true, { ...none, all: 8 * MB, link: 8 * MB })).toBe(false)
})

test('a member of a room may say much, and not without end', () => {
  let paired = true
  const budget = new WordBudget(() => paired)
  budget.widen()
  for (let n = 0; n < 60_000; n++) expect(budget.spend()).toBe(true)
  for (let n = 0; n < 6_000; n++) budget.spend()
  expect(budget.spend()).toBe(false)
  for (let n = 0; n < 10; n++) budget.refill()
  expect(budget.affords(1_000)).toBe(true)
  paired = false
  expect(budget.spend()).toBe(false)
})

describe('over a link', () => {
  let logs: SignedLogs
  let log: SignedLog

  beforeAll(async () => {
    logs = await SignedLogs.open()
    log = await logs.author('ann', 500, 500)
  })

  afterAll(() => logs.close())

  test('what nobody can have, for its name is not that of its manifest, is neither noted nor asked for', async () => {
    const street = new MirrorStreet(systemClock)
    const cleo = await street.device('cleo')
    cleo.room(KEY)
    const { peer, leave } = await CraftedMirrors.come(street, 'mallory', 'cleo')
    peer.show(KEY)
    await peer.hears('open')
    const tag = peer.tag(KEY)
    peer.send.open.send({ tag, kind: 1 })
    const spans = [{ from: 0, to: 2 }]
    const junk = Array.from({ length: 200 }, (_, n) => {
      return { key: Buffer.alloc(32, `junk ${n}`), manifest: log.manifest, spans }
    })
    peer.send.heads.send({ tag, logs: junk })
    peer.send.heads.send({ tag, logs: [{ key: log.key, manifest: log.manifest, spans }] })
    const first = await peer.hears('want')
    expect(first.key).toEqual(log.key)
    const noted = [...cleo.links.get('mallory')!.link.wanting()]
    expect(noted.every(({ wanted }) => wanted.pending.size === 0)).toBe(true)
    await until('the answer to be taken', () => {
      peer.send.end.send({ id: first.id, roots: [], length: 0, signature: Buffer.alloc(0) })
      return true
    })
    await leave()
    await street.close()
  })
  test('who says it has very long logs, and then has nothing short of them, is asked for few at a time', async () => {
    const many = await Promise.all(
      Array.from({ length: 40 }, (_, n) => logs.author(`long ${n}`, 100)),
    )
    const street = new MirrorStreet(systemClock)
    const cleo = await street.device('cleo')
    cleo.room(KEY)
    const { peer, leave } = await CraftedMirrors.come(street, 'mallory', 'cleo')
    peer.show(KEY)
    await peer.hears('open')
    const tag = peer.tag(KEY)
    const asked = new Map<number, number>()
    let most = 0
    const nothing = (id: number): void => {
      asked.delete(id)
      peer.send.end.send({ id, roots: [], length: 0, signature: Buffer.alloc(0) })
    }
    peer.onmessage = (name, value) => {
      if (name !== 'want') return
      const { id, max } = value as { id: number; max: number }
      asked.set(id, max)
      most = Math.max(
        most,
        [...asked.values()].reduce((sum, bytes) => sum + bytes, 0),
      )
      if (max <= 8 * MB) nothing(id)
    }
    peer.send.open.send({ tag, kind: 1 })
    const spans = [{ from: 0, to: 2 ** 20 }]
    const claimed = many.map(({ key, manifest }) => ({ key, manifest, spans }))
    peer.send.heads.send({ tag, logs: claimed })
    await until('the longest want', () => [...asked.values()].includes(32 * MB))
    for (let id = 1; id <= 3; id++) {
      peer.send.want.send({ id, tag, key: KEY, from: 0, max: 1 })
      await until('an answer', () => peer.said('end').length === id)
    }
    expect(most).toBeLessThanOrEqual(48 * MB)
    await leave()
    await street.close()
  })

  test('a member that asks for all again and again is dropped', async () => {
    const street = new MirrorStreet(systemClock)
    const cleo = await street.device('cleo')
    cleo.paired = true
    cleo.room(KEY).add(log)
    const { peer, leave } = await CraftedMirrors.come(street, 'mallory', 'cleo')
    const tag = peer.tag(KEY)
    for (let n = 0; n < 20_000 && !peer.closed; n++) {
      peer.send.ask.send({ tag })
      if (n % 200 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await peer.dropped()
    expect(cleo.ended).toEqual(['the peer said too much of mirrors'])
    await leave()
    await street.close()
  })
})
