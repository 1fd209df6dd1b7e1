import { describe, expect, test } from '@jest/globals'
import { setTimeout as pause } from 'node:timers/promises'
import type { InviteView } from '../../core/api.ts'
import { parseMessageId } from '../../core/room/message-id.ts'
import { until } from '../compliance/until.ts'
import { stopAndRead } from './closed-node.ts'
import { JumpClock } from './jump-clock.ts'
import { SEEDS } from './scale.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const HOUR = 3_600_000

function members(world: SimWorld, node: SimNode): string {
  return node.engine
    .members(world.room)
    .map(({ name, devices }) => `${name}:${devices.length}`)
    .sort()
    .join()
}

async function knowMembers(
  world: SimWorld,
  nodes: readonly SimNode[],
  wanted: string,
): Promise<void> {
  await until(`all to know of ${wanted}`, () =>
    nodes.every((node) => members(world, node) === wanted),
  )
}

function onlyInvite(world: SimWorld, node: SimNode): InviteView {
  const invites = node.engine.invites(world.room)
  expect(invites).toHaveLength(1)
  return invites[0]!
}

async function inRoom(world: SimWorld, node: SimNode): Promise<void> {
  await until(`${node.name} to be in`, () => world.joined(node))
}

describe('letting in', () => {
  test.concurrent.each(SEEDS)(
    'R11: %i: the same invite twice, and two admins at once, give one membership and no stuck state',
    async (seed) => {
      await SimWorld.run(seed, { nodes: 3 }, async (world) => {
        const [ann, bob, cleo] = world.nodes as [SimNode, SimNode, SimNode]
        world.room = (await ann.engine.createRoom('Porch')).id
        await bob.engine.join(await ann.engine.invite(world.room), { patience: 120_000 })
        await inRoom(world, bob)
        const admin = { act: 'role', role: 'admin' } as const
        await ann.engine.moderate(world.room, bob.engine.personId, admin)
        const invite = await ann.engine.invite(world.room, { uses: 1 })
        await until('both to know the invite', () => bob.engine.invites(world.room).length === 2)
        // Both admins meet the joiner while they are apart, one after the other.
        world.network.partition([[ann.name], [bob.name, cleo.name]])
        const twice = [1, 2].map(() => cleo.engine.join(invite, { patience: 120_000 }))
        for (const view of await Promise.all(twice)) expect(view.state).toBe('joined')
        await bob.stop()
        world.network.partition([[ann.name, cleo.name]])
        await knowMembers(world, [ann, cleo], 'n0:1,n1:1,n2:1')
        expect((await cleo.engine.join(invite)).state).toBe('joined')
        await bob.start()
        world.network.heal()
        await cleo.send(world.room, 'in')
        await world.agree(world.nodes, 1)
        await knowMembers(world, world.nodes, 'n0:1,n1:1,n2:1')
        expect(cleo.engine.rooms()).toHaveLength(1)
        const used = ann.engine.invites(world.room).find(({ uses }) => uses === 1)!
        expect(used).toMatchObject({ used: 1, state: 'used-up' })
        expect((await stopAndRead(cleo)).record.logs).toBe(1)
      })
    },
  )

  test('two admins who both let someone in while apart agree afterwards', async () => {
    await SimWorld.run(5, { nodes: 3 }, async (world) => {
      const [ann, bob, cleo] = world.nodes as [SimNode, SimNode, SimNode]
      world.room = (await ann.engine.createRoom('Porch')).id
      const invite = await ann.engine.invite(world.room)
      await bob.engine.join(invite, { patience: 120_000 })
      await inRoom(world, bob)
      // The joiner meets both in the same moment.
      world.network.partition([[ann.name, bob.name], [cleo.name]])
      await cleo.engine.join(invite, { patience: 1 })
      world.network.heal()
      await inRoom(world, cleo)
      await knowMembers(world, world.nodes, 'n0:1,n1:1,n2:1')
      await world.write(6)
      await world.agree(world.nodes, 6)
      expect(onlyInvite(world, cleo)).toMatchObject({ used: 2, state: 'open' })
    })
  })

  test.concurrent.each(SEEDS)(
    '%i: revoking wins over who is being let in elsewhere at the same time, and keeps who was in',
    async (seed) => {
      await SimWorld.run(seed, { nodes: 4 }, async (world) => {
        const [ann, bob, cleo, dora] = world.nodes as [SimNode, SimNode, SimNode, SimNode]
        world.room = (await ann.engine.createRoom('Porch')).id
        const invite = await ann.engine.invite(world.room)
        for (const node of [bob, cleo]) {
          await node.engine.join(invite, { patience: 120_000 })
          await inRoom(world, node)
        }
        await until('all to know', () =>
          [ann, bob, cleo].every((node) => node.engine.members(world.room).length === 3),
        )
        world.network.partition([
          [ann.name, cleo.name],
          [bob.name, dora.name],
        ])
        await dora.engine.join(invite, { patience: 120_000 })
        await inRoom(world, dora)
        await dora.send(world.room, 'from the back door')
        await ann.engine.revoke(world.room, onlyInvite(world, ann).id)
        world.network.heal()
        await knowMembers(world, [ann, bob, cleo], 'n0:1,n1:1,n2:1')
        await until('who came by it to be out', () => !world.joined(dora))
        await ann.send(world.room, 'without')
        await until('the same everywhere', async () => {
          const shown = await Promise.all([ann, bob, cleo].map((n) => n.messages(world.room)))
          return shown.every((list) => list.map(({ text }) => text).join() === 'without')
        })
        for (const node of [ann, bob, cleo]) {
          expect(onlyInvite(world, node)).toMatchObject({ state: 'revoked' })
        }
        // Its bearer had the key meanwhile, so there is a new one.
        await until('a key that it does not have', async () => {
          const { id } = await ann.send(world.room, 'is there a new one?')
          await until('word to come', async () =>
            (await bob.messages(world.room)).some((message) => message.id === id),
          )
          const { state } = await stopAndRead(bob)
          await bob.start()
          return !state.epochs.get(state.epoch)!.holders.has(dora.engine.deviceId)
        })
      })
    },
  )

  test('an invite ends by its uses, its time and by whoever may end it, and says so', async () => {
    const clock = new JumpClock()
    await SimWorld.run(6, { nodes: 4, clock: () => clock }, async (world) => {
      const [ann, bob, cleo, dora] = world.nodes as [SimNode, SimNode, SimNode, SimNode]
      world.room = (await ann.engine.createRoom('Porch')).id
      const refused = (words: RegExp): object => ({
        code: 'NOT_ALLOWED',
        message: expect.stringMatching(words),
      })
      const once = await ann.engine.invite(world.room, { uses: 1 })
      await bob.engine.join(once, { patience: 120_000 })
      await expect(cleo.engine.join(once, { patience: 120_000 })).rejects.toMatchObject(
        refused(/as often/),
      )
      const short = await bob.engine.invite(world.room, { expiresIn: HOUR, role: 'reader' })
      clock.jump(2 * HOUR)
      await expect(cleo.engine.join(short, { patience: 120_000 })).rejects.toMatchObject(
        refused(/expired/),
      )
      const third = await ann.engine.invite(world.room, { role: 'reader' })
      await until('all to be known', () =>
        [ann, bob].every((node) => node.engine.invites(world.room).length === 3),
      )
      const list = ann.engine.invites(world.room)
      expect(list.map(({ state }) => state)).toEqual(['used-up', 'expired', 'open'])
      expect(list.map(({ role }) => role)).toEqual(['member', 'reader', 'reader'])
      expect(list[1]).toMatchObject({ by: bob.engine.personId, used: 0, uses: null })
      await expect(bob.engine.revoke(world.room, list[2]!.id)).rejects.toMatchObject(
        refused(/who made it, or an admin/),
      )
      await expect(ann.engine.revoke(world.room, '00')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await ann.engine.revoke(world.room, list[1]!.id)
      await cleo.engine.join(third, { patience: 120_000 })
      await inRoom(world, cleo)
      await expect(cleo.engine.invite(world.room)).rejects.toMatchObject(refused(/As reader/))
      await expect(bob.engine.invite(world.room, { role: 'moderator' })).rejects.toMatchObject(
        refused(/an admin or a moderator/),
      )
      await expect(ann.engine.invite(world.room, { uses: 0 })).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      })
      // A reader's device lets nobody in, and the joiner waits for one that may.
      world.network.partition([[cleo.name, dora.name], [ann.name]])
      const open = await ann.engine.invite(world.room)
      expect((await dora.engine.join(open, { patience: 1_500 })).state).toBe('waiting')
      world.network.heal()
      await inRoom(world, dora)
    })
  })
})

