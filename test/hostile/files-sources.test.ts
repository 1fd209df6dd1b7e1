import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { CHUNK, MANIFEST } from '../../core/files/swarm/messages.ts'
import { seededRandom } from '../../core/random.ts'
import type { FileOffer } from '../../core/room/messages/file-payload.ts'
import { until } from '../compliance/until.ts'
import { link } from '../fault/nodes.ts'
import type { Answer, CraftedSource } from './crafted-files.ts'
import type { CraftedItem } from './crafted-item.ts'
import { fetchNothing, idOf, Mallory, shown } from './file-street.ts'
import type { Doors } from './file-street.ts'
import { Street } from './street.ts'

const random = seededRandom(Number(process.env.HOSTILE_SEED ?? 21))
const SIZE = 3_000_000

let street: Street
const doors: Doors = new Map()
const all: Mallory[] = []

beforeAll(async () => {
  street = await Street.open()
  await fetchNothing(street.victim, street.friend)
})

afterEach(async () => {
  await street.friend.call('resume')
  await link(street.victim, street.friend)
  await street.expectPeace()
})

afterAll(async () => {
  for (const mallory of all) await mallory.close()
  await street.close()
})

async function join(): Promise<Mallory> {
  const mallory = await Mallory.join(street, `mallory ${all.length}`, random, doors)
  all.push(mallory)
  return mallory
}

/** Members that do nothing for which they are left alone later: one test after the other has the same. */
const blameless: Promise<Mallory>[] = []

function unblamed(nth: number): Promise<Mallory> {
  return (blameless[nth] ??= join())
}

function altered(right: Buffer): Buffer {
  const wrong = Buffer.from(right)
  wrong[wrong.byteLength >> 1]! ^= 1
  return wrong
}

interface Bad {
  readonly answer: Answer
  /** How it gives out what it gives. */
  readonly manner?: (source: CraftedSource) => void
  /** What tells that it did. */
  readonly done: (source: CraftedSource) => boolean
  /** It is asked for nothing from then on. */
  readonly caught?: true
}

const wrong = (): boolean => street.victim.logged.includes('file-wrong-bytes')

const bad: Record<string, Bad> = {
  'chunks of which each is wrong': {
    answer: ({ what }, right) => (what === CHUNK ? altered(right) : right),
    done: wrong,
    caught: true,
  },
  'one wrong chunk among right ones': {
    answer: ({ what, index }, right, { wanted }) =>
      what === CHUNK && index === wanted[5] ? altered(right) : right,
    done: wrong,
    caught: true,
  },
  'a wrong manifest': {
    answer: ({ what }, right) => (what === MANIFEST ? altered(right) : right),
    done: () => true,
    caught: true,
  },
  'nine tenths and then nothing': {
    answer: (_, right, { wanted, count }) => (wanted.length > 0.9 * count ? null : right),
    done: ({ wanted, count }) => wanted.length > 0.9 * count,
  },
  'a manifest and refusals': {
    answer: ({ what }, right) => (what === MANIFEST ? right : 'none'),
    done: ({ wanted, count }) => wanted.length >= count,
  },
  'word that it is busy, without end': {
    answer: ({ what }, right) => (what === MANIFEST ? right : 'busy'),
    done: ({ wanted }) => wanted.length > 0,
  },
  'a byte now and then': {
    answer: (_, right) => right,
    manner(source) {
      source.piece = 1
      source.every = 20
    },
    done: () => true,
  },
}

/** Neither in its session nor in another one is it asked for anything. */
async function expectNoTrust(
  mallory: Mallory,
  item: CraftedItem,
  { peer, tag, source }: Awaited<ReturnType<Mallory['serve']>>,
): Promise<void> {
  const { victim, room } = street
  await shown(victim, room, idOf(item), ({ reason }) => reason === 'damaged')
  // What was asked before is still on its way until something later has come.
  const heard = peer.said('ping').length
  await until('later pings', () => peer.said('ping').length > heard + 1)
  const { length } = source.wanted
  peer.files.has(tag, item.ref.root, 'all')
  const again = await mallory.serve(victim, item)
  await until('two pings', () => again.peer.said('ping').length > 1)
  expect([source.wanted.length, again.source.wanted.length]).toEqual([length, 0])
  again.peer.leave()
}

