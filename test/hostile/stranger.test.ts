import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { hash } from '../../core/crypto/hash.ts'
import { loadDeviceKeys } from '../../core/identity/vault.ts'
import { seededRandom } from '../../core/random.ts'
import { ownCores } from '../../core/room/own-keys.ts'
import { StateFile } from '../../core/state-file.ts'
import { sessionMessages } from '../../core/session/messages.ts'
import { until } from '../compliance/until.ts'
import { CraftedPeer, knock } from './crafted-peer.ts'
import { Street } from './street.ts'

const random = seededRandom(Number(process.env.HOSTILE_SEED ?? 11))
const GROWTH_MB = 20

let street: Street
let door: number

beforeAll(async () => {
  street = await Street.open()
  door = await street.door('192.0.2.1')
})

afterEach(() => street.expectPeace())

afterAll(() => street.close())

function below(n: number): number {
  return Math.floor(random.float() * n)
}

/** As hypercore makes it: what a stranger would have to know to ask for a log. */
function discoveryKey(key: Buffer): Buffer {
  return hash([Buffer.from('hypercore')], { key })
}

/** Runs `attack` for each of 0…n−1, a few at a time. */
async function swarm(n: number, attack: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < n) await attack(next++)
  }
  await Promise.all(Array.from({ length: 6 }, lane))
}

async function expectFriendAlone(): Promise<void> {
  await until('all but the friend to be gone', async () => {
    return (await street.victim.call<unknown[]>('peers')).length === 1
  })
}

test('garbage instead of a handshake ends the link', async () => {
  const hellos = [
    Buffer.from('GET / HTTP/1.1\r\nHost: example\r\n\r\n'),
    Buffer.from([0, 0, 0]),
    Buffer.alloc(64),
    ...Array.from({ length: 40 }, () => random.bytes(1 + below(3_000))),
  ]
  await swarm(hellos.length, async (i) => {
    const socket = await knock(door)
    socket.resume()
    socket.write(hellos[i]!)
    await until('the end of the link', () => socket.destroyed || socket.readableEnded)
    socket.destroy()
  })
  await expectFriendAlone()
})

test('a frame of 16 MB that is announced is not waited for', async () => {
  const body = Buffer.alloc(15 * 1024 * 1024, 1)
  const growth = await street.growth(async () => {
    for (let i = 0; i < 8; i++) {
      const early = await knock(door)
      early.resume()
      early.write(Buffer.concat([Buffer.from([255, 255, 255]), body]))
      const late = await CraftedPeer.dial(door)
      late.socket.write(Buffer.concat([Buffer.from([255, 255, 255]), body]))
      await until('the end of both', () => early.destroyed && late.closed)
    }
  })
  expect(growth).toBeLessThan(GROWTH_MB)
})

test('an honest peer joins while a thousand handshakes stay half open', async () => {
  const doors = [door]
  for (let i = 2; i < 12; i++) doors.push(await street.door(`192.0.2.${i}`))
  const sockets: Socket[] = []
  const growth = await street.growth(async () => {
    for (let i = 0; i < 500; i++) {
      sockets.push(await knock(doors[i % doors.length]!))
    }
    const joiner = await street.join('joiner')
    for (let i = 0; i < 500; i++) {
      const socket = await knock(doors[0]!)
      // Half a first message of Noise.
      socket.write(Buffer.concat([Buffer.from([32, 0, 0]), random.bytes(16)]))
      sockets.push(socket)
    }
    await joiner.ask('send', street.room, 'I am in')
    await until('the message', async () =>
      (await street.victim.texts(street.room)).includes('I am in'),
    )
    await joiner.close()
    for (const socket of sockets) socket.resume()
    await until('all to be let go', () => sockets.every((socket) => socket.destroyed))
  })
  expect(growth).toBeLessThan(GROWTH_MB)
})

