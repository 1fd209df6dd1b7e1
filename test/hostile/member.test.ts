import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { join } from 'node:path'
import Corestore from 'corestore'
import { encode } from '../../core/codec/codec.ts'
import { logKey } from '../../core/control/statement.ts'
import { seededRandom } from '../../core/random.ts'
import { contentKeyPair } from '../../core/room/own-keys.ts'
import { plainText, textPayload } from '../../core/room/messages/payloads.ts'
import { sealRecord } from '../../core/room/record.ts'
import type { RecordBody } from '../../core/room/record.ts'
import { until } from '../compliance/until.ts'
import { link } from '../fault/nodes.ts'
import { dialAs, roomKey, stolenFrom } from './stolen-membership.ts'
import type { Membership } from './stolen-membership.ts'
import { Street } from './street.ts'

const random = seededRandom(Number(process.env.HOSTILE_SEED ?? 13))
const GROWTH_MB = 20
/** What the victim may hold for each connection: a range from checkpoint to checkpoint, read and encoded. */
const RANGE_MB = 2
const EATERS = 8
const HUGE = Number.MAX_SAFE_INTEGER

let street: Street
let door: number
let member: Membership
/** Keys of the content logs of the victim and its friend. */
let logs: Buffer[]

beforeAll(async () => {
  street = await Street.open()
  door = await street.door('203.0.113.1')
  const node = await street.join('member')
  await node.close()
  member = await stolenFrom(join(street.dir, 'member'), random)
  const { peer } = await dialAs(door, member)
  logs = await until('both logs', () => {
    const keys = peer.said('have').flatMap((have) => have.logs.filter((log) => log.length > 0))
    return keys.length >= 2 && keys.map(({ key }) => key)
  })
  peer.leave()
})

afterEach(() => street.expectPeace())

afterAll(() => street.close())

test('a flood of requests for ranges ends the connection of who sends it', async () => {
  const { peer, tag } = await dialAs(door, member)
  for (let id = 1; id < 5_000 && !peer.closed; id++) {
    peer.send.bulkRequest.send({ tag, id, log: logs[id % 2]!, from: 0 })
  }
  await peer.dropped()
  expect(peer.closed).toBe(true)
})

test('lies of endless logs hold up nobody', async () => {
  const { peer, tag } = await dialAs(door, member)
  for (let i = 0; i < 70; i++) {
    const unknown = Array.from({ length: 1_000 }, () => ({ key: random.bytes(32), length: HUGE }))
    peer.send.have.send({ tag, logs: unknown, read: unknown })
  }
  peer.send.have.send({ tag, logs: logs.map((key) => ({ key, length: HUGE })), read: [] })
  await street.expectPeace()
  const { messages } = await street.victim.ask('messages', street.room)
  // A gap that nobody can prove is none.
  await until('no gap to be told', async () => (await street.victim.ask('rooms'))[0]!.missing === 0)
  // Nobody is told that more devices hold a message than there are.
  for (const { delivery } of messages) expect(delivery.devices).toBeLessThanOrEqual(2)
  peer.leave()
})

test('lies about the control log hold up nobody', async () => {
  const { peer, tag } = await dialAs(door, member)
  const told = peer.said('control').flatMap((control) => control.heads)
  for (let i = 0; i < 20; i++) {
    const heads = Array.from({ length: 2_000 }, () => ({ key: random.bytes(32), length: HUGE }))
    const statements = Array.from({ length: 16 }, () => random.bytes(500))
    peer.send.control.send({ tag, heads, statements })
  }
  peer.send.control.send({
    tag,
    heads: told.map(({ key }) => ({ key, length: HUGE })),
    statements: [],
  })
  const joiner = await street.join('newcomer')
  expect(await joiner.ask('members', street.room)).toHaveLength(4)
  await joiner.close()
  peer.leave()
})

