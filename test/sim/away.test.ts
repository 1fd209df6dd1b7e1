/** Rooms held by nodes that can read none of them: who is never there at the same time meets all the same. */
import { describe, expect, test } from '@jest/globals'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { PorchlightError } from '../../core/errors.ts'
import { readFacts } from '../../core/mirror/archive/mirror-file.ts'
import { until } from '../compliance/until.ts'
import { at, filesIn, held, meet, offer, restart, roomOf } from './blind-nodes.ts'
import { SEEDS } from './scale.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const CANARY = 'the canary sings at dawn'

async function ids(node: SimNode, room: string): Promise<string[]> {
  return (await node.messages(room)).map(({ id }) => id)
}

/** Resolves once a device shows these messages in this order. */
async function shows(node: SimNode, room: string, wanted: readonly string[]): Promise<void> {
  await until(
    `${node.name} to show ${wanted.length} messages`,
    async () => (await ids(node, room)).join() === wanted.join(),
  )
}

/** Bytes that a node's disk gives to what it holds for others. */
async function heldBytes(node: SimNode): Promise<number> {
  let bytes = 0
  // One that is being put in another's place may be gone by now.
  for (const path of await filesIn(join(node.dir, 'mirror'))) {
    bytes += await stat(path).then(
      ({ size }) => size,
      () => 0,
    )
  }
  return bytes
}

/** How many statements of people who want to come in wait at a node. */
async function waitingAt(node: SimNode): Promise<number> {
  const dirs = (await filesIn(join(node.dir, 'mirror')))
    .filter((path) => basename(path) === 'mirror.bin')
    .map((path) => dirname(path))
  const facts = await Promise.all(dirs.map((dir) => readFacts(dir)))
  return facts.reduce((sum, each) => sum + (each?.notes.length ?? 0), 0)
}

async function* once(data: Buffer): AsyncIterable<Buffer> {
  yield data
}

