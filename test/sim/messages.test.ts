import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { MessageView } from '../../core/api.ts'
import { until } from '../compliance/until.ts'
import { png } from '../unit/core-message-pictures.ts'
import { JumpClock } from './jump-clock.ts'
import { SEEDS } from './scale.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const HOUR = 3_600_000

/** What everybody must see alike of a message. */
function shown({ id, kind, text, reactions, replyTo, mentions, pinned, expiresAt }: MessageView) {
  const counts = reactions?.map(({ emoji, count }) => [emoji, count])
  return { id, kind, text, counts, replyTo, mentions, pinned, expiresAt }
}

async function pictureOf(world: SimWorld, node: SimNode): Promise<string> {
  return JSON.stringify((await node.messages(world.room)).map(shown))
}

/** Resolves once all devices show the same, and it holds. */
async function agree(
  world: SimWorld,
  what: string,
  holds: (messages: readonly MessageView[]) => boolean,
): Promise<void> {
  await until(what, async () => {
    const pictures = await Promise.all(world.nodes.map((node) => pictureOf(world, node)))
    const alike = pictures.every((picture) => picture === pictures[0])
    return alike && holds(await world.nodes[0]!.messages(world.room))
  })
}

async function code(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: { code: string }) => error.code,
  )
}

describe('messages', () => {
  test('are changed by their authors, hidden and pinned by moderators, and read so everywhere, also after a restart', async () => {
    await SimWorld.run(3, { nodes: 3 }, async (world) => {
      await world.gather()
      const [ann, bob, cleo] = world.nodes as [SimNode, SimNode, SimNode]
      const { room } = world
      const question = await ann.engine.send(room, `who is it, @${bob.name}?`)
      const rude = await cleo.engine.send(room, 'something rude')
      const oops = await ann.engine.send(room, 'a secret')
      await agree(world, 'three messages', (messages) => messages.length === 3)
      expect(bob.engine.rooms()[0]).toMatchObject({ mentions: 1 })
      expect(cleo.engine.rooms()[0]).toMatchObject({ mentions: 0 })

      const answer = await bob.engine.send(room, 'mee', { replyTo: question.id })
      expect((await bob.engine.edit(room, answer.id, 'me')).text).toBe('me')
      await ann.engine.remove(room, oops.id)
      await ann.engine.remove(room, rude.id)
      await ann.engine.pin(room, question.id, true)
      await cleo.engine.react(room, question.id, '🎉', true)
      await bob.engine.react(room, question.id, '🎉', true)
      await ann.engine.identity.setAvatar(png(16, 16))
      expect(await code(bob.engine.edit(room, question.id, 'forged'))).toBe('NOT_ALLOWED')
      expect(await code(bob.engine.remove(room, question.id))).toBe('NOT_ALLOWED')
      expect(await code(bob.engine.pin(room, answer.id, true))).toBe('NOT_ALLOWED')
      const whole = (messages: readonly MessageView[]): boolean => {
        const seen = new Map(messages.map((message) => [message.id, message]))
        const asked = seen.get(question.id)
        return (
          seen.get(rude.id)?.kind === 'hidden' &&
          seen.get(oops.id)?.kind === 'deleted' &&
          seen.get(answer.id)?.text === 'me' &&
          seen.get(answer.id)?.replyTo === question.id &&
          asked?.pinned === true &&
          asked.reactions?.[0]?.count === 2
        )
      }
      await agree(world, 'all changes', whole)
      const url = `data:image/png;base64,${png(16, 16).toString('base64')}`
      const hasPicture = (node: SimNode): boolean =>
        node.engine.members(room).some(({ name, avatar }) => name === ann.name && avatar === url)
      await until('the picture', () => world.nodes.every(hasPicture))

      // It comes along to rooms that its person joins later.
      const { id: other } = await bob.engine.createRoom('Other')
      await ann.engine.join(await bob.engine.invite(other), { patience: 120_000 })
      await until('the picture in the other room', () =>
        bob.engine.members(other).some(({ avatar }) => avatar === url),
      )
      await bob.engine.leave(other)

      const before = await pictureOf(world, bob)
      await bob.stop()
      await bob.start()
      await until('the picture again', () => hasPicture(bob))
      expect(await pictureOf(world, bob)).toBe(before)
      // Without its snapshot, all is read from the logs again.
      await bob.stop()
      await rm(join(bob.dir, 'index'), { recursive: true })
      await bob.start()
      expect(await pictureOf(world, bob)).toBe(before)
      expect((await bob.engine.pins(room)).map(({ id }) => id)).toEqual([question.id])
      await bob.engine.markRead(room)
      expect(bob.engine.rooms()[0]).toMatchObject({ mentions: 0 })
    })
  })

  test.concurrent.each(SEEDS)(
    '%i: written and changed on both sides of a cut, they read alike once it is mended',
    async (seed) => {
      await SimWorld.run(seed, { nodes: 4 }, async (world) => {
        await world.gather()
        const { room, random } = world
        await world.write(6)
        await world.agree(world.nodes, 6)
        for (let turn = 0; turn < 2; turn++) {
          world.split()
          for (let n = 0; n < 16; n++) {
            const node = world.pick(world.nodes)
            const list = await node.messages(room)
            const live = list.filter(({ kind }) => kind === 'text')
            const own = live.filter((message) => message.own)
            const chance = random.float()
            if (chance < 0.4 && own.length > 0) {
              await node.engine.edit(room, world.pick(own).id, `${node.name} edits ${turn} ${n}`)
            } else if (chance < 0.5 && own.length > 2) {
              await node.engine.remove(room, world.pick(own).id)
            } else if (chance < 0.8 && live.length > 0) {
              const emoji = world.pick(['👍', '🎉'])
              await node.engine.react(room, world.pick(live).id, emoji, random.float() < 0.7)
            } else await node.engine.send(room, `${node.name} ${turn} ${n}`)
          }
          world.network.heal()
          await agree(world, 'all to read alike', () => true)
        }
        const host = world.nodes[0]!
        const before = await pictureOf(world, host)
        await host.stop()
        await host.start()
        expect(await pictureOf(world, host)).toBe(before)
      })
    },
  )

  test('disappear at both ends by their timers, and from the search', async () => {
    const clock = new JumpClock()
    await SimWorld.run(5, { nodes: 2, clock: () => clock }, async (world) => {
      await world.gather()
      const [ann, bob] = world.nodes as [SimNode, SimNode]
      const { room } = world
      await ann.engine.setSettings(room, { disappearAfter: 2 * HOUR })
      await until('the setting', () => bob.engine.settings(room).disappearAfter === 2 * HOUR)
      const lasting = await bob.engine.send(room, 'lasting words')
      const brief = await ann.engine.send(room, 'brief words', { expiresIn: HOUR })
      expect(lasting.expiresAt! - lasting.sentAt).toBe(2 * HOUR)
      await agree(world, 'both messages', (messages) => messages.length === 2)
      const found = async (node: SimNode): Promise<string[]> =>
        (await node.engine.search('words')).hits.map(({ message }) => message.text)
      await until('the search', async () => (await found(bob)).length === 2)
      const told: MessageView[] = []
      bob.engine.on('timeline', ({ messages }) => void told.push(...messages))
      clock.jump(HOUR)
      await agree(
        world,
        'the brief one to be gone',
        (messages) => messages.find(({ id }) => id === brief.id)!.kind === 'expired',
      )
      await until('pages to be told', () => told.some(({ kind }) => kind === 'expired'))
      expect([await found(ann), await found(bob)]).toEqual([['lasting words'], ['lasting words']])
      await ann.stop()
      clock.jump(HOUR)
      await ann.start()
      await agree(world, 'both to be gone', (messages) => messages.every(({ text }) => text === ''))
      expect((await ann.messages(room)).map(({ kind }) => kind)).toEqual(['expired', 'expired'])
      expect(await found(ann)).toEqual([])
    })
  })
})