test('ranges that the author never signed are not stored, and an honest peer brings the true ones', async () => {
  const { victim, friend, room } = street
  await victim.call('offline')
  const before = (await victim.texts(room)).length
  for (let i = 0; i < 60; i++) await friend.ask('send', room, `away ${i}`)
  for (const forge of ['garbage', 'endless', 'silent', 'foreign'] as const) {
    const { peer, tag } = await dialAs(door, member)
    peer.send.have.send({ tag, logs: logs.map((key) => ({ key, length: before + 500 })), read: [] })
    if (forge !== 'silent') {
      const request = await until('a request', () => peer.said('bulkRequest')[0])
      const blocks = Array.from({ length: 64 }, () =>
        random.bytes(forge === 'endless' ? 60_000 : 90),
      )
      for (let i = 0; i < (forge === 'endless' ? 6 : 1); i++) {
        peer.send.bulkBlocks.send({ id: request.id, blocks: blocks.slice(0, 30) })
      }
      const signature = forge === 'foreign' ? random.bytes(68) : Buffer.alloc(0)
      peer.send.bulkEnd.send({ id: request.id, length: request.from + 30, signature })
    }
    await until('a ping', () => peer.closed || peer.said('ping').length > 0)
    expect(await victim.texts(room)).toHaveLength(before)
    peer.leave()
  }
  // One that says that it has more, and stays silent, while the friend comes back.
  const { peer, tag } = await dialAs(door, member)
  peer.send.have.send({ tag, logs: logs.map((key) => ({ key, length: before + 500 })), read: [] })
  await victim.call('resume')
  await link(victim, friend)
  await until('the true messages', async () => (await victim.texts(room)).includes('away 59'))
  peer.leave()
})

test('a member that asks for everything and never reads is bounded in memory', async () => {
  const { victim, room } = street
  await victim.call('flood', room, 'z'.repeat(15_000), 16)
  await until('30 MB of messages', () => victim.acknowledged.size >= 2_000)
  await victim.call('calm')
  const growth = await street.growth(async () => {
    const eaters = []
    for (let i = 0; i < EATERS; i++) {
      const { peer, tag } = await dialAs(door, member)
      eaters.push(peer)
      const told = peer.said('have').flatMap((have) => have.logs)
      const longest = told.reduce((a, b) => (a.length > b.length ? a : b))
      peer.socket.pause()
      peer.stream.pause()
      for (let id = 1; id <= 16; id++) {
        peer.send.bulkRequest.send({ tag, id, log: longest.key, from: 0 })
      }
    }
    await street.expectPeace()
    for (const peer of eaters) peer.leave()
  })
  expect(growth).toBeLessThan(EATERS * RANGE_MB + GROWTH_MB)
})

test('records that are ill-made are not shown and stop neither their log nor others', async () => {
  const { victim, friend, room } = street
  const keyPair = contentKeyPair(member.keys, member.record, 0)
  const key = logKey(keyPair.publicKey)
  const epochKey = Buffer.from(member.record.epochs[0]!, 'hex')
  const place = { room: roomKey(member.record), log: key, seq: 0, epoch: 0 }
  const text = (words: string): RecordBody => ({
    sentAt: Date.now(),
    kind: 1,
    heads: [],
    payload: encode(textPayload, plainText(words)),
  })
  let seq = 0
  const seal = (body: RecordBody, wrong: object = {}, sealingKey: Uint8Array = epochKey): Buffer =>
    sealRecord(body, { ...place, seq: seq++, ...wrong }, sealingKey, random.bytes(24))
  const heads = [...logs, random.bytes(32)].map((log) => ({ log, length: HUGE }))
  const blocks: Buffer[] = [
    seal(text('well made, first')),
    seal(text('bad sequence'), { seq: 0 }),
    seal(text('bad room'), { room: random.bytes(32) }),
    seal(text('bad log'), { log: logs[0]! }),
    seal(text('bad key'), {}, random.bytes(32)),
    seal({ ...text('from the future'), sentAt: HUGE }),
    seal({ ...text('with giant heads'), heads }),
    seal({ ...text(' '), payload: random.bytes(2_000) }),
    seal({ ...text(' '), payload: Buffer.from([4, 0xff, 0xfe, 0xc0, 0x80, 0]) }),
  ]
  for (const size of [0, 1, 40, 200_000]) {
    blocks.push(random.bytes(size))
    seq++
  }
  blocks.push(seal(text('well made, last')), seal(text('of an unknown epoch'), { epoch: 9 }))
  const store = new Corestore(join(street.dir, 'crafted'))
  const core = store.get({ keyPair, active: true })
  await core.ready()
  await core.append(blocks)
  const { peer, tag } = await dialAs(door, member)
  core.replicate(peer.mux)
  peer.send.have.send({ tag, logs: [{ key, length: core.length }], read: [] })
  for (const node of [victim, friend]) {
    await until('the last of it', async () => (await node.texts(room)).includes('well made, last'))
    const texts = await node.texts(room)
    expect(texts).toEqual(expect.arrayContaining(['well made, first', 'from the future']))
    expect(texts.filter((shown) => /^bad|unknown epoch/.test(shown))).toEqual([])
  }
  await street.expectPeace()
  peer.leave()
  await store.close()
})
