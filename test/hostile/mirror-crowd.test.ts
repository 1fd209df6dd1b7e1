/** Very many that say they are nodes, and those that have something in common with this device. */
import { expect, test } from '@jest/globals'
import NoiseSecretStream from '@hyperswarm/secret-stream'
import { systemClock } from '../../core/clock.ts'
import { Connection } from '../../core/connection/connection.ts'
import { hash } from '../../core/crypto/hash.ts'
import { Swarm } from '../../core/files/swarm/swarm.ts'
import { silentLogger } from '../../core/logger.ts'
import { MirrorExchange } from '../../core/mirror/exchange/mirror-exchange.ts'
import { prove } from '../../core/mirror/exchange/proofs.ts'
import { carryKey, mirrorId } from '../../core/mirror/mirror-keys.ts'
import { seededRandom } from '../../core/random.ts'
import { sessionMessages, SESSION_PROTOCOL } from '../../core/session/messages.ts'
import { SessionManager } from '../../core/session/session-manager.ts'
import type { Link } from '../../core/transport.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import { recognition } from '../unit/core-recognition.ts'
import { until } from '../unit/core-mirror-street.ts'
import { MemoryCopy } from '../unit/core-mirror-copy.ts'
import { CraftedMirrors } from './crafted-mirrors.ts'

const KEY = Buffer.alloc(32, 6)
const CROWD = 300

test('a crowd of nodes leaves those that have a mirror in common, and does not grow beyond a bound', async () => {
  const random = seededRandom(5)
  const base = { clock: systemClock, random, logger: silentLogger }
  const network = new MemoryNetwork({ clock: systemClock, random })
  const copy = new MemoryCopy(mirrorId(KEY))
  const mirrors = new MirrorExchange({
    ...base,
    copies: () => [
      { key: KEY, scope: 'mirror', kind: 'room', copy },
      { key: carryKey(KEY), scope: 'carry', kind: 'room', copy },
    ],
    node: () => null,
    keeper: () => null,
  })
  const victim = new SessionManager({
    ...base,
    rooms: () => [],
    meetings: () => [],
    swarm: new Swarm({ ...base, held: () => null }),
    mirrors,
    recognition: recognition(),
    device: () => NoiseSecretStream.keyPair(),
    blocked: () => false,
    onpeers: () => {},
    ontransports: () => {},
  })
  const transport = network.transport('victim')
  victim.transports.add(transport)
  await victim.transports.switch('memory', true)
  const stops: (() => Promise<void>)[] = []

  const come = async (n: number): Promise<CraftedMirrors> => {
    // Each is alone with the victim.
    const topic = hash([Buffer.from(`topic ${n}`)])
    const own = network.transport(`peer ${n}`)
    let peer: CraftedMirrors | null = null
    own.on('link', (link: Link) => {
      if (peer) return link.stream.destroy()
      const signal = new AbortController().signal
      Connection.open(link, NoiseSecretStream.keyPair(), { clock: systemClock, signal }).then(
        (connection) => {
          peer = new CraftedMirrors(connection)
          talk(connection)
        },
        () => {},
      )
    })
    own.join(topic)
    transport.join(topic)
    await own.start()
    stops.push(() => own.stop())
    return until('a link', () => peer ?? undefined)
  }

  try {
    const friends = [await come(0), await come(1)]
    for (const friend of friends) {
      friend.show(KEY)
      await until('the match', () => friend.said('open').length > 0)
    }
    const crowd: CraftedMirrors[] = []
    for (let n = 2; n < CROWD + 2; n++) {
      const peer = await come(n)
      const keyPair = NoiseSecretStream.keyPair()
      const signature = prove('mirror-node', peer.connection, keyPair)
      const node = { key: keyPair.publicKey, signature, free: 2 ** 50, relay: null, name: `${n}` }
      peer.send.hello.send({ node, carries: 0 })
      await until('it to be known', () => peer.closed || nodes(mirrors).has(`${n}`))
      crowd.push(peer)
    }
    await until('the first to give way', () => crowd.filter(({ closed }) => closed).length > 0)
    expect(friends.map(({ closed }) => closed)).toEqual([false, false])
    expect([...mirrors.links()].length).toBeLessThanOrEqual(257)
    expect(crowd.at(-1)!.closed).toBe(false)
  } finally {
    mirrors.close()
    await victim.close()
    for (const stop of stops) await stop()
  }
})

/** Opens the session that the other side opens, and says a word in it each second. */
function talk(connection: Connection): void {
  const channel = connection.mux.createChannel({ protocol: SESSION_PROTOCOL })!
  const senders = Object.entries(sessionMessages).map(([name, encoding]) => {
    return [name, channel.addMessage({ encoding: encoding as never, onmessage: () => {} })] as const
  })
  const ping = new Map(senders).get('ping')!
  channel.open()
  connection.on('tick', () => ping.send({} as never))
}

/** What the nodes in reach call themselves. */
function nodes(mirrors: MirrorExchange): Set<string> {
  return new Set([...mirrors.links()].flatMap(({ node }) => node?.name ?? []))
}

test('who says that it is a node and can not prove it is dropped', async () => {
  const random = seededRandom(6)
  const network = new MemoryNetwork({ clock: systemClock, random })
  const mirrors = new MirrorExchange({
    clock: systemClock,
    random,
    logger: silentLogger,
    copies: () => [],
    node: () => null,
    keeper: () => null,
  })
  const topic = Buffer.alloc(32, 2)
  const ends: Connection[] = []
  const peers: CraftedMirrors[] = []
  const transports = ['victim', 'mallory'].map((name) => network.transport(name))
  for (const transport of transports) {
    transport.on('link', (link: Link) => {
      const signal = new AbortController().signal
      Connection.open(link, NoiseSecretStream.keyPair(), { clock: systemClock, signal }).then(
        (connection) => {
          const victim = link.address === 'memory:mallory'
          if (victim) mirrors.link({ connection, paired: () => false })
          else peers.push(new CraftedMirrors(connection))
          ends.push(connection)
        },
        () => {},
      )
    })
    transport.join(topic)
    await transport.start()
  }
  try {
    const peer = await until('a link', () => peers[0])
    const keyPair = NoiseSecretStream.keyPair()
    const other = { handshakeHash: Buffer.alloc(64), initiator: true }
    const signature = prove('mirror-node', other, keyPair)
    const node = { key: keyPair.publicKey, signature, free: 1, relay: null, name: 'forged' }
    peer.send.hello.send({ node, carries: 0 })
    await peer.dropped()
    expect([...nodes(mirrors)]).toEqual([])
  } finally {
    mirrors.close()
    for (const end of ends) end.close('the end')
    for (const transport of transports) await transport.stop()
  }
})
