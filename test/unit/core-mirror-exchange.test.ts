import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../core/clock.ts'
import type { Carrying } from '../../core/mirror/exchange/carrying.ts'
import type { MirrorLink } from '../../core/mirror/exchange/mirror-link.ts'
import type { Lister } from '../../core/mirror/exchange/shared-copy.ts'
import type { ListChange } from '../../core/mirror/items/item-lists.ts'
import { carryKey, mirrorId } from '../../core/mirror/mirror-keys.ts'
import { DEFAULT_QUOTA } from '../../core/mirror/policy/quota.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { MemoryCopy } from './core-mirror-copy.ts'
import { noItems } from './core-mirror-items.ts'
import { MirrorStreet, until } from './core-mirror-street.ts'
import type { Device } from './core-mirror-street.ts'
import { pairOf } from './core-people.ts'
import { SignedLogs } from './core-signed-logs.ts'
import type { SignedLog } from './core-signed-logs.ts'

const KEY = Buffer.alloc(32, 1)
const ID = mirrorId(KEY)

let logs: SignedLogs
let log: SignedLog
let other: SignedLog
let street: MirrorStreet

beforeAll(async () => {
  logs = await SignedLogs.open()
  log = await logs.author('ann', ...Array.from({ length: 60 }, () => 300))
  other = await logs.author('bob', 100, 200)
})

afterAll(() => logs.close())

beforeEach(() => {
  street = new MirrorStreet(systemClock, { latency: 2 })
})

afterEach(() => street.close())

const silent: Carrying = {
  free: 0,
  onmet: () => {},
  onparcels: () => {},
  handsOver: () => false,
  onbrought: () => {},
}

function devices(...names: string[]): Promise<Device[]> {
  return Promise.all(names.map((name) => street.device(name)))
}

/** Deposits the room, and waits until the node says that it has all of one log. */
async function stored(member: Device, node: Device, what?: SignedLog): Promise<MirrorLink> {
  const link = await street.met(member, node)
  const kept = await link.deposit(KEY, { depositor: pairOf(member.name) })
  expect(kept?.refused).toBeNull()
  const copy = member.rooms[0]!.copy as MemoryCopy
  await until('the node to say that it has all', async () => {
    const heads = await copy.heads()
    const told = link.stored(ID)
    const all = what ? heads.filter(({ key }) => key.equals(what.key)) : heads
    return all.every(({ key, spans }) => {
      return told.get(key.toString('hex'))?.at(-1)?.to === spans.at(-1)!.to
    })
  })
  return link
}

