import { afterEach, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { systemClock } from '../../core/clock.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import type { Link } from '../../core/transport.ts'
import multicastDns from 'multicast-dns'
import { BEACON_BYTES, decodeBeacon, encodeBeacon } from '../../transports/lan/beacon-codec.ts'
import { LanTransport } from '../../transports/lan/index.ts'
import { readSightings } from '../../transports/lan/mdns-records.ts'
import type { LanTransportOptions } from '../../transports/lan/index.ts'
import { systemNics } from '../../transports/lan/nics.ts'
import type { Nic } from '../../transports/lan/nics.ts'
import { PREFACE_MS } from '../../transports/preface/preface.ts'
import { patientClock } from '../compliance/patient-clock.ts'
import { until } from '../compliance/until.ts'

const TOPIC = randomBytes(32)

/** One device, and every link it was given. */
interface Device {
  readonly lan: LanTransport
  readonly links: Link[]
}

const devices: Device[] = []
const servers: Server[] = []

function device(options: Partial<LanTransportOptions> = {}): Device {
  const lan = new LanTransport({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    loopback: true,
    mdns: false,
    beacon: false,
    ...options,
  })
  const made: Device = { lan, links: [] }
  lan.join(TOPIC)
  lan.on('link', (link) => made.links.push(link))
  devices.push(made)
  return made
}

const here = (of: Device): string =>
  of.lan.addresses().find((address) => address.startsWith('127'))!
const open = (of: Device): Link[] => of.links.filter(({ stream }) => !stream.destroyed)

afterEach(async () => {
  await Promise.all(devices.splice(0).map(({ lan }) => lan.stop()))
  for (const server of servers.splice(0)) server.close()
})

async function listen(onsocket: Parameters<typeof createServer>[1] = () => {}): Promise<string> {
  const server = createServer(onsocket).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('an address typed by hand', () => {
  test('is dialled, and links once however often it is typed', async () => {
    const [a, b] = [device(), device()]
    await Promise.all([a.lan.start(), b.lan.start()])
    await Promise.all([a.lan.dial(here(b)), a.lan.dial(here(b))])
    await until('both ends', () => a.links.length === 1 && b.links.length === 1)
    await a.lan.dial(here(b))
    expect(open(a)).toHaveLength(1)
    expect(a.links[0]).toMatchObject({
      initiator: true,
      transport: 'lan',
      cost: 10,
      address: '127.0.0.1',
    })
  })

  test('is refused with what to do: nobody there, no Porchlight, nothing in common, oneself, off', async () => {
    const [a, b] = [device(), device()]
    await expect(a.lan.dial('127.0.0.1:4000')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await Promise.all([a.lan.start(), b.lan.start()])
    b.lan.leave(TOPIC)
    const other = await listen((socket) => socket.end('SSH-2.0-x\r\n'.repeat(20)))
    const gone = await listen()
    servers.pop()!.close()
    await expect(a.lan.dial(here(a))).rejects.toMatchObject({ code: 'BAD_ADDRESS' })
    await expect(a.lan.dial('8.8.8.8:4000')).rejects.toMatchObject({ code: 'BAD_ADDRESS' })
    for (const [address, says] of [
      [other, /port/],
      [gone, /nothing listens/],
      [here(b), /wants no links/],
    ] as const) {
      const dialled = a.lan.dial(address)
      await expect(dialled).rejects.toMatchObject({ code: 'UNREACHABLE' })
      await expect(dialled).rejects.toThrow(says)
    }
  })

  test('stops being dialled when the signal says so', async () => {
    const a = device()
    await a.lan.start()
    // Accepts and never says a word.
    const address = await listen((socket) => socket.on('error', () => {}))
    const controller = new AbortController()
    const dialled = a.lan.dial(address, controller.signal)
    controller.abort(new Error('enough'))
    await expect(dialled).rejects.toThrow('enough')
  })
})

describe('remembered addresses', () => {
  test('bring devices together without any announcement, and again after one was away', async () => {
    const [a, b] = [device(), device()]
    await Promise.all([a.lan.start(), b.lan.start()])
    a.lan.remember([here(b)])
    await until('a link', () => open(a).length === 1 && open(b).length === 1)
    expect(a.lan.known()).toContain(here(b))
    // The dialler's own port was told in the preface, so that the other side can dial back.
    expect(b.lan.known()).toEqual([here(a)])
    open(b)[0]!.stream.destroy()
    await until('a new link', () => a.links.length >= 2 && open(a).length === 1)
  })

  test('an address that turns out to be this device is forgotten', async () => {
    const a = device()
    await a.lan.start()
    a.lan.remember([here(a)])
    await until('it to be forgotten', () => a.lan.known().length === 0)
    expect(a.links).toHaveLength(0)
  })
})

describe('interfaces', () => {
  test('without any it is unavailable, and recovers by itself when one comes', async () => {
    let nics: readonly Nic[] = []
    const ports = { beacon: true, beaconPort: 47_491 }
    const [a, b] = [device({ ...ports, nics: () => nics }), device(ports)]
    await Promise.all([a.lan.start(), b.lan.start()])
    expect(a.lan.status).toMatchObject({
      state: 'unavailable',
      reason: expect.stringMatching(/Wi-Fi/),
    })
    nics = systemNics()
    await until('a link', () => open(a).length > 0)
    expect(a.lan.status).toEqual({ state: 'on' })
  })

  test('an address that vanishes takes its links along, so that peers dial anew', async () => {
    let nics = systemNics()
    const [a, b] = [device({ nics: () => nics }), device()]
    await Promise.all([a.lan.start(), b.lan.start()])
    await a.lan.dial(here(b))
    nics = []
    await until(
      'the link to end',
      () => open(a).length === 0 && a.lan.status.state === 'unavailable',
    )
    nics = systemNics()
    await until(
      'a new link by the remembered address',
      () => open(a).length > 0 && a.links.length > 1,
    )
  })

  test('a port in use is told, and taken once it is free', async () => {
    const blocker = createServer().listen(0, '::')
    await once(blocker, 'listening')
    const { port } = blocker.address() as AddressInfo
    const a = device({ port })
    await a.lan.start()
    expect(a.lan.status.state).toBe('unavailable')
    expect(a.lan.status.reason).toContain(String(port))
    expect(a.lan.addresses()).toEqual([])
    blocker.close()
    await until('the port to be taken', () => a.lan.status.state === 'on')
    expect(here(a)).toBe(`127.0.0.1:${port}`)
  })
})

describe('announcements', () => {
  test('a request is answered in no more bytes than it had; a stop says goodbye; each start has a new id', async () => {
    const a = device({ beacon: true, beaconPort: 47_493 })
    const watcher = createSocket({ type: 'udp4', reuseAddr: true })
    const heard: ReturnType<typeof decodeBeacon>[] = []
    watcher.on('message', (data) => heard.push(decodeBeacon(data)))
    await new Promise<void>((resolve) => watcher.bind(47_493, '0.0.0.0', resolve))
    const asker = createSocket('udp4')
    const replies: Buffer[] = []
    asker.on('message', (data) => replies.push(data))
    await new Promise<void>((resolve) => asker.bind(0, '127.0.0.4', resolve))
    asker.setBroadcast(true)
    await a.lan.start()
    await until('a first beacon', () => heard.length > 0)
    const id = heard[0]?.id
    const request = { id: 'ab'.repeat(8), port: 9, generation: 0, request: true, goodbye: false }
    asker.send(encodeBeacon(request), 47_493, '127.255.255.255')
    await until('a reply', () => replies.length > 0)
    expect(replies[0]?.length).toBeLessThanOrEqual(BEACON_BYTES)
    expect(decodeBeacon(replies[0]!)).toMatchObject({ id, request: false, goodbye: false })
    await a.lan.stop()
    await until('a goodbye', () => heard.some((beacon) => beacon?.goodbye && beacon.id === id))
    await a.lan.start()
    await until('another id', () =>
      heard.some(
        (beacon) => beacon && !beacon.goodbye && beacon.id !== id && beacon.id !== request.id,
      ),
    )
    await Promise.all(
      [watcher, asker].map((socket) => new Promise<void>((resolve) => socket.close(resolve))),
    )
  })

  test('mDNS is answered, survives malformed packets, and is withdrawn at a stop', async () => {
    const a = device({ mdns: true, mdnsPort: 47_494 })
    await a.lan.start()
    const port = Number(here(a).split(':')[1])
    const mdns = multicastDns({ port: 47_494, interface: '127.0.0.1', bind: '0.0.0.0' })
    const seen: string[] = []
    mdns.on('response', (packet) => {
      for (const sighting of readSightings(packet)) {
        if (sighting.port === port) seen.push(sighting.goodbye ? 'goodbye' : 'hello')
      }
    })
    let malformed = 0
    mdns.on('warning', () => (malformed += 1))
    await new Promise<void>((resolve) => mdns.on('ready', resolve))
    const junk = createSocket('udp4')
    await new Promise<void>((resolve) => junk.bind(0, '127.0.0.1', resolve))
    // By multicast, as of several sockets on a port only one gets what is sent to it alone.
    junk.setMulticastInterface('127.0.0.1')
    for (let i = 0; i < 50; i++) junk.send(randomBytes(i * 10), 47_494, '224.0.0.251')
    await until('the malformed packets', () => malformed > 0)
    await until('an answer to a question of its own', () => {
      mdns.query('_porchlight._tcp.local', 'PTR')
      return seen.length >= 3
    })
    await a.lan.stop()
    await until('the withdrawal', () => seen.includes('goodbye'))
    await new Promise<void>((resolve) => junk.close(resolve))
    await new Promise<void>((resolve) => mdns.destroy(resolve))
  })
})

describe('a hostile neighbour', () => {
  test('10,000 forged announcements: no link is lost, and an honest device still links', async () => {
    const ports = { beacon: true, beaconPort: 47_492 }
    const [a, b, c] = [device(ports), device(ports), device(ports)]
    await Promise.all([a.lan.start(), b.lan.start()])
    await until('a link', () => open(a).length === 1)
    const flood = createSocket('udp4')
    await new Promise<void>((resolve) => flood.bind(0, '127.0.0.3', resolve))
    flood.setBroadcast(true)
    for (let i = 0; i < 10_000; i++) {
      const forged = { id: randomBytes(8).toString('hex'), port: 1 + (i % 60_000), generation: 0 }
      flood.send(
        encodeBeacon({ ...forged, request: true, goodbye: false }),
        47_492,
        '127.255.255.255',
      )
      // Faster than this the system itself drops datagrams.
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await c.lan.start()
    await until('the honest device', () => open(c).length >= 2)
    expect(open(a).length).toBeGreaterThanOrEqual(1)
    await new Promise<void>((resolve) => flood.close(resolve))
  })

  test('a flood of connections that never finish: an honest device still gets in', async () => {
    const [a, b] = [device(), device()]
    await Promise.all([a.lan.start(), b.lan.start()])
    const port = Number(here(a).split(':')[1])
    let attempts = 0
    let going = true
    const held: ReturnType<typeof connect>[] = []
    const flood = async (): Promise<void> => {
      for (; going; attempts++) {
        const localAddress = `127.0.1.${1 + (attempts % 40)}`
        const socket = connect({ host: '127.0.0.1', port, localAddress }).on('error', () => {})
        held.push(socket.resume())
        if (held.length > 600) held.shift()!.destroy()
        if (attempts % 8 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const flooding = flood()
    await until('the flood to be under way', () => attempts > 1_000)
    // The flood is as fast as the machine: the kernel itself drops some of what comes, an honest dial among it.
    await until('the link', async () => {
      if (open(b).length === 0) await b.lan.dial(here(a)).catch(() => {})
      return open(a).length === 1 && open(b).length === 1
    })
    const during = attempts
    await until('the flood to go on', () => attempts > during + 1_000)
    expect(open(b)).toHaveLength(1)
    going = false
    await flooding
    for (const socket of held) socket.destroy()
  })

  test('an unfinished connection is cut after the eighth from the same address', async () => {
    const a = device({ clock: patientClock(PREFACE_MS) })
    await a.lan.start()
    const port = Number(here(a).split(':')[1])
    let cut = 0
    const sockets = Array.from({ length: 12 }, () =>
      connect(port, '127.0.0.1')
        .on('error', () => {})
        .on('close', () => (cut += 1))
        .resume(),
    )
    await until('four to be cut', () => cut === 4)
    expect(sockets.filter((socket) => !socket.destroyed)).toHaveLength(8)
    for (const socket of sockets) socket.destroy()
  })
})

test('a link listener that throws costs its link alone', async () => {
  const [a, b] = [device(), device()]
  a.lan.prependOnceListener('link', () => {
    throw new Error('a bug elsewhere')
  })
  await Promise.all([a.lan.start(), b.lan.start()])
  await b.lan.dial(here(a))
  await until('the link to end', () => b.links.length === 1 && open(b).length === 0)
  await b.lan.dial(here(a))
  await until('a second one', () => open(a).length === 1)
})

test('a topic has 32 bytes', () => {
  expect(() => device().lan.join(randomBytes(31))).toThrow(
    expect.objectContaining({ code: 'BAD_TOPIC' }),
  )
})
