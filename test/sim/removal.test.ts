import { describe, expect, test } from '@jest/globals'
import type { RoomView } from '../../core/api.ts'
import { until } from '../compliance/until.ts'
import { opens, stopAndRead } from './closed-node.ts'
import type { ClosedRoom } from './closed-node.ts'
import { SEEDS } from './scale.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

type Nodes = readonly SimNode[]

function names(nodes: Nodes): string[] {
  return nodes.map(({ name }) => name)
}

function remove(world: SimWorld, by: SimNode, target: SimNode): Promise<void> {
  return by.engine.moderate(world.room, target.engine.personId, { act: 'remove' })
}

function view(world: SimWorld, node: SimNode): RoomView {
  return node.engine.rooms().find(({ id }) => id === world.room)!
}

async function texts(world: SimWorld, node: SimNode): Promise<string[]> {
  return (await node.messages(world.room)).map(({ text }) => text)
}

function members(world: SimWorld, node: SimNode): string {
  return node.engine
    .members(world.room)
    .map(({ name }) => name)
    .sort()
    .join()
}

/** All of these show just these messages, in one order. */
async function allShow(world: SimWorld, nodes: Nodes, wanted: readonly string[]): Promise<void> {
  const expected = [...wanted].sort().join('\n')
  await until(`all to show ${wanted.join()}`, async () => {
    const shown = await Promise.all(nodes.map((node) => texts(world, node)))
    const alike = shown.every((list) => list.join('\n') === shown[0]!.join('\n'))
    return alike && [...shown[0]!].sort().join('\n') === expected
  })
}

async function knowMembers(world: SimWorld, nodes: Nodes, wanted: Nodes): Promise<void> {
  const expected = names(wanted).sort().join()
  await until(`all to know that ${expected} are in`, () =>
    nodes.every((node) => members(world, node) === expected),
  )
}

/** The epoch in which a device wrote its last record. */
function lastEpoch({ records, state }: ClosedRoom, node: SimNode, device: string): number {
  const own = records.filter(({ log }) => state.logs.get(log.toString('hex'))!.device === device)
  if (own.length === 0) throw new Error(`${node.name} has no record of ${device}`)
  return own.at(-1)!.epoch
}

