/** Holders and depositors that lie about what they have, and ask for too much. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { systemClock } from '../../core/clock.ts'
import { mirrorId } from '../../core/mirror/mirror-keys.ts'
import type { MemoryCopy } from '../unit/core-mirror-copy.ts'
import type { Device } from '../unit/core-mirror-street.ts'
import { MirrorStreet, until } from '../unit/core-mirror-street.ts'
import { pairOf } from '../unit/core-people.ts'
import { SignedLogs } from '../unit/core-signed-logs.ts'
import type { SignedLog } from '../unit/core-signed-logs.ts'
import { CraftedMirrors } from './crafted-mirrors.ts'

const KEY = Buffer.alloc(32, 4)
const LENGTH = 30

interface Want {
  id: number
  key: Buffer
  from: number
  max: number
}

let logs: SignedLogs
let log: SignedLog
let other: SignedLog
let street: MirrorStreet
let cleo: Device
let room: MemoryCopy
let peer: CraftedMirrors
let leave: () => Promise<void>

beforeAll(async () => {
  logs = await SignedLogs.open()
  log = await logs.author('ann', ...Array.from({ length: LENGTH }, () => 500))
  other = await logs.author('bob', ...Array.from({ length: LENGTH }, () => 500))
})

afterAll(() => logs.close())

/** A peer that says it holds the room’s mirror, and does with wants what a test says. */
beforeEach(async () => {
  street = new MirrorStreet(systemClock)
  cleo = await street.device('cleo')
  room = cleo.room(KEY)
  ;({ peer, leave } = await CraftedMirrors.come(street, 'mallory', 'cleo'))
  peer.show(KEY)
  await peer.hears('open')
  peer.send.open.send({ tag: peer.tag(KEY), kind: 1 })
})

afterEach(async () => {
  await leave()
  await street.close()
})

function answer(how: (want: Want) => void): void {
  peer.onmessage = (name, value) => {
    if (name === 'want') how(value as Want)
  }
}

function claim(what: SignedLog, to: number): void {
  const { key, manifest } = what
  peer.send.heads.send({ tag: peer.tag(KEY), logs: [{ key, manifest, spans: [{ from: 0, to }] }] })
}

function serve(what: SignedLog, { id, from }: Want, blocks = what.blocks.slice(from)): void {
  const { roots, signature } = what.range(from)
  peer.send.blocks.send({ id, blocks: [...blocks] })
  peer.send.end.send({ id, roots: [...roots], length: from + blocks.length, signature })
}

/** An honest node with all of it. */
async function honest(): Promise<void> {
  const ann = await street.device('ann')
  const node = await street.device('node')
  street.network.partition([
    ['ann', 'node'],
    ['cleo', 'mallory'],
  ])
  await node.offer()
  const theirs = ann.room(KEY)
  theirs.add(log)
  theirs.add(other)
  const link = await street.met(ann, node)
  await link.deposit(KEY, { depositor: pairOf('ann') })
  await until('the node to have it', () => node.shelf.get(mirrorId(KEY))?.end(other) === LENGTH)
  street.network.partition([['ann'], ['node', 'cleo', 'mallory']])
}

test('A19: what was altered is not stored, its sender not asked again, and dropped when it goes on', async () => {
  const asked: string[] = []
  answer((want) => {
    asked.push(want.key.toString('hex'))
    serve(log, want, [Buffer.from('altered'), ...log.blocks.slice(1)])
  })
  claim(log, LENGTH)
  await until('the first false range', () => cleo.logged.length > 0)
  claim(other, LENGTH)
  claim(log, LENGTH + 5)
  await honest()
  await until('all of it, from elsewhere', () => {
    return room.end(log) === LENGTH && room.end(other) === LENGTH
  })
  expect(asked).toEqual([log.key.toString('hex')])
  const said = [...room.logs.values()].flatMap((ranges) => ranges.flatMap(({ blocks }) => blocks))
  expect(said.some((block) => block.equals(Buffer.from('altered')))).toBe(false)
})

test('A19: what is sent again, or in another place, changes nothing', async () => {
  room.add(log, 10)
  answer(({ id }) => {
    // The front once more, where what follows was asked for.
    const { blocks, roots, signature } = log.range(0, 10)
    peer.send.blocks.send({ id, blocks: [...blocks] })
    peer.send.end.send({ id, roots: [...roots], length: 20, signature })
  })
  claim(log, LENGTH)
  await until('the false range', () => cleo.logged.length > 0)
  expect(room.end(log)).toBe(10)
  await honest()
  await until('the rest', () => room.end(log) === LENGTH)
  expect(room.logs.get(log.key.toString('hex'))!.flatMap(({ blocks }) => blocks)).toEqual(
    log.blocks,
  )
})

