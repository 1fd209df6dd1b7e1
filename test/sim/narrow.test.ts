/** Engines over links as narrow as a radio's: tens of kB a second, small pieces, stalls of seconds. */
import { describe, expect, test } from '@jest/globals'
import { setTimeout as pause } from 'node:timers/promises'
import type { Conditions } from '../../transports/memory/index.ts'
import { until } from '../compliance/until.ts'
import { held, meet, offer, roomOf } from './blind-nodes.ts'
import { expectConvergence, expectTruth } from './invariants.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const KB = 1_000
const LIMIT = 240_000
const BLE = { id: 'ble', cost: 30, narrow: true }
const LAN = { id: 'lan', cost: 10 }
const DHT = { id: 'dht', cost: 20, scope: 'global' } as const
const RADIO: Partial<Conditions> = { bandwidth: 60 * KB, latency: 15, jitter: 5 }

async function* bytes(size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; at += 50 * KB) yield Buffer.alloc(Math.min(50 * KB, size - at), at)
}

/** The transports by which a device has others, each other with one. */
function paths({ engine }: SimNode): string[] {
  return engine.peers().map(({ transport }) => transport)
}

async function texts(node: SimNode, room: string): Promise<string[]> {
  return (await node.messages(room)).flatMap((m) => (m.kind === 'text' ? [m.text] : []))
}

/** Every 5 s nothing passes for 2 s, until the signal. */
async function stall({ network }: SimWorld, signal: AbortSignal): Promise<void> {
  const options = { signal }
  try {
    for (;;) {
      await pause(3_000, undefined, options)
      network.partition([['n0'], ['n1']], 'black-hole')
      await pause(2_000, undefined, options)
      network.heal()
    }
  } catch {
    network.heal()
  }
}