describe('removal', () => {
  test.concurrent.each(SEEDS)(
    'A20: %i: a removed device can not decrypt later messages, with all that it has',
    async (seed) => {
      await SimWorld.run(seed, { nodes: 4 }, async (world) => {
        const [ann, bob, cleo, eve] = world.nodes as [SimNode, SimNode, SimNode, SimNode]
        const stay = [ann, bob, cleo]
        await world.gather()
        for (const node of world.nodes) await node.send(world.room, `${node.name} before`)
        await world.agree(world.nodes, 4)
        await remove(world, ann, eve)
        await knowMembers(world, stay, stay)
        await until('the removed one to know', () => view(world, eve).state === 'removed')
        for (const node of stay) await node.send(world.room, `${node.name} after`)
        const before = ['n0 before', 'n1 before', 'n2 before', 'n3 before']
        const after = ['n0 after', 'n1 after', 'n2 after']
        await allShow(world, stay, [...before, ...after])
        await allShow(world, [eve], before)
        await expect(eve.engine.send(world.room, 'still here?')).rejects.toMatchObject({
          code: 'NOT_ALLOWED',
          message: expect.stringMatching(/removed/),
        })
        await until('no session with who is out', () =>
          stay.every((node) =>
            node.engine.peers().every(({ name, rooms }) => name !== 'n3' || rooms.length === 0),
          ),
        )
        const [kept, taken] = [await stopAndRead(bob), await stopAndRead(eve)]
        const room = Buffer.from(kept.record.key, 'hex')
        const late = kept.records.filter((record) => !opens(room, record, taken.epochs.values()))
        // Three texts of those who stay; acknowledgements may be among them too.
        expect(late.length).toBeGreaterThanOrEqual(3)
        for (const record of late) {
          expect(opens(room, record, kept.epochs.values())).toBe(true)
          expect(taken.epochs.has(record.epoch)).toBe(false)
        }
        expect(kept.state.epoch).not.toBe(0)
        expect(taken.epochs.has(kept.state.epoch)).toBe(false)
        const device = taken.keys.device.publicKey.toString('hex')
        expect(kept.state.epochs.get(kept.state.epoch)!.holders.has(device)).toBe(false)
      })
    },
  )

  test.concurrent.each(SEEDS)(
    'A21: %i: after two removals in a partition one more rotation excludes both',
    async (seed) => {
      await SimWorld.run(seed, { nodes: 5 }, async (world) => {
        const [ann, bob, cleo, dora, eve] = world.nodes as [
          SimNode,
          SimNode,
          SimNode,
          SimNode,
          SimNode,
        ]
        const stay = [ann, bob, cleo]
        await world.gather()
        const admin = { act: 'role', role: 'admin' } as const
        await ann.engine.moderate(world.room, bob.engine.personId, admin)
        await until('the second admin to know', () => view(world, bob).role === 'admin')
        await world.write(4)
        await world.agree(world.nodes, 4)
        // Each side still trusts the one that the other side removes.
        world.network.partition([names([ann, cleo, dora]), names([bob, eve])])
        await Promise.all([remove(world, ann, eve), remove(world, bob, dora)])
        await Promise.all([
          knowMembers(world, [ann, cleo, dora], [ann, bob, cleo, dora]),
          knowMembers(world, [bob, eve], [ann, bob, cleo, eve]),
        ])
        await Promise.all([ann, bob].map((node) => node.send(world.room, `${node.name} apart`)))
        world.network.heal()
        await knowMembers(world, stay, stay)
        const apart = ['n0 apart', 'n1 apart']
        await until('all that was said on both sides', async () => {
          const shown = await Promise.all(stay.map((node) => texts(world, node)))
          return shown.every((list) => apart.every((text) => list.includes(text)))
        })
        const devices = stay.map((node) => node.engine.deviceId)
        let said = 0
        const rotated = async (): Promise<boolean> => {
          for (const node of stay) await node.send(world.room, `${node.name} together ${said}`)
          said++
          await world.agree(stay, 6 + 3 * said)
          const rooms = await Promise.all(stay.map(stopAndRead))
          for (const node of stay) await node.start()
          const outsiders = [dora, eve].map((node) => node.engine.deviceId)
          const [{ state }] = rooms as [ClosedRoom]
          const current = state.epochs.get(state.epoch)!
          if (outsiders.some((device) => current.holders.has(device))) return false
          if (rooms.some((room) => room.state.epoch !== state.epoch)) return false
          // One on each side, and one more: devices that stop in the middle may each make it, one is used.
          expect(current.depth).toBe(2)
          expect(current.holders).toEqual(new Set(devices))
          for (const room of rooms) {
            // All who stay have all keys, of both sides too.
            expect(new Set(room.epochs.keys())).toEqual(new Set(room.state.epochs.keys()))
          }
          // On a slow side two may make it, too; each is for the one whom that side keeps.
          const sides = [...state.epochs.values()].filter(({ depth }) => depth === 1)
          const kept = sides.map(({ holders }) => outsiders.filter((one) => holders.has(one)))
          expect(kept.map((one) => one.length)).toEqual(sides.map(() => 1))
          expect(new Set(kept.flat())).toEqual(new Set(outsiders))
          return rooms.every((room, i) =>
            devices.every((device) => lastEpoch(room, stay[i]!, device) === state.epoch),
          )
        }
        await until('one rotation that excludes both', rotated)
        const used = (await stopAndRead(ann)).state.epoch
        for (const node of [dora, eve]) {
          const { epochs } = await stopAndRead(node)
          expect(epochs.has(used)).toBe(false)
        }
      })
    },
  )

  test.concurrent.each(SEEDS)(
    'A22: %i: late blocks of a removed writer are refused alike, also by who had them first',
    async (seed) => {
      await SimWorld.run(seed, { nodes: 4 }, async (world) => {
        const [ann, bob, cleo, eve] = world.nodes as [SimNode, SimNode, SimNode, SimNode]
        const stay = [ann, bob, cleo]
        await world.gather()
        await eve.send(world.room, 'early')
        await world.agree(world.nodes, 1)
        world.network.partition([names([ann, cleo]), names([bob, eve])])
        await remove(world, ann, eve)
        await knowMembers(world, [ann, cleo], stay)
        for (let n = 0; n < 5; n++) await eve.send(world.room, `late ${n}`)
        await until('the late ones at one neighbour', async () =>
          (await texts(world, bob)).includes('late 4'),
        )
        // What builds on them is not lost with them.
        await bob.send(world.room, 'an answer')
        await cleo.send(world.room, 'meanwhile')
        world.network.heal()
        await knowMembers(world, stay, stay)
        await allShow(world, stay, ['early', 'an answer', 'meanwhile'])
        await until('nothing to be missing', () =>
          stay.every((node) => view(world, node).missing === 0),
        )
        await eve.send(world.room, 'later still').catch(() => {})
        await ann.send(world.room, 'on')
        await allShow(world, stay, ['early', 'an answer', 'meanwhile', 'on'])
        // Over a restart, too: from the snapshot of who had them.
        await bob.stop()
        await bob.start()
        await allShow(world, stay, ['early', 'an answer', 'meanwhile', 'on'])
        const { records, state } = await stopAndRead(cleo)
        const theirs = records.filter(
          ({ log }) => state.logs.get(log.toString('hex'))!.person === eve.engine.personId,
        )
        expect(theirs).toHaveLength(1)
      })
    },
  )

  test('who was removed comes back with a fresh invite alone, and reads what is said from then on', async () => {
    await SimWorld.run(11, { nodes: 3 }, async (world) => {
      const [ann, bob, eve] = world.nodes as [SimNode, SimNode, SimNode]
      const { id } = await ann.engine.createRoom('Porch')
      world.room = id
      const old = await ann.engine.invite(id)
      for (const node of [bob, eve]) await node.engine.join(old, { patience: 120_000 })
      await eve.send(id, 'first stay')
      await world.agree(world.nodes, 1)
      await remove(world, ann, eve)
      await knowMembers(world, [ann, bob], [ann, bob])
      await until('the removed one to know', () => view(world, eve).state === 'removed')
      await ann.send(id, 'while away')
      await allShow(world, [ann, bob], ['first stay', 'while away'])
      await expect(eve.engine.join(old, { patience: 120_000 })).rejects.toMatchObject({
        code: 'NOT_ALLOWED',
        message: expect.stringMatching(/removed/),
      })
      const back = await eve.engine.join(await ann.engine.invite(id), { patience: 120_000 })
      expect(back.state).toBe('joined')
      await eve.send(id, 'second stay')
      await allShow(world, world.nodes, ['first stay', 'while away', 'second stay'])
    })
  })
})
