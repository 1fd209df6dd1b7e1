import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { join } from 'node:path'
import { signLog } from '../../core/control/statement.ts'
import { loadDeviceKeys } from '../../core/identity/vault.ts'
import type { DeviceKeys } from '../../core/identity/device-keys.ts'
import { seededRandom } from '../../core/random.ts'
import { parseInvite } from '../../core/room/invite.ts'
import type { Invite } from '../../core/room/invite.ts'
import { joinRoomRecord } from '../../core/room/new-room.ts'
import { contentKeyPair } from '../../core/room/own-keys.ts'
import type { RoomRecord } from '../../core/room/room-record.ts'
import { systemClock } from '../../core/clock.ts'
import { until } from '../compliance/until.ts'
import { REFUSALS } from '../../core/session/messages.ts'
import type { Refusal } from '../../core/session/messages.ts'
import { knock } from './crafted-peer.ts'
import type { CraftedPeer } from './crafted-peer.ts'
import { dialRoom, proofOf, roomKey, stolenFrom } from './stolen-membership.ts'
import type { Membership } from './stolen-membership.ts'
import { Street } from './street.ts'

const random = seededRandom(Number(process.env.HOSTILE_SEED ?? 12))

let street: Street
let door: number
let member: Membership
let strangers = 0
let members = 3

beforeAll(async () => {
  street = await Street.open()
  door = await street.door('198.51.100.1')
  const node = await street.join('member')
  await node.close()
  member = await stolenFrom(join(street.dir, 'member'), random)
})

afterEach(() => street.expectPeace())

afterAll(() => street.close())

/** A device that nobody knows. */
function nobody(): Promise<DeviceKeys> {
  return loadDeviceKeys(join(street.dir, `nobody ${strangers++}.json`), random)
}

/** Asks to be let in with a statement, in vain; gives the reason that the other side said. It says none while it may yet learn of the invite. */
async function expectNoEntry(
  keys: DeviceKeys,
  record: RoomRecord,
  statement: Buffer,
): Promise<Refusal | null> {
  const { peer, tag } = await dialRoom(door, record)
  const device = keys.device.publicKey
  peer.send.prove.send({ tag, device, signature: proofOf(peer, record, keys), statement })
  // Whatever it asks for, it gets no content.
  const log = Buffer.from(member.record.writer, 'hex')
  peer.send.bulkRequest.send({ tag, id: 1, log, from: 0 })
  const before = pings(peer)
  await until('two pings more', () => peer.closed || pings(peer) > before + 1)
  expect(peer.said('have')).toEqual([])
  expect(peer.said('bulkBlocks')).toEqual([])
  expect(peer.said('bulkEnd')).toEqual([])
  expect(await street.victim.ask('members', street.room)).toHaveLength(members)
  peer.leave()
  const refusal = peer.said('refuse')[0]
  return refusal ? REFUSALS[refusal.reason]! : null
}

function pings(peer: CraftedPeer): number {
  return peer.said('ping').length
}

/** The statement by which `keys` would use an invite. */
async function statementFor(invite: Invite, keys: DeviceKeys): Promise<[RoomRecord, Buffer]> {
  const facts = { keys, random, clock: systemClock, nickname: 'Mallory' }
  const record = joinRoomRecord(invite, facts)
  return [record, Buffer.from(record.invite!.statement, 'base64')]
}

async function invite(options: object = {}): Promise<Invite> {
  return parseInvite(await street.victim.ask('invite', street.room, options))
}

test('a proof of one session is worth nothing in another', async () => {
  const { peer, tag } = await dialRoom(door, member.record)
  const signature = proofOf(peer, member.record, member.keys)
  const device = member.keys.device.publicKey
  peer.send.prove.send({ tag, device, signature, statement: Buffer.alloc(0) })
  await peer.hears('have')
  peer.leave()
  const again = await dialRoom(door, member.record)
  const proof = { tag: again.tag, device, signature, statement: Buffer.alloc(0) }
  again.peer.send.prove.send(proof)
  await again.peer.dropped()
  expect(again.peer.said('control')).toEqual([])
})

test("a member cannot pass for another's device", async () => {
  const victim = await street.victim.ask('members', street.room)
  const others = victim.flatMap(({ devices }) => devices.map(({ id }) => Buffer.from(id, 'hex')))
  for (const device of others.filter((id) => !id.equals(member.keys.device.publicKey))) {
    const { peer, tag } = await dialRoom(door, member.record)
    const signature = proofOf(peer, member.record, member.keys)
    peer.send.prove.send({ tag, device, signature, statement: Buffer.alloc(0) })
    await peer.dropped()
    expect(peer.said('control')).toEqual([])
  }
})