describe('over a radio', () => {
  test('R9: at 20 kB/s with stalls of 2 s, 100 messages are all there, none doubled, before any file byte', async () => {
    await SimWorld.run(61, { nodes: 2, transports: [BLE] }, async (world) => {
      const [ann, bob] = world.nodes as [SimNode, SimNode]
      await world.gather()
      const { room, network } = world
      network.shape({ ...RADIO, bandwidth: 20 * KB })
      const { id } = await ann.engine.files.sendBytes(room, 'map', bytes(500 * KB))
      const file = async (): Promise<{ have: number } | undefined> =>
        (await bob.engine.files.list(room))[0]
      await until('the file’s message', async () => (await file()) !== undefined, LIMIT)
      const over = new AbortController()
      const stalling = stall(world, over.signal)
      const sent = Array.from({ length: 100 }, (_, n) => `${n} `.repeat(500))
      await Promise.all(sent.map((text) => ann.send(room, text)))
      // A person asks for it, so that the limit of the transport is not what keeps it back.
      await bob.engine.files.fetch(room, id)
      await until('the messages', async () => (await texts(bob, room)).length >= 100, LIMIT)
      expect((await file())!.have).toBe(0)
      expect((await texts(bob, room)).sort()).toEqual(sent.sort())
      over.abort()
      await stalling
      await until('a part of the file', async () => (await file())!.have > 0, LIMIT)
      network.shape({})
      await until('all of it', async () => (await file())!.have === 500 * KB, LIMIT)
    })
  }, 600_000)

  test('a file comes by itself up to 64 kB, and beyond that when a person asks', async () => {
    const options = { nodes: 2, transports: [BLE], conditions: RADIO }
    await SimWorld.run(62, options, async (world) => {
      const [ann, bob] = world.nodes as [SimNode, SimNode]
      await world.gather()
      const { room } = world
      const { files } = ann.engine
      const large = await files.sendBytes(room, 'large', bytes(65 * KB))
      await files.sendBytes(room, 'small', bytes(64 * KB))
      const has = async (name: string): Promise<number> =>
        (await bob.engine.files.list(room)).find((file) => file.name === name)?.have ?? -1
      await until('the small one', async () => (await has('small')) === 64 * KB, LIMIT)
      expect(await has('large')).toBe(0)
      await bob.engine.files.fetch(room, large.id)
      await until('the large one', async () => (await has('large')) === 65 * KB, LIMIT)
    })
  }, 300_000)

  test('who is in reach of a radio alone and who of the network alone read each other through one who has both', async () => {
    await SimWorld.run(63, { nodes: 3, transports: [BLE, LAN] }, async (world) => {
      const [ann, bob, cleo] = world.nodes as [SimNode, SimNode, SimNode]
      await ann.engine.switchTransport('lan', false)
      await cleo.engine.switchTransport('ble', false)
      world.network.shape(RADIO, { transport: 'ble' })
      await world.gather()
      await ann.send(world.room, 'from the field')
      await cleo.send(world.room, 'from the house')
      const reads = async (node: SimNode, text: string): Promise<boolean> =>
        (await texts(node, world.room)).includes(text)
      await until('the house to read it', () => reads(cleo, 'from the field'), LIMIT)
      await until('the field to read it', () => reads(ann, 'from the house'), LIMIT)
      await expectConvergence(world)
      expect(
        world.network
          .links()
          .map((pair) => pair.join(' '))
          .sort(),
      ).toEqual(['n0 n1', 'n1 n2'])
      expect(paths(bob).sort()).toEqual(['ble', 'lan'])
    })
  }, 300_000)

  test('a node that offers space is brought a room, its file too, and brings it to who comes later', async () => {
    await SimWorld.run(65, { nodes: 3, transports: [BLE] }, async (world) => {
      const [ann, node, bob] = world.nodes as [SimNode, SimNode, SimNode]
      const room = await roomOf(world, [ann, bob])
      meet(world, [ann])
      await Promise.all(Array.from({ length: 150 }, (_, n) => ann.send(room, `old ${n}`)))
      await ann.engine.files.sendBytes(room, 'map', bytes(40 * KB))
      await offer(node)
      world.network.shape({ ...RADIO, bandwidth: 30 * KB })
      meet(world, [ann, node])
      await until('the node', () => ann.engine.mirrors.nodes().length === 1, LIMIT)
      await ann.engine.mirrors.add(room, node.engine.deviceId)
      await held(ann, node, room, 1)
      meet(world, [node, bob])
      await until('all texts', async () => (await texts(bob, room)).length === 150, LIMIT)
      const have = async (): Promise<number> => (await bob.engine.files.list(room))[0]?.have ?? 0
      await until('the file', async () => (await have()) === 40 * KB, LIMIT)
    })
  }, 300_000)

  test('members with a neighbour between them talk through that one’s radio, and a file waits for a person there too', async () => {
    await SimWorld.run(66, { nodes: 3, transports: [BLE, LAN] }, async (world) => {
      const [ann, bob, cleo] = world.nodes as [SimNode, SimNode, SimNode]
      const room = await roomOf(world, [ann, cleo])
      world.network.shape(RADIO, { transport: 'ble' })
      await ann.engine.switchTransport('lan', false)
      await cleo.engine.switchTransport('ble', false)
      meet(world, [ann, bob, cleo])
      await until('a circuit', () => paths(ann).includes('circuit'), LIMIT)
      await ann.engine.files.sendBytes(room, 'map', bytes(100 * KB))
      await ann.send(room, 'through you')
      const reads = async (node: SimNode, text: string): Promise<boolean> =>
        (await texts(node, room)).includes(text)
      await until('it to be read', () => reads(cleo, 'through you'), LIMIT)
      const [file] = await cleo.engine.files.list(room)
      expect(file!.have).toBe(0)
      await cleo.engine.files.fetch(room, file!.id)
      await cleo.send(room, 'and back')
      await until('the answer', () => reads(ann, 'and back'), LIMIT)
      const whole = async (): Promise<boolean> =>
        (await cleo.engine.files.list(room))[0]!.have === 100 * KB
      await until('the file', whole, LIMIT)
    })
  }, 300_000)

  test.each([
    ['radio', BLE],
    ['radio without a key that stays', { ...BLE, anonymous: true }],
  ])(
    'R13: with network, internet and %s at once one session is kept, takes over both ways, and nothing is lost or doubled',
    async (_what, radio) => {
      const transports = [LAN, DHT, radio]
      await SimWorld.run(64, { nodes: 2, transports }, async (world) => {
        const [ann, bob] = world.nodes as [SimNode, SimNode]
        world.network.shape(RADIO, { transport: 'ble' })
        await world.gather()
        const alone = (path: string): Promise<boolean> =>
          until(
            `${path} alone`,
            () =>
              [ann, bob].every((node) => paths(node).join() === path) &&
              world.network.links().length === 1,
            LIMIT,
          )
        await alone('lan')
        for (const [gone, next] of [
          ['lan', 'dht'],
          ['dht', 'ble'],
        ] as const) {
          await world.write(3)
          const between = world.write(4)
          ann.transports.get(gone)!.unplug('out of reach')
          await between
          await alone(next)
        }
        for (const back of ['dht', 'lan'] as const) {
          const between = world.write(4)
          ann.transports.get(back)!.plug()
          await between
          await alone(back)
        }
        await world.write(3)
        await expectTruth(world)
        await expectConvergence(world)
      })
    },
    300_000,
  )
})
