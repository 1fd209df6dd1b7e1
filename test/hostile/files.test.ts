import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileView } from '../../core/files/api.ts'
import { CHUNK, MAX_ROOTS, MAX_RUNS } from '../../core/files/swarm/messages.ts'
import { seededRandom } from '../../core/random.ts'
import { until } from '../compliance/until.ts'
import type { CraftedItem } from './crafted-item.ts'
import { CraftedPeer } from './crafted-peer.ts'
import { fetchNothing, idOf, Mallory, shown } from './file-street.ts'
import type { Doors } from './file-street.ts'
import { dialAs, dialRoom, stolenFrom } from './stolen-membership.ts'
import { Street } from './street.ts'

const random = seededRandom(Number(process.env.HOSTILE_SEED ?? 22))
const GROWTH_MB = 30
const MANY = 65_536

let street: Street
let mallory: Mallory
/** Small, and wanted by the victim of whoever says that it has it. */
let item: CraftedItem
/** As many chunks as an item can have; a claim alone. */
let giant: CraftedItem
const doors: Doors = new Map()

beforeAll(async () => {
  street = await Street.open()
  const { victim, friend, room } = street
  await fetchNothing(victim, friend)
  mallory = await Mallory.join(street, 'mallory', random, doors)
  item = mallory.craft(3_000_000)
  const claim = { size: MANY * 65_536, chunk: 65_536, root: random.bytes(32) }
  giant = { ...item, ref: { ...item.ref, ...claim } }
  await mallory.offer(item)
  await mallory.offer(giant)
  const { peer } = await mallory.dial(victim)
  for (const { ref } of [item, giant]) {
    await shown(victim, room, idOf({ ref }))
    await victim.call('files.fetch', room, idOf({ ref }))
  }
  peer.leave()
})

afterEach(() => street.expectPeace())

afterAll(async () => {
  await mallory.close()
  await street.close()
})

/** A session of the member in which the victim has asked about both items. */
async function asked(): Promise<{ peer: CraftedPeer; tag: Buffer }> {
  const { peer, tag } = await mallory.dial(street.victim)
  for (const { ref } of [item, giant]) {
    await until('the victim to ask', () =>
      peer.files.said('ask').some(({ roots }) => roots.some((root) => root.equals(ref.root))),
    )
  }
  return { peer, tag }
}

type Breach = (peer: CraftedPeer, tag: Buffer) => void

/** Has the victim want the manifest, under a grant of at least so many bytes; then `answer` it. */
function wanted(answer: (peer: CraftedPeer, id: number, limit: number) => void): Breach {
  return (peer, tag) => {
    peer.files.onheard((name, value) => {
      if (name !== 'want') return
      const { id } = value as { id: number }
      const limit = peer.files.said('grant').at(-1)?.limit ?? 0
      answer(peer, id, limit)
    })
    peer.files.has(tag, item.ref.root, 'all')
  }
}