test('A5: whoever begins a handshake or a session in the name of a device in session ends nothing', async () => {
  const [friend] = await street.victim.ask('peers')
  expect(friend).toMatchObject({ name: 'Friend', rooms: [street.room] })
  const half = await knock(door)
  half.write(Buffer.alloc(64, 7))
  const { peer, tag } = await dialRoom(door, member.record)
  const device = Buffer.from(friend!.id, 'hex')
  const signature = proofOf(peer, member.record, member.keys)
  peer.send.prove.send({ tag, device, signature, statement: Buffer.alloc(0) })
  await peer.dropped()
  half.destroy()
  await street.expectPeace()
  // The very session of before, not another in its place.
  expect(await street.victim.ask('peers')).toContainEqual(friend)
})

test('the proof that the other side made is not taken back from us', async () => {
  const { peer, tag } = await dialRoom(door, member.record)
  const theirs = await peer.hears('prove')
  peer.send.prove.send({ ...theirs, tag })
  await peer.dropped()
  expect(peer.said('control')).toEqual([])
})

test('who made an invite up, or holds an expired one, is not let in', async () => {
  const keys = await nobody()
  const expired = await invite({ expiresIn: 1 })
  const made = { ...expired, seed: random.bytes(32) }
  const [, late] = await statementFor(expired, keys)
  expect(await expectNoEntry(keys, ...(await statementFor(made, keys)))).toBeNull()
  // Made in time, or so it says, and brought too late.
  expect(await expectNoEntry(keys, (await statementFor(expired, keys))[0], late)).toBe('expired')
})

test('a statement that was forged, altered or made for another device or room lets nobody in', async () => {
  const good = await invite()
  const [mallory, other] = [await nobody(), await nobody()]
  const [record, statement] = await statementFor(good, mallory)
  const elsewhere = await street.friend.ask('createRoom', 'Elsewhere')
  const foreign = parseInvite(await street.friend.ask('invite', elsewhere.id))
  const [, foreignSeed] = await statementFor({ ...foreign, room: good.room }, mallory)
  const [, otherRoom] = await statementFor(foreign, mallory)
  const stolen = Buffer.from(member.record.invite!.statement, 'base64')
  const altered = Array.from({ length: 3 }, () => {
    const copy = Buffer.from(statement)
    copy[Math.floor(random.float() * copy.byteLength)]! ^= 1 << Math.floor(random.float() * 8)
    return copy
  })
  const bad = [foreignSeed, otherRoom, stolen, ...altered, random.bytes(300), Buffer.alloc(0)]
  const verdicts = bad.map((forged) => expectNoEntry(mallory, record, forged))
  expect(new Set(await Promise.all(verdicts))).toEqual(new Set([null]))
  // A good statement in the hands of another device.
  expect(await expectNoEntry(other, record, statement)).toBeNull()
})

test('what a device declares in one breath with its proof is written down', async () => {
  const { keys, record } = member
  const facts = { room: roomKey(record), at: Date.now() }
  const log = contentKeyPair(keys, record, 1)
  const statement = signLog(facts, { device: keys.device, log })
  const { peer, tag } = await dialRoom(door, record)
  // In one frame, so that both are read before anything can follow from the first.
  peer.mux.cork()
  const signature = proofOf(peer, record, keys)
  const proof = { tag, device: keys.device.publicKey, signature, statement: Buffer.alloc(0) }
  peer.send.prove.send(proof)
  peer.send.control.send({ tag, heads: [], statements: [statement] })
  peer.mux.uncork()
  await until('the victim’s control log to grow', () => {
    const told = new Map<string, number>()
    return peer.said('control').some(({ heads }) =>
      heads.some(({ key, length }) => {
        const before = told.get(key.toString('hex'))
        told.set(key.toString('hex'), length)
        return before !== undefined && length > before
      }),
    )
  })
  peer.leave()
})

test('an invite for one lets one in, however often others try', async () => {
  const single = await invite({ uses: 1 })
  const winner = await nobody()
  const [record, statement] = await statementFor(single, winner)
  const { peer, tag } = await dialRoom(door, record)
  const signature = proofOf(peer, record, winner)
  peer.send.prove.send({ tag, device: winner.device.publicKey, signature, statement })
  await peer.hears('have')
  peer.leave()
  members++
  for (let i = 0; i < 2; i++) {
    const loser = await nobody()
    const [, late] = await statementFor(single, loser)
    expect(await expectNoEntry(loser, record, late)).toBe('used-up')
  }
})
