import { afterEach, describe, expect, test } from '@jest/globals'
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import type { AddressInfo } from 'node:net'
import { seededRandom } from '../../core/random.ts'
import { NodeProbe } from '../../transports/dht/node-probe.ts'
import { UplinkWatch } from '../../transports/dht/uplink-watch.ts'
import { until } from '../compliance/until.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const NODES = [1, 2, 3, 4, 5].map((n) => ({ host: `192.0.2.${n}`, port: 49_737 }))

/** Answers for the nodes, or keeps silent. */
class FakeProbe extends NodeProbe {
  answers = true
  readonly asked: string[] = []

  constructor() {
    super({ random: seededRandom(1) })
  }

  override ask(nodes: readonly { host: string }[]): void {
    this.asked.push(...nodes.map(({ host }) => host))
    if (this.answers) queueMicrotask(() => this.onanswer())
  }
}

function watching(metered = false): {
  clock: VirtualClock
  probe: FakeProbe
  told: string[]
  watch: UplinkWatch
  world: { addresses: string[]; received: number }
} {
  const clock = new VirtualClock()
  const probe = new FakeProbe()
  const told: string[] = []
  const world = { addresses: ['eth0 10.0.0.2'], received: 0 }
  const watch = new UplinkWatch({
    clock,
    probe,
    metered,
    nodes: () => NODES,
    received: () => world.received,
    addresses: () => world.addresses,
    onup: (how) => told.push(how),
    ondown: () => told.push('down'),
  })
  return { clock, probe, told, watch, world }
}

describe('the watch on the uplink', () => {
  test('tells of the uplink once, and of its loss after some questions', async () => {
    const { clock, probe, told, watch } = watching()
    watch.start()
    await clock.run(60_000)
    expect(told).toEqual(['fresh'])
    const before = probe.asked.length
    await clock.run(60_000)
    expect(probe.asked.length - before).toBeLessThan(20)
    probe.answers = false
    await clock.run(12_000)
    expect(told).toEqual(['fresh', 'down'])
    watch.close()
  })

  test('its return is noticed within a second, however long it was away', async () => {
    const { clock, probe, told, watch } = watching()
    probe.answers = false
    watch.start()
    await clock.run(3_600_000)
    expect(told).toEqual(['down'])
    // An hour of questions stays small: some bytes twice, then once a second.
    expect(probe.asked.length).toBeLessThan(15_000)
    probe.answers = true
    await clock.run(1_000)
    expect(told).toEqual(['down', 'fresh'])
    expect(new Set(probe.asked).size).toBe(NODES.length)
    watch.close()
  })

  test('a hiccup is no loss, but links are asked for a sign of life', async () => {
    const { clock, probe, told, watch } = watching()
    watch.start()
    await clock.run(1_000)
    probe.answers = false
    watch.doubt()
    await clock.run(1_500)
    probe.answers = true
    await clock.run(3_000)
    expect(told).toEqual(['fresh', 'again'])
    watch.close()
  })

  test('links that carry bytes keep it on where no node answers', async () => {
    const { clock, probe, told, watch, world } = watching()
    watch.start()
    await clock.run(1_000)
    probe.answers = false
    for (let i = 0; i < 40; i++) {
      world.received += 100
      await clock.run(500)
    }
    expect(told).not.toContain('down')
    watch.close()
  })

  test('another address is noticed at once, and one more than before changes nothing', async () => {
    const { clock, told, watch, world } = watching()
    watch.start()
    await clock.run(1_000)
    world.addresses = ['eth0 10.0.0.2', 'eth1 10.9.0.2']
    await clock.run(1_000)
    expect(told).toEqual(['fresh'])
    world.addresses = ['eth1 10.9.0.2']
    await clock.run(1_000)
    expect(told).toEqual(['fresh', 'moved'])
    watch.close()
  })

  test('a metered line is asked seldom; a closed watch asks nothing', async () => {
    const { clock, probe, watch } = watching(true)
    watch.start()
    await clock.run(600_000)
    expect(probe.asked.length).toBeLessThan(15)
    watch.close()
    const before = probe.asked.length
    watch.doubt()
    await clock.run(600_000)
    expect(probe.asked).toHaveLength(before)
  })
})

describe('the probe', () => {
  let socket: Socket | undefined
  let probe: NodeProbe | undefined
  afterEach(() => {
    probe?.close()
    socket?.close()
    socket = undefined
  })

  async function node(): Promise<number> {
    const bound = createSocket('udp4')
    socket = bound
    bound.bind(0, '127.0.0.1')
    await new Promise((resolve) => bound.once('listening', resolve))
    return (bound.address() as AddressInfo).port
  }

  /** The answer of dht-rpc to a ping: to whom it goes, no id, no token. */
  function answer(ping: Buffer): Buffer {
    return Buffer.concat([Buffer.of(0x13, 0), ping.subarray(2, 4), Buffer.alloc(6)])
  }

  test('hears an answer once, and only to what it asked', async () => {
    const port = await node()
    let heard = 0
    const asking = new NodeProbe({ random: seededRandom(2) })
    probe = asking
    asking.onanswer = () => heard++
    const pings: Buffer[] = []
    socket!.on('message', (ping, { port: from }) => {
      pings.push(ping)
      const wrong = Buffer.from(answer(ping))
      wrong[2] = wrong[2]! ^ 1
      for (const bytes of [wrong, Buffer.of(1), answer(ping), answer(ping)]) {
        socket!.send(bytes, from, '127.0.0.1')
      }
    })
    asking.ask([{ host: '127.0.0.1', port }])
    await until('an answer', () => heard > 0)
    asking.ask([{ host: '127.0.0.1', port }])
    await until('another', () => heard > 1)
    expect([heard, pings.length]).toEqual([2, 2])
  })

  test('a name is looked up aside, and its last address is used where it is not found any more', async () => {
    const port = await node()
    let found = true
    let heard = 0
    const asking = new NodeProbe({
      random: seededRandom(3),
      resolve: (name) =>
        found && name === 'node.example'
          ? Promise.resolve('127.0.0.1')
          : Promise.reject(new Error('no name server')),
    })
    probe = asking
    asking.onanswer = () => heard++
    socket!.on('message', (ping, { port: from }) => socket!.send(answer(ping), from, '127.0.0.1'))
    const nodes = [
      { host: 'node.example', port },
      { host: 'unknown.example', port },
    ]
    const askAgain = (): boolean => {
      asking.ask(nodes)
      return heard > 0
    }
    await until('an answer', askAgain)
    found = false
    heard = 0
    await until('an answer without a name server', askAgain)
    expect(heard).toBeGreaterThan(0)
  })

  test('where there is no way it neither throws nor answers', async () => {
    const asking = new NodeProbe({ random: seededRandom(4) })
    probe = asking
    let heard = 0
    asking.onanswer = () => heard++
    asking.ask([{ host: '240.0.0.1', port: 9 }])
    await new Promise((resolve) => setImmediate(resolve))
    asking.close()
    asking.close()
    asking.ask([])
    expect(heard).toBe(0)
  })
})
