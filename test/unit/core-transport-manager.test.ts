import NoiseSecretStream from '@hyperswarm/secret-stream'
import type { KeyPair } from 'hypercore'
import { EventEmitter } from 'node:events'
import { Duplex } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { systemClock } from '../../core/clock.ts'
import type { Connection } from '../../core/connection/connection.ts'
import { TransportManager } from '../../core/connection/transport-manager.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import { perfect } from '../../transports/memory/index.ts'
import { Wire } from '../../transports/memory/wire.ts'
import { until } from '../compliance/until.ts'
import type { Link, Relaying, Transport, TransportEvents } from '../../core/transport.ts'

class FakeTransport extends EventEmitter<TransportEvents> implements Transport, Relaying {
  readonly id: string
  readonly scope: Transport['scope']
  readonly status = { state: 'off' } as const
  readonly joined = new Map<string, boolean>()
  relays: readonly Buffer[] = []
  relayKey: Buffer | null = null

  constructor(id: string, scope: Transport['scope']) {
    super()
    this.id = id
    this.scope = scope
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  join(topic: Uint8Array, { announce = true }: { announce?: boolean } = {}): void {
    this.joined.set(Buffer.from(topic).toString('hex'), announce)
  }

  leave(topic: Uint8Array): void {
    this.joined.delete(Buffer.from(topic).toString('hex'))
  }

  offerRelay(on: boolean): void {
    this.relayKey = on ? Buffer.alloc(32, 9) : null
  }

  useRelays(keys: readonly Buffer[]): void {
    this.relays = keys
  }
}

function manager(
  onconnection: (connection: Connection) => void = () => {},
  keyPair: KeyPair = { publicKey: Buffer.alloc(32), secretKey: Buffer.alloc(64) },
): TransportManager {
  return new TransportManager({
    keyPair,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    onconnection,
    onstatus: () => {},
  })
}

const [ROOM, NODE] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]

/** A link on which the other end never says anything. */
function silent(address: string, transport: string): Link & { stream: Duplex } {
  const stream = new Duplex({ read() {}, write: (_, __, done) => done() })
  return { stream, initiator: false, transport, cost: 10, address }
}

test('A13: handshakes of one host are few, however many IPv6 addresses it has', async () => {
  const transports = manager()
  const near = new FakeTransport('lan', 'nearby')
  transports.add(near)
  const honest = silent('192.0.2.7', 'lan')
  near.emit('link', honest)
  const flood = Array.from({ length: 100 }, (_, i) => silent(`2001:db8::${i}`, 'lan'))
  for (const link of flood) near.emit('link', link)
  expect(flood.filter(({ stream }) => !stream.destroyed)).toHaveLength(8)
  expect(honest.stream.destroyed).toBe(false)
  await transports.close()
  for (const { stream } of [honest, ...flood]) stream.destroy()
})

describe('the transports', () => {
  test('that reach the world join topics, to be found there or only to look, whenever they come', async () => {
    const transports = manager()
    const [early, near] = [new FakeTransport('dht', 'global'), new FakeTransport('lan', 'nearby')]
    transports.add(early)
    transports.add(near)
    transports.join(ROOM)
    transports.join(NODE, false)
    const late = new FakeTransport('other', 'global')
    transports.add(late)
    for (const { joined } of [early, late]) {
      expect([...joined]).toEqual([
        [ROOM.toString('hex'), true],
        [NODE.toString('hex'), false],
      ])
    }
    expect([near.joined.has(NODE.toString('hex')), near.joined.size]).toEqual([false, 1])
    transports.leave(NODE)
    expect([...late.joined.keys()]).toEqual([ROOM.toString('hex')])
    await transports.close()
  })

  test('that can relay are told of relays, and whether to be one, whenever they come', async () => {
    const transports = manager()
    const early = new FakeTransport('dht', 'global')
    transports.add(early)
    expect(transports.relayKey).toBeNull()
    transports.useRelays([NODE])
    transports.offerRelay(true)
    const late = new FakeTransport('other', 'global')
    transports.add(late)
    for (const { relays, relayKey } of [early, late]) {
      expect([relays, relayKey]).toEqual([[NODE], Buffer.alloc(32, 9)])
    }
    expect(transports.relayKey).toEqual(Buffer.alloc(32, 9))
    transports.offerRelay(false)
    expect(transports.relayKey).toBeNull()
    await transports.close()
  })
})

test('A33: over anonymous links each end is shown another key each time, over others the same', async () => {
  const seen: { readonly anonymous: boolean; readonly key: string }[] = []
  let anonymous = false
  const [keys, others] = [NoiseSecretStream.keyPair(), NoiseSecretStream.keyPair()]
  const connections: Connection[] = []
  const here = manager((connection) => connections.push(connection), keys)
  const there = manager((connection) => {
    connections.push(connection)
    seen.push({ anonymous, key: connection.remoteKey.toString('hex') })
  }, others)
  const [near, far] = [new FakeTransport('ble', 'nearby'), new FakeTransport('ble', 'nearby')]
  here.add(near)
  there.add(far)
  for (anonymous of [true, true, false, false]) {
    const before = seen.length
    const wire = new Wire(systemClock, systemRandom, { conditions: () => perfect }, () => {})
    const link = { transport: 'ble', cost: 30, address: 'radio', anonymous }
    near.emit('link', { ...link, stream: wire.ends[0], initiator: true })
    far.emit('link', { ...link, stream: wire.ends[1], initiator: false })
    await until('a connection', () => seen.length > before)
  }
  const keysOf = (which: boolean): Set<string> =>
    new Set(seen.filter((one) => one.anonymous === which).map(({ key }) => key))
  expect(keysOf(true).size).toBe(2)
  expect([...keysOf(false)]).toEqual([keys.publicKey.toString('hex')])
  expect(keysOf(true)).not.toContain(keys.publicKey.toString('hex'))
  for (const connection of connections) connection.close('the test is over')
  await Promise.all([here.close(), there.close()])
})
