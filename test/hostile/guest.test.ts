import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { join } from 'node:path'
import { loadDeviceKeys } from '../../core/identity/vault.ts'
import type { DeviceKeys } from '../../core/identity/device-keys.ts'
import { seededRandom } from '../../core/random.ts'
import { pairingMatchKey, parsePairingCode } from '../../core/self/pairing-code.ts'
import { encodePairing, signHello } from '../../core/self/pairing-messages.ts'
import { roomTag } from '../../core/session/room-tags.ts'
import { until } from '../compliance/until.ts'
import { CraftedPeer } from './crafted-peer.ts'
import { dialRoom, proofOf, stolenFrom } from './stolen-membership.ts'
import type { Membership } from './stolen-membership.ts'
import { Street } from './street.ts'

const random = seededRandom(Number(process.env.HOSTILE_SEED ?? 15))

let street: Street
let door: number
/** Tells the room's secret, as any of its invites does. */
let leaked: Membership
let nobody: DeviceKeys

beforeAll(async () => {
  street = await Street.open()
  door = await street.door('203.0.113.7')
  const node = await street.join('member')
  await node.close()
  leaked = await stolenFrom(join(street.dir, 'member'), random)
  nobody = await loadDeviceKeys(join(street.dir, 'nobody.json'), random)
})

afterEach(() => street.expectPeace())

afterAll(() => street.close())

/** One that holds an invite, says who it is, and is no member. */
async function guest(): Promise<{ peer: CraftedPeer; tag: Buffer }> {
  const { peer, tag } = await dialRoom(door, leaked.record)
  const signature = proofOf(peer, leaked.record, nobody)
  const device = nobody.device.publicKey
  peer.send.prove.send({ tag, device, signature, statement: Buffer.alloc(0) })
  await peer.hears('control')
  return { peer, tag }
}

test('a flood of messages of one that only holds an invite ends its connection', async () => {
  const { peer, tag } = await guest()
  let sent = 0
  while (!peer.closed && sent < 20_000) {
    peer.send.control.send({ tag, heads: [], statements: [] })
    if (++sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await peer.dropped()
  expect(sent).toBeLessThan(20_000)
})

test('its bytes are counted too, and a long frame is not waited for', async () => {
  const growth = await street.growth(async () => {
    const { peer } = await guest()
    let sent = 0
    const junk = Buffer.alloc(200_000, 7)
    while (!peer.closed && sent < 60) {
      // Of no channel that there is.
      peer.stream.write(Buffer.concat([Buffer.from([0xfc]), junk]))
      sent++
      await new Promise((resolve) => setImmediate(resolve))
    }
    await peer.dropped()
    const late = await guest()
    late.peer.socket.write(Buffer.concat([Buffer.from([0, 0, 8]), junk]))
    await late.peer.dropped()
  })
  expect(growth).toBeLessThan(20)
})

/** A device that is being paired, and waits for the answer of a human. */
async function pairing(): Promise<CraftedPeer> {
  const { seed } = parsePairingCode(await street.victim.call<string>('pairing'))
  const peer = await CraftedPeer.dial(door)
  const handshakeHash = Buffer.from(peer.stream.handshakeHash)
  const tag = roomTag(pairingMatchKey(seed), handshakeHash, true)
  peer.send.rooms.send({ tags: [tag] })
  const hello = signHello({ seed, handshakeHash }, false, nobody.device, 'phone')
  peer.send.meet.send({ tag, data: encodePairing(hello) })
  await until('the offering device to say who it is', () => {
    return peer.said('meet').some((word) => word.tag.equals(tag))
  })
  return peer
}

test('a hundred of them end no pairing', async () => {
  const phone = await pairing()
  const peers: CraftedPeer[] = []
  for (let i = 0; i < 100; i++) {
    const { peer } = await dialRoom(await street.door(`203.0.114.${10 + i}`), leaked.record)
    peers.push(peer)
  }
  await until('the first of them to give way', () => peers.some(({ closed }) => closed))
  expect(phone.closed).toBe(false)
  for (const peer of [phone, ...peers]) peer.leave()
})

test('a hundred of them keep no joiner out', async () => {
  const peers: CraftedPeer[] = []
  for (let i = 0; i < 100; i++) {
    const { peer } = await dialRoom(await street.door(`203.0.113.${10 + i}`), leaked.record)
    peers.push(peer)
  }
  // They are counted as the next one comes, who is not one of them yet.
  await until('all but 65 of them to give way', () => {
    return peers.filter(({ closed }) => !closed).length <= 65
  })
  const joiner = await street.join('joiner')
  await joiner.ask('send', street.room, 'I am in')
  await until('the message', async () =>
    (await street.victim.texts(street.room)).includes('I am in'),
  )
  await joiner.close()
  for (const peer of peers) peer.leave()
})