const breaches: Record<string, Breach> = {
  'wants beyond the limit': (peer, tag) => {
    for (let id = 1; id <= 65; id++) {
      const { root } = item.ref
      peer.files.send.want.send({ id, tag, root, what: CHUNK, index: 0, offset: 0 })
    }
  },
  'a grant that goes back': (peer) => {
    peer.files.send.grant.send({ limit: 10_000 })
    peer.files.send.grant.send({ limit: 9_999 })
  },
  'questions about more items than one may ask of': (peer, tag) => {
    for (let i = 0; i < 2; i++) {
      const roots = Array.from({ length: MAX_ROOTS - 100 }, () => random.bytes(32))
      peer.files.send.ask.send({ tag, roots })
    }
  },
  'pieces that were not granted': (peer) => {
    peer.files.send.piece.send({ id: 1, data: random.bytes(1_000) })
  },
  'a piece that is longer than what was wanted': wanted((peer, id, limit) => {
    peer.files.send.piece.send({ id, data: random.bytes(Math.min(limit, 60_000)) })
  }),
  'empty pieces': wanted((peer, id) => {
    peer.files.send.piece.send({ id, data: Buffer.alloc(0) })
  }),
  'pieces that nobody wanted, under the grant for others': wanted((peer) => {
    for (let id = 1_000; id < 1_200; id++) {
      peer.files.send.piece.send({ id, data: random.bytes(10) })
    }
  }),
  'endless refusals': (peer) => {
    for (let id = 1; id < 1_000; id++) peer.files.send.refuse.send({ id, reason: 0 })
  },
  'a bitfield that is too short': (peer, tag) => {
    peer.files.has(tag, item.ref.root, 'some', Buffer.alloc(3, 0xff))
  },
  'a bitfield that is too long': (peer, tag) => {
    peer.files.has(tag, item.ref.root, 'some', Buffer.alloc(8_192, 0xff))
  },
  'bits beside "all"': (peer, tag) => {
    peer.files.has(tag, item.ref.root, 'all', Buffer.alloc(6, 0xff))
  },
  'runs that overlap': (peer, tag) => {
    const { root } = giant.ref
    peer.files.has(tag, root, 'some', Buffer.alloc(MANY / 8))
    const runs = Array.from({ length: MAX_RUNS }, () => ({ from: 0, count: MANY }))
    peer.files.send.gained.send({ tag, root, runs })
  },
  'runs beyond the end': (peer, tag) => {
    const { root } = giant.ref
    peer.files.has(tag, root, 'some', Buffer.alloc(MANY / 8))
    peer.files.send.gained.send({ tag, root, runs: [{ from: MANY - 1, count: 2 }] })
  },
  'news without end of what nobody asked about': (peer, tag) => {
    for (let i = 0; i < 2_000; i++) peer.files.has(tag, random.bytes(32), 'all')
  },
  'words for rooms that are none': (peer) => {
    for (let i = 0; i < 2_000; i++) {
      peer.files.send.ask.send({ tag: random.bytes(16), roots: [random.bytes(32)] })
    }
  },
  'what is no message': (peer) => {
    for (let type = 0; type < 9; type++) peer.rawFiles(type, random.bytes(30))
  },
}

describe('a member that breaks the rules for files loses the session, and nobody else anything', () => {
  test.each(Object.keys(breaches))('%s', async (name) => {
    const { peer, tag } = await asked()
    breaches[name]!(peer, tag)
    await peer.dropped()
    expect(peer.closed).toBe(true)
  })
})

test('floods of what one may say hold up nobody', async () => {
  const { peer, tag } = await asked()
  const runs = Array.from({ length: MAX_RUNS }, (_, n) => ({ from: n * 256, count: 255 }))
  const flood = async (): Promise<void> => {
    for (let i = 0; i < 300; i++) {
      for (const { ref } of [item, giant]) {
        const bits = Buffer.alloc(Math.ceil(ref.size / ref.chunk / 8))
        peer.files.has(tag, ref.root, i % 2 ? 'none' : 'some', i % 2 ? Buffer.alloc(0) : bits)
      }
      peer.files.send.gained.send({ tag, root: giant.ref.root, runs })
      const roots = Array.from({ length: 200 }, () => random.bytes(32))
      peer.files.send.ask.send({ tag, roots })
      peer.files.send.forget.send({ tag, roots })
    }
    await street.expectPeace()
  }
  await flood()
  // What the first took at once is used again.
  expect(await street.growth(flood)).toBeLessThan(GROWTH_MB)
  peer.leave()
})