test('A19: what is withheld is late, and comes from elsewhere', async () => {
  const held: Want[] = []
  answer((want) => held.push(want))
  claim(log, LENGTH)
  claim(other, LENGTH)
  await until('both wants', () => held.length === 2)
  await honest()
  await until('all of it', () => room.end(log) === LENGTH && room.end(other) === LENGTH)
  // Too late, and still true: it does no harm.
  for (const want of held) serve(want.key.equals(log.key) ? log : other, want)
  claim(log, LENGTH)
  expect(peer.closed).toBe(false)
})

test('a length that can not be served is asked for a few times, and then left alone', async () => {
  const wants: Want[] = []
  answer((want) => {
    wants.push(want)
    peer.send.end.send({ id: want.id, roots: [], length: 0, signature: Buffer.alloc(0) })
  })
  claim(log, 2 ** 40)
  await until('a few wants', () => wants.length >= 3)
  for (let n = 0; n < 50; n++) claim(log, 2 ** 40 + n)
  await honest()
  await until('what there is, from elsewhere', () => room.end(log) === LENGTH)
  expect(wants.length).toBeLessThanOrEqual(8)
  expect(wants.every(({ from, max }) => from === 0 && max <= 32 * 1024 * 1024)).toBe(true)
})

test('more than was asked for, and what nobody asked for, ends with the connection', async () => {
  peer.send.blocks.send({ id: 77, blocks: [Buffer.alloc(1_000)] })
  await peer.dropped()
  const again = await CraftedMirrors.come(street, 'eve', 'cleo')
  peer = again.peer
  peer.show(KEY)
  await peer.hears('open')
  peer.send.open.send({ tag: peer.tag(KEY), kind: 1 })
  answer(({ id }) => {
    const blocks = Array.from({ length: 64 }, () => Buffer.alloc(2_000))
    for (let n = 0; n < 100 && !peer.closed; n++) peer.send.blocks.send({ id, blocks })
  })
  claim(log, 3)
  await peer.dropped()
  expect(room.end(log)).toBe(0)
  await again.leave()
})

test('thousands of logs that are none cost their sender its words', async () => {
  answer(({ id }) => {
    peer.send.end.send({ id, roots: [], length: 0, signature: Buffer.alloc(0) })
  })
  for (let n = 0; n < 400 && !peer.closed; n++) {
    const some = Array.from({ length: 250 }, (_, i) => ({
      key: Buffer.alloc(32, `log ${n * 250 + i}`),
      manifest: log.manifest,
      spans: [{ from: 0, to: 9 }],
    }))
    peer.send.heads.send({ tag: peer.tag(KEY), logs: some })
    await new Promise((resolve) => setImmediate(resolve))
  }
  await peer.dropped()
  await honest()
  await until('all of it', () => room.end(log) === LENGTH)
})

test('a flood of wants ends the connection of who reads none of the answers', async () => {
  room.add(log)
  room.add(other)
  await peer.hears('heads')
  const reads = room.reads
  for (let id = 1; id <= 5_000 && !peer.closed; id++) {
    peer.send.want.send({ id, tag: peer.tag(KEY), key: log.key, from: 0, max: 2 ** 40 })
  }
  await peer.dropped()
  expect(room.reads - reads).toBeLessThanOrEqual(200)
})

test('a stranger learns nothing but that there may be some keys', async () => {
  const stranger = await CraftedMirrors.come(street, 'eve', 'cleo')
  await stranger.peer.hears('tags')
  const { tags } = stranger.peer.said('tags')[0]!
  expect(tags).toHaveLength(8)
  // Its own words sent back, and asked about.
  stranger.peer.send.tags.send({ tags, more: 0 })
  for (const tag of tags) {
    stranger.peer.send.open.send({ tag, kind: 1 })
    stranger.peer.send.want.send({ id: 1, tag, key: log.key, from: 0, max: 1_000 })
  }
  stranger.peer.send.ask.send({ tag: tags[0]! })
  await until('all answers', () => stranger.peer.said('end').length === tags.length)
  expect(stranger.peer.said('end').every(({ length }) => length === 0)).toBe(true)
  const told = new Set(stranger.peer.heard.map(({ name }) => name))
  expect([...told].toSorted()).toEqual(['end', 'hello', 'tags'])
  expect(cleo.links.get('eve')!.link.known).toBe(false)
  await stranger.leave()
})