describe('a room that a node holds', () => {
  test.concurrent.each(SEEDS)(
    'R12, seed %i: two who are never there together have the same messages, through a node that restarts between and reads nothing',
    async (seed) => {
      await SimWorld.run(seed, { nodes: 3 }, async (world) => {
        const [ann, node, cleo] = world.nodes as [SimNode, SimNode, SimNode]
        await offer(node)
        const room = await roomOf(world, [ann, cleo])
        await cleo.engine.send(room, 'before')
        await until('it at ann', async () => (await ids(ann, room)).length === 1)
        meet(world, [ann, node])
        await until('the node', () => ann.engine.mirrors.nodes().length === 1)
        const view = await ann.engine.mirrors.add(room, node.name)
        expect(view).toMatchObject({ room, node: node.engine.deviceId, by: ann.engine.personId })
        for (let n = 0; n < 20; n++) await ann.send(room, `${CANARY} ${n}`)
        await held(ann, node, room)
        const sent = await ann.messages(room)
        expect(sent.slice(1).map(({ delivery }) => delivery)).toEqual(
          sent.slice(1).map(() => ({ state: 'carried', devices: 1 })),
        )
        await ann.stop()
        await restart(node)
        for (const path of await filesIn(node.dir)) {
          expect([path, (await readFile(path)).includes(CANARY)]).toEqual([path, false])
        }
        meet(world, [cleo, node])
        await shows(
          cleo,
          room,
          sent.map(({ id }) => id),
        )
        await cleo.send(room, 'answer')
        await held(cleo, node, room)
        const all = await ids(cleo, room)
        await cleo.stop()
        await ann.start()
        meet(world, [ann, node])
        await shows(ann, room, all)
        // It holds what it was given, whatever this device was told since; and is not taken for a reader.
        const own = (await ann.messages(room)).filter(({ own: mine }) => mine)
        for (const { delivery } of own) expect(delivery.devices).toBeGreaterThanOrEqual(1)
        const [device] = node.engine.rooms()
        expect(device).toBeUndefined()
      })
    },
  )

  test('a message that a node holds stays carried after a restart, the node away', async () => {
    await SimWorld.run(2, { nodes: 2 }, async (world) => {
      const [ann, node] = world.nodes as [SimNode, SimNode]
      await offer(node)
      const { id: room } = await ann.engine.createRoom('Porch')
      await until('the node', () => ann.engine.mirrors.nodes().length === 1)
      await ann.engine.mirrors.add(room, node.name)
      const { id } = await ann.send(room, 'hello')
      await held(ann, node, room)
      await node.stop()
      await restart(ann)
      await until('the message', async () => (await ids(ann, room)).includes(id))
      const [message] = await ann.messages(room)
      expect(message!.delivery).toEqual({ state: 'carried', devices: 1 })
      expect(ann.engine.mirrors.list(room)).toMatchObject([
        { state: 'away', behind: 0, name: node.name, until: expect.any(Number) },
      ])
      const later = await ann.send(room, 'and then')
      expect(later.delivery).toEqual({ state: 'saved', devices: 0 })
      expect(
        at(ann, { engine: { deviceId: ann.engine.mirrors.list()[0]!.node } } as never, room),
      ).toMatchObject({ behind: 1 })
    })
  })

  test('somebody comes in through a node alone, by its key in the invite, and nobody is found elsewhere', async () => {
    const transports = [{ id: 'dht', scope: 'global' as const }]
    await SimWorld.run(3, { nodes: 3, transports }, async (world) => {
      const [ann, node, cleo] = world.nodes as [SimNode, SimNode, SimNode]
      await offer(node)
      const { id: room } = await ann.engine.createRoom('Porch')
      meet(world, [ann, node])
      // Nobody meets a node of which nothing is known.
      expect(ann.engine.mirrors.nodes()).toEqual([])
      await ann.engine.mirrors.add(room, node.engine.deviceId)
      await ann.send(room, 'welcome')
      await held(ann, node, room)
      const invite = await ann.engine.invite(room)
      await held(ann, node, room)
      await ann.stop()
      meet(world, [cleo, node])
      const waiting = await cleo.engine.join(invite, { patience: 1 })
      expect(waiting.state).toBe('waiting')
      await until('the statement', async () => (await waitingAt(node)) === 1)
      await cleo.stop()
      await restart(node)
      await ann.start()
      meet(world, [ann, node])
      await until('cleo to be let in', () => ann.engine.members(room).length === 2)
      await held(ann, node, room)
      await ann.stop()
      await cleo.start()
      meet(world, [cleo, node])
      await until('cleo to be in', () =>
        cleo.engine.rooms().some(({ state }) => state === 'joined'),
      )
      await until('the welcome', async () => (await ids(cleo, room)).length === 1)
    })
  })

  test('A17: is deleted there on request: the bytes are free once the last of those who asked for it said so', async () => {
    await SimWorld.run(4, { nodes: 3 }, async (world) => {
      const [ann, node, cleo] = world.nodes as [SimNode, SimNode, SimNode]
      await offer(node)
      const empty = await heldBytes(node)
      const room = await roomOf(world, [ann, cleo])
      meet(world, [ann, node])
      await until('the node', () => ann.engine.mirrors.nodes().length === 1)
      await ann.engine.mirrors.add(room, node.name)
      for (let n = 0; n < 10; n++) await ann.send(room, 'x'.repeat(10_000))
      await held(ann, node, room)
      meet(world, [cleo, node])
      await shows(cleo, room, [...ann.acknowledged.keys()])
      await held(cleo, node, room)
      expect(await heldBytes(node)).toBeGreaterThan(empty + 100_000)
      // What is there already was said to be before the second deposit was written down.
      await until('both deposits', () => node.engine.mirrors.held().depositors === 2)
      expect(node.engine.mirrors.held().mirrors).toBe(1)
      meet(world, [ann, cleo])
      await ann.engine.mirrors.remove(room, node.name)
      await until('cleo to know', () => cleo.engine.mirrors.list(room).length === 0)
      meet(world, [ann, node])
      await until('one to go', () => node.engine.mirrors.held().depositors === 1)
      expect(node.engine.mirrors.held().mirrors).toBe(1)
      await restart(cleo)
      meet(world, [cleo, node])
      await until('all to go', () => node.engine.mirrors.held().mirrors === 0)
      await until('the bytes', async () => (await heldBytes(node)) < empty + 4096)
    })
  })

  test('R12: two nodes at two sites bring each other up to date in a room that neither reads', async () => {
    await SimWorld.run(5, { nodes: 4 }, async (world) => {
      const [ann, hall, pub, cleo] = world.nodes as [SimNode, SimNode, SimNode, SimNode]
      await offer(hall, pub)
      const room = await roomOf(world, [ann, cleo])
      for (const node of [hall, pub]) await ann.engine.mirrors.add(room, node.engine.deviceId)
      await until('cleo to know both', () => cleo.engine.mirrors.list(room).length === 2)
      meet(world, [ann, hall], [pub, cleo])
      for (const member of [ann, cleo]) {
        for (let n = 0; n < 5; n++) await member.send(room, `${n} ${'x'.repeat(8_000)}`)
      }
      await held(ann, hall, room)
      await held(cleo, pub, room)
      const bytes = (): number[] => [hall, pub].map(({ engine }) => engine.mirrors.held().bytes)
      const apart = bytes()
      meet(world, [hall, pub])
      await until('the nodes to hold what both held', () =>
        bytes().every((now, n) => now > apart[n]! + 40_000),
      )
      meet(world, [ann, hall], [pub, cleo])
      await world.agree([ann, cleo], 10)
      const order = await ids(ann, room)
      // The same order as on one network.
      meet(world, [ann, cleo])
      expect(await world.agree([ann, cleo], 10)).toEqual(order)
    })
  })

  test('A16: members tell a node of who came later; A22: what one removed brings there afterwards is refused alike', async () => {
    await SimWorld.run(6, { nodes: 4 }, async (world) => {
      const [ann, node, cleo, dan] = world.nodes as [SimNode, SimNode, SimNode, SimNode]
      await offer(node)
      const room = await roomOf(world, [ann, cleo])
      await ann.engine.mirrors.add(room, node.engine.deviceId)
      await until('cleo to know', () => cleo.engine.mirrors.list(room).length === 1)
      meet(world, [ann, node])
      await held(ann, node, room)
      meet(world, [ann, dan])
      await dan.engine.join(await ann.engine.invite(room), { patience: 120_000 })
      const { id: early } = await dan.send(room, 'I am new')
      await until('it at ann', async () => (await ids(ann, room)).includes(early))
      meet(world, [ann, node])
      await held(ann, node, room)
      meet(world, [cleo, node])
      await shows(cleo, room, [early])
      meet(world, [ann, node])
      await ann.engine.moderate(room, dan.engine.personId, { act: 'remove' })
      await held(ann, node, room)
      meet(world, [dan])
      await dan.send(room, 'you do not hear me')
      // He still knows the key of what the node holds.
      meet(world, [dan, node])
      await until(
        'the node to hold it, or to have told him that he is out',
        () => dan.engine.rooms()[0]?.state !== 'joined' || at(dan, node, room)?.state === 'stored',
      )
      meet(world, [ann, cleo, node])
      await ann.send(room, 'and so on')
      expect(await world.agree([ann, cleo], 2)).toHaveLength(2)
    })
  })

  test('A18: a medium brings what is said and sent from one site to another that it never meets', async () => {
    await SimWorld.run(7, { nodes: 2 }, async (world) => {
      const [ann, cleo] = world.nodes as [SimNode, SimNode]
      const room = await roomOf(world, [ann, cleo])
      const medium = join(ann.dir, '..', 'medium')
      await mkdir(medium)
      meet(world, [ann], [cleo])
      const { id } = await ann.send(room, CANARY)
      const picture = world.random.bytes(100_000)
      const sent = await ann.engine.files.sendBytes(room, 'picture.bin', once(picture))
      const written = await ann.engine.mirrors.carry(medium)
      expect(written).toMatchObject({ rooms: 1, mirrors: 0, problems: [], written: { files: 1 } })
      for (const path of await filesIn(medium)) {
        expect([path, (await readFile(path)).includes(CANARY)]).toEqual([path, false])
      }
      await cleo.engine.mirrors.carry(medium)
      await until('the message', async () => (await ids(cleo, room)).includes(id))
      await until(
        'the file to be known',
        async () => (await cleo.engine.files.list(room)).length === 1,
      )
      // Records came before files, which are found by them.
      const read = await cleo.engine.mirrors.carry(medium)
      expect(read.problems).toEqual([])
      const { path } = await cleo.engine.files.get(room, sent.id)
      expect((await readFile(path)).equals(picture)).toBe(true)
      expect(await ids(cleo, room)).toEqual(await ids(ann, room))
    })
  })

  test('who may ask for it and take it back, and what is said to whom may not', async () => {
    await SimWorld.run(8, { nodes: 3 }, async (world) => {
      const [ann, node, bob] = world.nodes as [SimNode, SimNode, SimNode]
      const { id: room } = await ann.engine.createRoom('Porch')
      const invite = await ann.engine.invite(room, { role: 'reader' })
      await bob.engine.join(invite, { patience: 120_000 })
      const { mirrors } = ann.engine
      const code = async (work: Promise<unknown>): Promise<string> =>
        work.then(
          () => 'done',
          (error: unknown) => (error as PorchlightError).code,
        )
      // An ordinary device tells nobody who it is.
      expect(mirrors.nodes()).toEqual([])
      expect(await code(mirrors.add(room, node.name))).toBe('NOT_FOUND')
      expect(await code(mirrors.add(room, ann.engine.deviceId))).toBe('BAD_REQUEST')
      expect(await code(mirrors.add('0'.repeat(32), node.engine.deviceId))).toBe('NOT_FOUND')
      expect(await code(mirrors.setSettings({ quota: -1 }))).toBe('BAD_REQUEST')
      await offer(node)
      await until('the node', () => mirrors.nodes().length === 1)
      expect(mirrors.nodes()[0]).toMatchObject({ id: node.engine.deviceId, name: node.name })
      const peer = ann.engine.peers().find(({ id }) => id === node.engine.deviceId)
      expect(peer).toMatchObject({ name: node.name, rooms: [] })
      await until('it at bob', () => bob.engine.mirrors.nodes().length === 1)
      expect(await code(bob.engine.mirrors.add(room, node.name))).toBe('NOT_ALLOWED')
      await mirrors.add(room, node.name)
      // Said twice it is one.
      await mirrors.add(room, node.engine.deviceId.slice(0, 12))
      expect(mirrors.list()).toHaveLength(1)
      expect(mirrors.nodes()[0]!.rooms).toEqual([room])
      await until('it to be known', () => bob.engine.mirrors.list(room).length === 1)
      expect(await code(bob.engine.mirrors.remove(room, node.name))).toBe('NOT_ALLOWED')
      await held(ann, node, room)
      await held(bob, node, room)
      expect(node.engine.mirrors.held()).toMatchObject({ mirrors: 1, depositors: 2 })
      await node.engine.mirrors.drop('all')
      expect(node.engine.mirrors.held()).toMatchObject({ mirrors: 0, depositors: 0, bytes: 0 })
      await mirrors.remove(room, node.name)
      expect(await code(mirrors.remove(room, node.name))).toBe('NOT_FOUND')
      expect(mirrors.list()).toEqual([])
      // One that offers nothing any more is nobody again, and what it decided stays so.
      await node.engine.mirrors.setSettings({ neighbourhood: false, carry: false })
      await until('it to be gone', () => mirrors.nodes().length === 0)
      await restart(node)
      expect(node.engine.mirrors.settings).toMatchObject({ neighbourhood: false, carry: false })
    })
  })

  test('one that refuses says why, and takes it once there is space', async () => {
    await SimWorld.run(9, { nodes: 2 }, async (world) => {
      const [ann, node] = world.nodes as [SimNode, SimNode]
      await node.engine.mirrors.setSettings({ neighbourhood: true, quota: 1024 * 1024 })
      const { id: room } = await ann.engine.createRoom('Porch')
      await until('the node', () => ann.engine.mirrors.nodes().length === 1)
      await ann.engine.mirrors.add(room, node.name)
      for (let n = 0; n < 60; n++) await ann.send(room, 'x'.repeat(15_000))
      await until('a refusal', () => at(ann, node, room)?.state === 'refused')
      const refused = at(ann, node, room)!
      expect(refused.reason).toMatch(/stays|Nothing|holds as much|no space/)
      expect(refused.behind).toBeGreaterThan(0)
      const last = (await ann.messages(room)).at(-1)!
      expect(last.delivery).toEqual({ state: 'saved', devices: 0 })
      await node.engine.mirrors.setSettings({ quota: 64 * 1024 * 1024 })
      await held(ann, node, room)
    })
  })
})