describe('moderation', () => {
  test('each refusal says who may, and what is done is done everywhere', async () => {
    await SimWorld.run(7, { nodes: 4 }, async (world) => {
      const [ann, bob, cleo, dora] = world.nodes as [SimNode, SimNode, SimNode, SimNode]
      await world.gather()
      const moderate = (by: SimNode, on: SimNode, act: 'remove' | 'mute' | 'ban'): Promise<void> =>
        by.engine.moderate(
          world.room,
          on.engine.personId,
          act === 'remove' ? { act } : { act, on: true },
        )
      const refused = (words: RegExp): object => ({
        code: 'NOT_ALLOWED',
        message: expect.stringMatching(words),
      })
      await expect(moderate(bob, cleo, 'remove')).rejects.toMatchObject(
        refused(/As member .* an admin or a moderator of the room can/),
      )
      const role = { act: 'role', role: 'moderator' } as const
      await expect(
        bob.engine.moderate(world.room, cleo.engine.personId, role),
      ).rejects.toMatchObject(refused(/an admin of the room can/))
      await ann.engine.moderate(world.room, bob.engine.personId, role)
      await until('the moderator to know', () => bob.engine.rooms()[0]!.role === 'moderator')
      await expect(moderate(bob, ann, 'mute')).rejects.toMatchObject(
        refused(/As moderator .* mute an admin.*; an admin of the room can/),
      )
      await expect(moderate(bob, bob, 'remove')).rejects.toMatchObject({ code: 'BAD_REQUEST' })
      await expect(
        bob.engine.moderate(world.room, '00'.repeat(32), { act: 'remove' }),
      ).rejects.toMatchObject({ code: 'NOT_FOUND' })

      await cleo.send(world.room, 'loud')
      await world.agree(world.nodes, 1)
      world.network.partition([[ann.name, bob.name, dora.name], [cleo.name]])
      await moderate(bob, cleo, 'mute')
      const { id } = await cleo.send(world.room, 'unheard')
      world.network.heal()
      const muted = (node: SimNode): boolean =>
        node.engine.members(world.room).some(({ name, muted: is }) => name === 'n2' && is)
      await until('all to know', () => world.nodes.every(muted))
      await expect(cleo.send(world.room, 'no')).rejects.toMatchObject(refused(/You are muted/))
      // What is not known of when the silence ends is heard after it.
      const { prefix, seq } = parseMessageId(id)!
      let patience = 100
      await until('it to be known of where the silence ends', async () => {
        const { lengths } = await stopAndRead(bob)
        await bob.start()
        if (lengths.get(prefix)! > seq) return true
        await pause((patience *= 2))
        return false
      })
      const off = { act: 'mute', on: false } as const
      await bob.engine.moderate(world.room, cleo.engine.personId, off)
      await until('the muted one to know', () => !muted(cleo))
      await cleo.send(world.room, 'soft')
      await until('it to be shown', async () => {
        const shown = await Promise.all(world.nodes.map((node) => node.messages(world.room)))
        return shown.every((list) => list.map(({ text }) => text).join() === 'loud,soft')
      })

      await moderate(bob, dora, 'ban')
      await until('the banned one to know', () => dora.engine.rooms()[0]!.state === 'removed')
      const fresh = await bob.engine.invite(world.room)
      await expect(dora.engine.join(fresh, { patience: 120_000 })).rejects.toMatchObject(
        refused(/removed/),
      )
      const lifted = { act: 'ban', on: false } as const
      await bob.engine.moderate(world.room, dora.engine.personId, lifted)
      const later = await bob.engine.invite(world.room)
      expect((await dora.engine.join(later, { patience: 120_000 })).state).toBe('joined')
    })
  })
})