test('wants that are taken back again and again, or never granted, cost no memory', async () => {
  const { victim, room } = street
  // Something that the victim has, and the member knows.
  const mine = mallory.craft(6_000_000)
  await mallory.offer(mine)
  const served = await mallory.serve(victim, mine)
  await shown(victim, room, idOf(mine))
  await victim.call('files.get', room, idOf(mine))
  served.peer.leave()
  const flood = async (): Promise<void> => {
    const eaters = []
    for (let i = 0; i < 6; i++) {
      const { peer, tag } = await mallory.dial(victim)
      eaters.push(peer)
      expect(await peer.files.ask(tag, mine.ref.root)).toBe('all')
      peer.files.send.grant.send({ limit: i % 2 ? 0 : 2 ** 40 })
      peer.socket.pause()
      for (let id = 1; id < 10_000; id += 60) {
        const ids = Array.from({ length: 60 }, (_, n) => id + n)
        for (const one of ids) {
          const want = { id: one, what: CHUNK, index: one % 20, offset: 0 }
          peer.files.send.want.send({ tag, root: mine.ref.root, ...want })
        }
        peer.files.send.cancel.send({ ids })
      }
    }
    await street.expectPeace()
    for (const peer of eaters) peer.leave()
  }
  await flood()
  // What they want would be 4 GB.
  expect(await street.growth(flood)).toBeLessThan(2 * GROWTH_MB)
})

describe('who is no member of the room', () => {
  test('gets nothing as a stranger, and is dropped', async () => {
    const peer = await CraftedPeer.dial(await doors.get(street.victim)!)
    await expectNothing(peer, random.bytes(16))
    await flood(peer, random.bytes(16))
  })

  test('gets nothing as one who knows the room’s secret, and is dropped', async () => {
    const door = await doors.get(street.victim)!
    const { peer, tag } = await dialRoom(door, mallory.member.record)
    await expectNothing(peer, tag)
    await flood(peer, tag)
  })

  /** It asks and wants in vain: of an item of the room and of none alike. */
  async function expectNothing(peer: CraftedPeer, tag: Buffer): Promise<void> {
    const { victim, room } = street
    const [own] = (await victim.call<FileView[]>('files.list', room)).filter(
      ({ state }) => state === 'complete',
    )
    expect(own).toBeDefined()
    peer.files.send.grant.send({ limit: 2 ** 40 })
    for (const root of [item.ref.root, random.bytes(32)]) {
      peer.files.send.ask.send({ tag, roots: [root] })
      peer.files.send.want.send({ id: 1, tag, root, what: CHUNK, index: 0, offset: 0 })
    }
    await until('two pings', () => peer.closed || peer.said('ping').length > 1)
    for (const name of ['has', 'gained', 'piece', 'ask', 'want'] as const) {
      expect(peer.files.said(name)).toEqual([])
    }
  }

  async function flood(peer: CraftedPeer, tag: Buffer): Promise<void> {
    for (let i = 0; i < 5_000 && !peer.closed; i++) {
      peer.files.send.ask.send({ tag, roots: [random.bytes(32)] })
    }
    await peer.dropped()
  }
})