test('truncated and random session messages cost their sender the connection, or nothing', async () => {
  const kinds = Object.keys(sessionMessages).length
  await swarm(80, async () => {
    const peer = await CraftedPeer.dial(door)
    for (let n = 0; n < 4; n++) peer.raw(below(kinds + 2), random.bytes(below(200)))
    // A varint that never ends, a length beyond the frame, a count of 2^32.
    peer.raw(below(kinds), Buffer.from([255, 255, 255, 255, 255, 255, 255, 255]))
    peer.raw(0, Buffer.from([0xfe, 255, 255, 255, 255]))
    await peer.dropped()
  })
  await expectFriendAlone()
})

test('random frames of the multiplexer do no harm', async () => {
  await swarm(120, async () => {
    const peer = await CraftedPeer.dial(door)
    for (let n = 0; n < 8; n++) {
      const data = random.bytes(1 + below(60))
      // Mostly to the control session: batches, opens, refusals, closes.
      if (random.float() < 0.7) data.set([0, below(5)].slice(0, data.byteLength))
      peer.stream.write(data)
    }
    await until('an answer', () => peer.closed || peer.heard.length > 0)
    peer.leave()
  })
  await expectFriendAlone()
})

test('a stranger learns no key, name or number of rooms; its own words reflected are worth nothing', async () => {
  const dir = join(street.dir, 'victim')
  const keys = await loadDeviceKeys(join(dir, 'keys.json'), random)
  const { state } = await StateFile.open(join(dir, 'state.json'), {
    envelope: keys.envelope('state'),
  })
  const record = state.rooms[0]!
  const logs = [record.key, ...ownCores(keys, record).keys()].map((key) => Buffer.from(key, 'hex'))
  const secrets = [
    keys.device.publicKey,
    keys.person,
    Buffer.from('Victim'),
    Buffer.from('Room'),
    ...logs,
    ...logs.map((key) => discoveryKey(key)),
  ]
  const peer = await CraftedPeer.dial(door)
  const { tags } = await peer.hears('rooms')
  expect(tags).toHaveLength(8)
  peer.send.rooms.send({ tags })
  for (const tag of tags) {
    peer.send.control.send({ tag, heads: [], statements: [] })
    peer.send.have.send({ tag, logs: logs.map((key) => ({ key, length: 5 })), read: [] })
    for (const log of logs) peer.send.bulkRequest.send({ tag, id: 1, log, from: 0 })
  }
  logs.forEach((key, i) => {
    peer.openChannel(2 + i, 'hypercore/alpha', discoveryKey(key))
  })
  await until('a few pings', () => peer.said('ping').length >= 2 || peer.closed)
  const told = new Set(peer.heard.map(({ name }) => name))
  // The one word of a meeting is noise to whoever does not know the device's person.
  const harmless = ['rooms', 'ping', 'meet']
  expect([...told].filter((name) => !harmless.includes(name))).toEqual([])
  expect(peer.said('meet')).toHaveLength(1)
  const heard = Buffer.concat(peer.frames)
  expect(secrets.filter((secret) => heard.includes(secret))).toEqual([])
  expect(heard.includes('hypercore')).toBe(false)
  peer.leave()
})

test('endless pings of a stranger are no trouble', async () => {
  const growth = await street.growth(async () => {
    const peer = await CraftedPeer.dial(door)
    await peer.hears('rooms')
    for (let i = 0; i < 100 && !peer.closed; i++) {
      for (let n = 0; n < 500; n++) peer.send.ping.send({})
      await new Promise((resolve) => setImmediate(resolve))
    }
    await street.expectPeace()
    peer.leave()
  })
  expect(growth).toBeLessThan(GROWTH_MB)
})

test('thousands of channels, opened by one that never reads, are bounded in memory', async () => {
  const growth = await street.growth(async () => {
    const peer = await CraftedPeer.dial(door)
    await peer.hears('rooms')
    peer.socket.pause()
    peer.stream.pause()
    for (let i = 0; i < 300_000 && !peer.closed; i++) {
      // Each one is refused with a frame; nobody takes the refusals.
      peer.openChannel(2 + (i % 50_000), 'x', null)
      if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await street.expectPeace()
    peer.leave()
  })
  expect(growth).toBeLessThan(GROWTH_MB)
})