test.each(Object.keys(bad))('a source that gives %s holds up nobody', async (name) => {
  const { victim, friend, room } = street
  const { answer, manner, done, caught } = bad[name]!
  victim.logged.length = 0
  // Whoever is caught is asked for nothing for an hour.
  const mallory = await (caught ? join() : unblamed(0))
  const item = mallory.craft(SIZE)
  const id = idOf(item)
  await mallory.offer(item)
  // The friend got it while the source was as it should be.
  const before = await mallory.serve(friend, item)
  await shown(friend, room, id)
  await friend.call('files.get', room, id)
  before.peer.leave()
  await shown(victim, room, id)
  await friend.call('offline')

  const { peer, tag, source } = await mallory.serve(victim, item, answer)
  manner?.(source)
  await victim.call('files.fetch', room, id)
  await until('the source to do it', () => done(source))
  if (caught) await expectNoTrust(mallory, item, { peer, tag, source })
  await friend.call('resume')
  await link(victim, friend)
  const { path } = await shown(victim, room, id, ({ state }) => state === 'complete')
  expect((await readFile(path!)).equals(item.stream)).toBe(true)
  peer.leave()
  await victim.call('files.remove', room, id)
})

test('a get from a source that lies alone ends with the reason', async () => {
  const { victim, room } = street
  const mallory = await join()
  const item = mallory.craft(SIZE)
  await mallory.offer(item)
  const { peer } = await mallory.serve(victim, item, bad['chunks of which each is wrong']!.answer)
  await shown(victim, room, idOf(item))
  await expect(victim.call('files.get', room, idOf(item))).rejects.toMatchObject({
    code: 'DAMAGED',
  })
  peer.leave()
})

describe('an offer of another’s file that is not as its author said', () => {
  const forged: Record<string, Partial<FileOffer>> = {
    'another key': { key: random.bytes(32) },
    'a table of contents': { contents: 500, files: 3 },
    'another size': { size: SIZE + 1 },
    'another size, and a friend who says to have it,': { size: SIZE + 1 },
    'another key and a table of contents': { key: random.bytes(32), contents: 70_000, files: 2 },
  }

  test.each(Object.keys(forged))('with %s stands in nobody’s way', async (name) => {
    const { victim, friend, room } = street
    for (const node of [victim, friend]) node.logged.length = 0
    const [ann, mallory] = [await unblamed(0), await unblamed(1)]
    const item = ann.craft(SIZE)
    const id = idOf(item)
    // Its time is later than that of the forged one, which the room shows first.
    await ann.log.say('one', 'two', 'three')
    await ann.offer(item, { name: 'true' })
    await mallory.offer(item, { name: 'forged', ...forged[name] })
    const posing = name.includes('friend')
      ? await mallory.serve(victim, item, () => null)
      : await mallory.dial(victim)
    const first = await shown(victim, room, id)
    expect(first.name).toBe('forged')
    const served = [await ann.serve(victim, item), await ann.serve(friend, item)]
    await until('both offers', async () => {
      const { messages } = await victim.ask('messages', room, { limit: 500 })
      return messages.filter(({ file }) => file?.id === id).length === 2
    })
    for (const node of [victim, friend]) {
      await shown(node, room, id)
      const { path } = await node.call<{ path: string }>('files.get', room, id)
      expect((await readFile(path)).equals(item.stream)).toBe(true)
      // The honest source did nothing wrong.
      expect(node.logged).not.toContain('file-wrong-bytes')
    }
    for (const { peer } of [posing, ...served]) peer.leave()
  })
})
