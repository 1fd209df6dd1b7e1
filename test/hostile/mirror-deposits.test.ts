/** Depositors that forge, flood and fill. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { systemClock } from '../../core/clock.ts'
import { prove } from '../../core/mirror/exchange/proofs.ts'
import { mirrorId } from '../../core/mirror/mirror-keys.ts'
import { REFUSED } from '../../core/mirror/policy/refusals.ts'
import type { Device } from '../unit/core-mirror-street.ts'
import { MirrorStreet, until } from '../unit/core-mirror-street.ts'
import { pairOf } from '../unit/core-people.ts'
import { SignedLogs } from '../unit/core-signed-logs.ts'
import type { SignedLog } from '../unit/core-signed-logs.ts'
import { CraftedMirrors } from './crafted-mirrors.ts'

const KB = 1024
const KEY = Buffer.alloc(32, 3)
const ID = mirrorId(KEY)

let logs: SignedLogs
let log: SignedLog
let street: MirrorStreet
let node: Device
let peer: CraftedMirrors
let leave: () => Promise<void>

beforeAll(async () => {
  logs = await SignedLogs.open()
  log = await logs.author('ann', ...Array.from({ length: 64 }, () => KB))
})

afterAll(() => logs.close())

beforeEach(async () => {
  street = new MirrorStreet(systemClock)
  node = await street.device('node')
  await node.offer({ total: 2_048 * KB, depositor: 64 * KB, address: 128 * KB })
  ;({ peer, leave } = await CraftedMirrors.come(street, 'mallory', 'node'))
})

afterEach(async () => {
  await leave()
  await street.close()
})

function deposit(key: Buffer, name: string, where: CraftedMirrors = peer): void {
  const { publicKey: depositor } = pairOf(name)
  const signature = prove('mirror-deposit', where.connection, pairOf(name), key)
  where.send.deposit.send({ key, depositor, signature })
}

test('a deposit in another’s name, or sent again from another connection, is refused and costs nothing', async () => {
  const { publicKey: depositor } = pairOf('ann')
  const other = await CraftedMirrors.come(street, 'eve', 'node')
  const stolen = prove('mirror-deposit', other.peer.connection, pairOf('ann'), KEY)
  const forgeries = [
    Buffer.alloc(64),
    stolen,
    prove('mirror-deposit', peer.connection, pairOf('mallory'), KEY),
    prove('mirror-forget', peer.connection, pairOf('ann'), KEY),
    prove('mirror-deposit', peer.connection, pairOf('ann'), Buffer.alloc(32)),
  ]
  for (const signature of forgeries) peer.send.deposit.send({ key: KEY, depositor, signature })
  await until('all answers', () => peer.said('answer').length === forgeries.length)
  for (const { refused } of peer.said('answer')) expect(REFUSED[refused - 1]).toBe('false')
  expect(node.shelf.kept.size).toBe(0)
  await other.leave()
})

test('nobody withdraws what another deposited', async () => {
  deposit(KEY, 'mallory')
  await peer.hears('answer')
  const ann = await CraftedMirrors.come(street, 'ann', 'node')
  deposit(KEY, 'ann', ann.peer)
  await ann.peer.hears('answer')
  const tag = peer.tag(KEY)
  const { publicKey: depositor } = pairOf('ann')
  for (const signature of [
    prove('mirror-forget', peer.connection, pairOf('mallory'), KEY),
    prove('mirror-deposit', peer.connection, pairOf('ann'), KEY),
  ]) {
    peer.send.forget.send({ tag, depositor, signature })
  }
  const own = prove('mirror-forget', peer.connection, pairOf('mallory'), KEY)
  peer.send.forget.send({ tag, depositor: pairOf('mallory').publicKey, signature: own })
  const signature = prove('mirror-forget', ann.peer.connection, pairOf('ann'), KEY)
  await until('mallory to be out', async () => {
    return node.holder!.held.depositors === 1
  })
  expect(node.shelf.get(ID)).not.toBeNull()
  ann.peer.send.forget.send({ tag: ann.peer.tag(KEY), depositor, signature })
  await until('all of it to be gone', () => node.shelf.kept.size === 0)
  await ann.leave()
})

test('A16: a thousand free keys over one link gain no more than one address', async () => {
  const wanted = new Map<string, Buffer>()
  peer.onmessage = (name, value) => {
    if (name !== 'want') return
    const { id, from } = value as { id: number; from: number }
    const range = log.range(from, from + 8)
    peer.send.blocks.send({ id, blocks: [...range.blocks] })
    const { roots, signature } = range
    peer.send.end.send({ id, roots: [...roots], length: from + 8, signature })
  }
  for (let n = 0; n < 1_000; n++) {
    const key = Buffer.alloc(32, `mirror ${n}`)
    wanted.set(mirrorId(key), key)
    deposit(key, `key ${n}`)
  }
  await until('all answers', () => {
    const tags = peer.said('answer').map(({ tag }) => tag.toString('hex'))
    return new Set(tags).size === 1_000 || peer.closed
  })
  await until('what there is room for', () => node.shelf.kept.size > 0)
  for (const [id, key] of wanted) {
    const spans = [{ from: 0, to: 64 }]
    if (!node.shelf.get(id)) continue
    peer.send.heads.send({
      tag: peer.tag(key),
      logs: [{ key: log.key, manifest: log.manifest, spans }],
    })
  }
  await until('all that they may', () => {
    return (
      node.holder!.free({
        depositor: null,
        address: node.links.get('mallory')!.link.address,
        paired: false,
      }) <
      16 * KB
    )
  })
  expect(node.holder!.held.bytes).toBeLessThanOrEqual(128 * KB)
  expect(node.shelf.kept.size).toBeLessThanOrEqual(32)
  const reasons = new Set(peer.said('answer').map(({ refused }) => REFUSED[refused - 1] ?? 'kept'))
  expect([...reasons].toSorted()).toEqual(['address', 'kept'])
  // The others find their place as before.
  const bob = await street.device('bob')
  bob.room(KEY).add(log, 40)
  const link = await street.met(bob, node)
  expect(await link.deposit(KEY, { depositor: pairOf('bob') })).toMatchObject({ refused: null })
  await until('bob’s room', () => node.shelf.get(ID)?.end(log) === 40)
})

test('A17: over the quota the sender hears that it is not stored, and what was stays', async () => {
  const ann = await street.device('ann')
  const room = ann.room(KEY)
  room.add(log, 40)
  const link = await street.met(ann, node)
  await link.deposit(KEY, { depositor: pairOf('ann') })
  await until(
    'the first part',
    () => link.stored(ID).get(log.key.toString('hex'))?.at(-1)?.to === 40,
  )
  room.add(log)
  await until('the refusal', () => link.kept(ID)?.refused === 'share')
  expect(link.stored(ID).get(log.key.toString('hex'))).toEqual([{ from: 0, to: 40 }])
  expect(node.shelf.get(ID)!.end(log)).toBe(40)
})

test('a flood of deposits, tags and forgotten mirrors ends the connection, and nothing else', async () => {
  for (let n = 0; n < 3_000 && !peer.closed; n++) {
    deposit(Buffer.alloc(32, `flood ${n}`), 'mallory')
    if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await peer.dropped()
  expect(node.shelf.kept.size).toBeLessThanOrEqual(32)
  const again = await CraftedMirrors.come(street, 'eve', 'node')
  for (let n = 0; n < 300 && !again.peer.closed; n++) {
    again.peer.send.tags.send({
      tags: Array.from({ length: 1_000 }, () => Buffer.alloc(16, n)),
      more: 1,
    })
    await new Promise((resolve) => setImmediate(resolve))
  }
  await again.peer.dropped()
  expect(node.ended).toHaveLength(2)
  await again.leave()
})

test('a node that knows more rooms than can be matched says so, instead of that it holds one more', async () => {
  for (let n = 0; n < 2_048; n++) {
    const key = Buffer.alloc(32)
    key.writeUInt32BE(n)
    node.room(key)
  }
  deposit(KEY, 'mallory')
  const answer = await peer.hears('answer')
  expect(REFUSED[answer.refused - 1]).toBe('crowded')
})

test('what a node held before it became a member is withdrawn as before', async () => {
  const ann = await street.device('ann')
  ann.room(KEY).add(log, 40)
  const link = await street.met(ann, node)
  await link.deposit(KEY, { depositor: pairOf('ann') })
  await until('the node to have it', () => node.shelf.get(ID)?.end(log) === 40)
  const copy = node.room(KEY)
  await until('the node to be a member', () => node.links.get('ann')!.link.theirs(ID) === 'room')
  await until('the link to be about the room', () => copy.watchers > 0)
  link.forget(KEY, { depositor: pairOf('ann') })
  await until('all of it to be gone', () => node.shelf.kept.size === 0)
})