describe('an item of another room', () => {
  let member: Awaited<ReturnType<typeof stolenFrom>>
  let elsewhere: typeof member
  let other: string
  let secret: CraftedItem

  beforeAll(async () => {
    const { victim } = street
    other = (await victim.ask('createRoom', 'Other')).id
    const both = await street.join('both')
    await both.ask('join', await victim.ask('invite', other))
    await until('both rooms', async () => {
      return (await both.ask('rooms')).filter(({ state }) => state === 'joined').length === 2
    })
    await both.close()
    member = await stolenFrom(join(street.dir, 'both'), random)
    elsewhere = await stolenFrom(join(street.dir, 'both'), random, 1)
    const there = await Mallory.of(street, 'both', elsewhere, random, doors)
    secret = there.craft(500_000)
    await there.offer(secret)
    const { peer } = await there.serve(victim, secret)
    await shown(victim, other, idOf(secret))
    await victim.call('files.get', other, idOf(secret))
    peer.leave()
    await there.close()
  })

  test('is neither given out nor spoken of in this one, whoever names it there', async () => {
    const { victim, room } = street
    const door = await doors.get(victim)!
    // In its own room it is given.
    const inside = await dialAs(door, elsewhere)
    expect(await inside.peer.files.ask(inside.tag, secret.ref.root)).toBe('all')
    expect(await inside.peer.files.want(inside.tag, secret.ref.root, 1)).toBeInstanceOf(Buffer)
    inside.peer.leave()

    const here = await dialAs(door, member)
    expect(await here.peer.files.ask(here.tag, secret.ref.root)).toBe('none')
    expect(await here.peer.files.want(here.tag, secret.ref.root, 1)).toBe('none')
    const poser = await Mallory.of(street, 'poser', member, random, doors)
    await poser.offer(secret)
    const served = await poser.dial(victim)
    await shown(victim, room, idOf(secret))
    expect(await served.peer.files.ask(served.tag, secret.ref.root)).toBe('none')
    // Nor when a person opens it there.
    await victim.call('files.fetch', room, idOf(secret)).catch(() => {})
    expect(await served.peer.files.ask(served.tag, secret.ref.root)).toBe('none')
    expect(await served.peer.files.want(served.tag, secret.ref.root, 1, CHUNK)).toBe('none')
    for (const peer of [here.peer, served.peer]) peer.leave()
    await poser.close()
  })

  test('is given to nobody who was removed from it, though they know its name and key', async () => {
    const { victim } = street
    const door = await doors.get(victim)!
    const { peer, tag } = await dialAs(door, elsewhere)
    expect(await peer.files.ask(tag, secret.ref.root)).toBe('all')
    const person = member.keys.person.toString('hex')
    await victim.ask('moderate', other, person, { act: 'remove' })
    await peer.dropped()
    const again = await dialRoom(door, elsewhere.record)
    again.peer.files.send.grant.send({ limit: 2 ** 40 })
    again.peer.files.send.ask.send({ tag: again.tag, roots: [secret.ref.root] })
    const want = { id: 1, tag: again.tag, root: secret.ref.root, what: CHUNK, index: 0, offset: 0 }
    again.peer.files.send.want.send(want)
    await until('two pings', () => again.peer.closed || again.peer.said('ping').length > 1)
    expect([again.peer.files.said('has'), again.peer.files.said('piece')]).toEqual([[], []])
    again.peer.leave()
  })
})

describe('an offer of what can not be', () => {
  test.each([
    { size: 0 },
    { size: Number.MAX_SAFE_INTEGER },
    { chunk: 1 },
    { chunk: 2 ** 40 },
    { contents: 2 ** 40, files: 3 },
    { contents: 100, files: 0 },
    { files: 7 },
    { name: '' },
    { name: 'x'.repeat(5_000) },
    { type: 'text/html\r\nset-cookie: a=b' },
    { preview: { image: Buffer.from('<svg onload=alert(1)>'), width: 9, height: 9 } },
  ])('%j is shown as no file, and its log goes on', async (claim) => {
    const { victim, room } = street
    const bogus = { ref: { ...item.ref, root: random.bytes(32) } }
    const good = { ref: { ...item.ref, root: random.bytes(32) } }
    await mallory.offer(bogus, claim)
    await mallory.offer(good)
    const { peer } = await mallory.dial(victim)
    await shown(victim, room, idOf(good))
    const ids = (await victim.call<FileView[]>('files.list', room)).map(({ id }) => id)
    expect(ids).not.toContain(idOf(bogus))
    peer.leave()
  })
})

test('a file of the disk that is no file is not sent', async () => {
  const path = join(street.dir, 'plain.txt')
  await writeFile(path, 'x')
  const { victim, room } = street
  for (const special of ['/dev/zero', '/dev/null']) {
    await expect(victim.call('files.send', room, special)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
  }
  await expect(victim.call('files.send', room, join(street.dir, 'none'))).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
})