describe('the exchange', () => {
  test('R12: the sender goes before the receiver comes: the node between hands on what it can not read', async () => {
    const [ann, node, cleo] = await devices('ann', 'node', 'cleo')
    street.network.partition([['ann', 'node'], ['cleo']])
    await node!.offer()
    const room = ann!.room(KEY)
    room.add(log)
    room.add(other)
    const link = await street.met(ann!, node!)
    const kept = await link.deposit(KEY, { depositor: pairOf('ann at the node') })
    expect(kept).toMatchObject({ refused: null })
    const hex = log.key.toString('hex')
    await until(
      'the node to say that it has all',
      () => link.stored(ID).get(hex)?.at(-1)?.to === 60 && link.stored(ID).size === 2,
    )
    expect(node!.shelf.get(ID)!.end(log)).toBe(60)
    street.network.partition([['ann'], ['node', 'cleo']])
    const late = cleo!.room(KEY)
    await until('all of it', () => late.end(log) === 60 && late.end(other) === 2)
    // It goes on, while both are there.
    street.network.partition([['ann', 'node', 'cleo']])
    await until('ann', () => ann!.links.get('node')?.link.matched(ID))
    await log.grow(50)
    room.add(log)
    await until('the newest', () => late.end(log) === 61)
    expect([...ann!.logged, ...node!.logged, ...cleo!.logged]).toEqual([])
  })

  test('two nodes that hold the same bring each other what one of them lacks, and read none of it', async () => {
    const [ann, bob, one, two] = await devices('ann', 'bob', 'one', 'two')
    await one!.offer()
    await two!.offer()
    street.network.partition([
      ['ann', 'one'],
      ['bob', 'two'],
    ])
    ann!.room(KEY).add(log, 20)
    const bobs = bob!.room(KEY)
    bobs.add(other)
    await stored(ann!, one!)
    await stored(bob!, two!)
    street.network.partition([['ann'], ['bob'], ['one', 'two']])
    await until('both to have both', () =>
      [one!, two!].every(({ shelf }) => {
        return shelf.get(ID)!.end(log) === 20 && shelf.get(ID)!.end(other) === 2
      }),
    )
    street.network.partition([['ann'], ['one'], ['bob', 'two']])
    await until('bob to have what ann left', () => bobs.end(log) === 20)
    // What came by another way than its depositor is not counted to them.
    const { key } = { key: pairOf('bob').publicKey }
    const address = two!.links.get('bob')!.link.address
    const free = two!.holder!.free({ depositor: key, address, paired: false })
    expect(DEFAULT_QUOTA.depositor - free).toBeLessThan(6_000)
  })

  test('a room that learns late which logs are its own has what it left aside', async () => {
    const [ann, node, cleo] = await devices('ann', 'node', 'cleo')
    await node!.offer()
    street.network.partition([['ann', 'node'], ['cleo']])
    const room = ann!.room(KEY)
    room.add(log, 10)
    room.add(other)
    await stored(ann!, node!)
    const late = cleo!.room(KEY)
    late.knows = new Set([other.key.toString('hex')])
    street.network.partition([['ann'], ['node', 'cleo']])
    await until('what it knows', () => late.end(other) === 2)
    expect(late.end(log)).toBe(0)
    late.knows.add(log.key.toString('hex'))
    late.changed()
    await until('what it knows since', () => late.end(log) === 10)
  })

  test('a join statement goes from the node once a member says that it is over', async () => {
    const [ann, node, bea] = await devices('ann', 'node', 'bea')
    await node!.offer()
    node!.paired = true
    street.network.partition([['ann'], ['node', 'bea']])
    const theirs = bea!.room(KEY)
    theirs.add(log)
    await stored(bea!, node!)
    theirs.statements.push(Buffer.from('let me in'))
    theirs.changed()
    await until('the node to have it', () => node!.shelf.get(ID)!.statements.length === 1)
    const room = ann!.room(KEY)
    room.add(log)
    Object.assign(room, { over: (statements: readonly Buffer[]) => statements })
    street.network.partition([['bea'], ['ann', 'node']])
    await stored(ann!, node!)
    await until('a member to have it', () => room.statements.length === 1)
    await until('the node to let go of it', () => node!.shelf.get(ID)!.statements.length === 0)
    expect(node!.logged).toEqual([])
  })

  test('join statements wait at the node, items that are to be kept are named there', async () => {
    const [ann, node, joiner] = await devices('ann', 'node', 'joiner')
    await node!.offer()
    street.network.partition([['ann', 'node'], ['joiner']])
    const room = ann!.room(KEY)
    room.wanted.push({ root: Buffer.alloc(32, 5), size: 70_000, chunk: 65_536 })
    room.add(log, 10)
    const named: unknown[] = []
    const list = (id: string, { key, node: other }: Lister, change: ListChange): void =>
      void named.push({ id, key, other, change })
    node!.holder!.items = { ...noItems, list }
    await stored(ann!, node!)
    await until('the items to be named', () => named.length === 1)
    const change = { fresh: true, list: room.wanted, gone: [] }
    expect(named).toEqual([{ id: ID, key: pairOf('ann').publicKey, other: false, change }])
    street.network.partition([['ann'], ['node', 'joiner']])
    const theirs = joiner!.room(KEY)
    theirs.statements.push(Buffer.from('let me in'))
    theirs.changed()
    await until('the node to have it', () => node!.shelf.get(ID)!.statements.length === 1)
    street.network.partition([['ann', 'node'], ['joiner']])
    await until('a member to have it', () => room.statements.length === 1)
    expect(room.statements[0]!.toString()).toBe('let me in')
  })

  test('what is left or withdrawn is neither told nor given any more', async () => {
    const [ann, node] = await devices('ann', 'node')
    await node!.offer()
    const room = ann!.room(KEY)
    room.add(log, 10)
    const link = await stored(ann!, node!)
    expect([room.watchers, node!.link(ann!).matched(ID)]).toEqual([1, true])
    link.forget(KEY, { depositor: pairOf('ann') })
    await until('the node to have deleted it', () => node!.shelf.kept.size === 0)
    await until('both to know', () => link.kept(ID) === null && link.stored(ID).size === 0)
    ann!.rooms.length = 0
    ann!.exchange.changed()
    await until('nothing to be in common', () => !link.matched(ID))
    expect(room.watchers).toBe(0)
  })

  test('a room that is left and entered again is exchanged again, over the same link', async () => {
    const [ann, node] = await devices('ann', 'node')
    await node!.offer()
    ann!.room(KEY).add(log, 10)
    const link = await stored(ann!, node!)
    ann!.rooms.length = 0
    ann!.exchange.changed()
    await until('nothing to be in common', () => !link.matched(ID))
    await until('the node to know', () => node!.link(ann!).theirs(ID) === null)
    const again = ann!.room(KEY)
    await until('what the node held', () => again.end(log) === 10)
    again.add(log, 15)
    await until('what is new', () => node!.shelf.get(ID)!.end(log) === 15)
    expect(ann!.links.get('node')!.link).toBe(link)
  })

  test('a node that is in a room itself holds no mirror of it, and says so', async () => {
    const [ann, node] = await devices('ann', 'node')
    await node!.offer()
    ann!.room(KEY).add(log, 10)
    node!.room(KEY)
    const link = await street.met(ann!, node!)
    expect(await link.deposit(KEY, { depositor: pairOf('ann') })).toMatchObject({
      refused: 'member',
    })
    expect(node!.shelf.kept.size).toBe(0)
  })

  test('a log that has no signature but its last goes as one, however long it is', async () => {
    const long = await logs.author('control', ...Array.from({ length: 80 }, () => 120_000))
    const [ann, node] = await devices('ann', 'node')
    await node!.offer()
    const room = ann!.room(KEY)
    room.add(long)
    await stored(ann!, node!, long)
    expect(node!.shelf.get(ID)!.end(long)).toBe(80)
    expect(node!.ended).toEqual([])
  })

  test('what is offered to be carried goes by the carriers’ key, only where it was offered, and comes back to a room', async () => {
    const [ann, carrier, bob] = await devices('ann', 'carrier', 'bob')
    street.network.partition([['ann', 'carrier'], ['bob']])
    const key = carryKey(KEY)
    const room = ann!.room(KEY)
    room.add(log, 10)
    room.add(other)
    const bag = new MemoryCopy(mirrorId(key), 'carry')
    const offered = new Set<string>([log.key.toString('hex')])
    ann!.carrying = { ...silent, handsOver: (_, __, one) => offered.has(one.toString('hex')) }
    carrier!.carrying = {
      ...silent,
      free: 1_000_000,
      onparcels: (link, parcels) => {
        carrier!.rooms.push({ key: parcels.key, scope: 'carry', kind: 'carried', copy: bag })
        carrier!.exchange.changed()
        link.take(parcels)
      },
    }
    carrier!.exchange.changed()
    const link = await until('the two to meet', () => {
      const found = ann!.links.get('carrier')?.link
      return found?.carries === 1_000_000 ? found : undefined
    })
    const named = ({ key: name, manifest, blocks }: SignedLog, to = blocks.length) => {
      return { key: name, manifest, spans: [{ from: 0, to }], copies: 4, bytes: 3_000 }
    }
    // One of them is named and not handed over.
    link.offer({ key, logs: [named(log, 10), named(other)], until: 0, regular: 0 })
    await until('the carrier to have it', () => bag.end(log) === 10)
    expect(bag.end(other)).toBe(0)
    street.network.partition([['ann'], ['carrier', 'bob']])
    const theirs = bob!.room(KEY)
    await until('bob to have it', () => theirs.end(log) === 10)
    // Nothing of a room goes to a carrier by itself.
    theirs.add(other)
    await log.grow(20)
    theirs.add(log)
    expect(bob!.link(carrier!).theirs(mirrorId(key))).toBe('carried')
    expect([bag.end(log), bag.end(other)]).toEqual([10, 0])
  })
})

