import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { join } from 'node:path'
import type { MessageView } from '../../core/api.ts'
import { keyPrefix } from '../../core/control/log-prefix.ts'
import { loadDeviceKeys } from '../../core/identity/vault.ts'
import { seededRandom } from '../../core/random.ts'
import { encodeAck } from '../../core/room/delivery/ack-payload.ts'
import { KIND_ACK } from '../../core/room/record.ts'
import { until } from '../compliance/until.ts'
import { CraftedLog } from './crafted-log.ts'
import { dialAs, dialRoom, proofOf, stolenFrom } from './stolen-membership.ts'
import type { Membership } from './stolen-membership.ts'
import { Street } from './street.ts'

const random = seededRandom(Number(process.env.HOSTILE_SEED ?? 14))
const HUGE = Number.MAX_SAFE_INTEGER

let street: Street
let door: number
let member: Membership
let log: CraftedLog
/** How many messages of the victim the member may have got, and told so, while its own device was there. */
let honest: number

beforeAll(async () => {
  street = await Street.open()
  door = await street.door('203.0.113.1')
  const node = await street.join('member')
  await node.close()
  honest = (await street.victim.history(street.room)).filter((message) => message.own).length
  await street.expectPeace()
  member = await stolenFrom(join(street.dir, 'member'), random)
  log = await CraftedLog.open(street.dir, 'crafted', member, random)
})

afterEach(() => street.expectPeace())

afterAll(async () => {
  await log.close()
  await street.close()
})

/** What the victim is told of its own messages that only the friend has. */
async function own(): Promise<MessageView[]> {
  const messages = await street.victim.history(street.room)
  return messages.filter((message) => message.own).slice(honest)
}

async function friendHasAll(): Promise<void> {
  await until('the friend to have it all', async () =>
    (await own()).every(({ delivery }) => delivery.state === 'delivered'),
  )
}

/** Keys of the victim's and the friend's logs, and how much there is of them. */
async function logs(): Promise<{ key: Buffer; length: number }[]> {
  const { peer } = await dialAs(door, member)
  const told = await until('both logs', () => {
    const known = peer.said('have').flatMap((have) => have.logs.filter(({ length }) => length > 0))
    return known.length >= 2 && known
  })
  peer.leave()
  return told
}

test('A8: forged receipts of a member count nothing beyond what was written', async () => {
  const known = await logs()
  const { peer, tag } = await dialAs(door, member)
  const forged = known.map(({ key }) => ({ key, length: HUGE }))
  peer.send.have.send({ tag, logs: forged, read: forged })
  const entries = known.map(({ key }) => ({ log: keyPrefix(key), length: HUGE }))
  const ack = encodeAck({ have: entries, read: entries })
  const heads = known.map(({ key }) => ({ log: key, length: 1_000_000 }))
  await log.write(
    { sentAt: 0, kind: KIND_ACK, heads, payload: ack },
    { sentAt: 0, kind: KIND_ACK, heads: [], payload: random.bytes(300) },
  )
  await log.say('after the forged receipts')
  log.core.replicate(peer.mux)
  peer.send.have.send({ tag, logs: [{ key: log.key, length: log.core.length }], read: [] })
  await until('all of it', async () =>
    (await street.victim.texts(street.room)).includes('after the forged receipts'),
  )
  await street.expectPeace()
  await friendHasAll()
  // The friend has it, and nobody has read anything.
  for (const { delivery } of await own()) {
    expect(delivery).toEqual({ state: 'delivered', devices: 1 })
  }
  peer.leave()
})

test('A8: who is no member, and who speaks of others’ devices, changes nothing', async () => {
  const known = await logs()
  await friendHasAll()
  const before = (await own()).length
  const nobody = await loadDeviceKeys(join(street.dir, 'nobody.json'), random)
  const { peer, tag } = await dialRoom(door, member.record)
  const signature = proofOf(peer, member.record, nobody)
  const device = nobody.device.publicKey
  peer.send.prove.send({ tag, device, signature, statement: Buffer.alloc(0) })
  peer.send.have.send({ tag, logs: known, read: known })
  const pings = peer.said('ping').length
  await until('a ping', () => peer.closed || peer.said('ping').length > pings)
  const shown = (await own()).slice(0, before)
  for (const { delivery } of shown) expect(delivery).toEqual({ state: 'delivered', devices: 1 })
  peer.leave()
})

test('a true receipt of a member counts, so the forged ones could have', async () => {
  const known = await logs()
  const { peer, tag } = await dialAs(door, member)
  peer.send.have.send({ tag, logs: known, read: known })
  await until('the read messages', async () =>
    (await own()).some(({ delivery }) => delivery.state === 'read' && delivery.devices === 1),
  )
  peer.leave()
})