describe('in time that is counted', () => {
  test('the sender gone, messages are with the receiver within a second of the link, and new ones soon after', async () => {
    const clock = new VirtualClock()
    const slow = new MirrorStreet(clock, { latency: 40 })
    try {
      const [ann, node, cleo] = [
        await slow.device('ann'),
        await slow.device('node'),
        await slow.device('cleo'),
      ]
      slow.network.partition([['ann', 'node'], ['cleo']])
      await node.offer()
      const room = ann.room(KEY)
      room.add(log, 20)
      room.add(other)
      await clock.runUntil(
        () => ann.links.get('node')?.link.node !== null && ann.links.size > 0,
        60_000,
      )
      const link = ann.link(node)
      void link.deposit(KEY, { depositor: pairOf('ann') })
      await clock.runUntil(() => link.stored(ID).size === 2, 60_000)
      slow.network.partition([['ann'], ['node'], ['cleo']])
      const late = cleo.room(KEY)
      await clock.run(1_000)
      slow.network.partition([['ann'], ['node', 'cleo']])
      await clock.runUntil(() => cleo.links.size === 1, 60_000)
      const linked = clock.monotonic()
      await clock.runUntil(() => late.end(log) === 20 && late.end(other) === 2, 60_000)
      expect([late.end(log), late.end(other)]).toEqual([20, 2])
      expect(clock.monotonic() - linked).toBeLessThan(1_000)
      slow.network.partition([['ann', 'node', 'cleo']])
      await clock.runUntil(() => ann.links.get('node')?.link.theirs(ID) === 'held', 60_000)
      await clock.run(2_000)
      slow.network.partition([['ann', 'node'], ['cleo']])
      slow.network.partition([['ann', 'node', 'cleo']])
      await clock.run(5_000)
      room.add(log, 25)
      const wrote = clock.monotonic()
      await clock.runUntil(() => late.end(log) === 25, 60_000)
      expect(late.end(log)).toBe(25)
      expect(clock.monotonic() - wrote).toBeLessThan(1_000)
    } finally {
      await slow.close()
    }
  })
})
