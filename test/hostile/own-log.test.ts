import { afterEach, expect, test } from '@jest/globals'
import { join } from 'node:path'
import { seededRandom } from '../../core/random.ts'
import { LIMITS } from '../../core/room/allowance.ts'
import { until } from '../compliance/until.ts'
import type { NodeProcess } from '../fault/node-process.ts'
import { CraftedLog } from './crafted-log.ts'
import type { CraftedPeer } from './crafted-peer.ts'
import { dialAs, stolenFrom } from './stolen-membership.ts'
import type { Membership } from './stolen-membership.ts'
import { Street } from './street.ts'

const random = seededRandom(Number(process.env.HOSTILE_SEED ?? 16))
/** A seventieth of the true ones. */
const LOW = { ...LIMITS, records: 2_000, over: 50 }
const FLOOD = LOW.records + LOW.over + 1_000

let street: Street
const logs: CraftedLog[] = []

afterEach(async () => {
  for (const log of logs.splice(0)) await log.close()
  await street.close()
})

/** A street with a member whose keys the test has. */
async function member(limits = LIMITS): Promise<{ door: number; member: Membership }> {
  street = await Street.open(limits)
  const door = await street.door('203.0.113.1')
  const node = await street.join('member')
  await node.close()
  return { door, member: await stolenFrom(join(street.dir, 'member'), random) }
}

async function crafted(name: string, of: Membership): Promise<CraftedLog> {
  const log = await CraftedLog.open(street.dir, name, of, random)
  logs.push(log)
  return log
}

/** Dials as the member and serves a history of its log. */
async function serve(door: number, of: Membership, log: CraftedLog): Promise<CraftedPeer> {
  const { peer, tag } = await dialAs(door, of)
  log.core.replicate(peer.mux)
  peer.send.have.send({ tag, logs: [{ key: log.key, length: log.core.length }], read: [] })
  return peer
}

function shows(node: NodeProcess, text: string): Promise<true> {
  return until(text, async () => (await node.texts(street.room)).includes(text) || undefined)
}

test('a member that signs two histories of its log loses the log, and nobody else anything', async () => {
  const { door, member: mallory } = await member()
  const [one, other] = [await crafted('one', mallory), await crafted('other', mallory)]
  await one.say('first history', 'first again')
  await other.say('second history')
  const first = await serve(door, mallory, one)
  await shows(street.victim, 'first again')
  await shows(street.friend, 'first again')
  first.leave()
  const second = await serve(door, mallory, other)
  // It asks for what follows, finds that it does not, and shows its own signature as proof.
  void other.core.get(1).catch(() => {})
  // A line of the log is known by its last field: the log's name.
  const name = other.key.toString('hex').slice(0, 8)
  await until('the conflict to be seen', () => street.victim.logged.includes(name))
  const before = await street.victim.texts(street.room)
  // The others go on, with it there and after a start anew.
  for (let n = 0; n < 3; n++) {
    await street.friend.ask('send', street.room, `on we go ${n}`)
    await shows(street.victim, `on we go ${n}`)
    await street.victim.ask('send', street.room, `so we do ${n}`)
    await shows(street.friend, `so we do ${n}`)
  }
  second.leave()
  const after = await street.victim.texts(street.room)
  expect(after.filter((text) => text.startsWith('second'))).toEqual([])
  expect(after).toEqual(expect.arrayContaining(before.filter((text) => !text.startsWith('first'))))
  for (const node of [street.victim, street.friend]) {
    // Hypercore says on its own that it met a conflict; nothing else went wrong.
    expect(node.mishaps.filter((said) => !said.includes('conflict detected'))).toEqual([])
  }
})

test('a member that floods the room loses its log; all members hide the same', async () => {
  const { door, member: mallory } = await member(LOW)
  const log = await crafted('flood', mallory)
  // All in one moment, so that no second passes that would allow two more.
  const now = Date.now()
  await log.sayAt(now, 'before the flood')
  const words = Array.from({ length: FLOOD - 1 }, (_, n) => `flood ${n}`)
  for (let at = 0; at < words.length; at += 2_000) {
    await log.sayAt(now, ...words.slice(at, at + 2_000))
  }
  const peer = await serve(door, mallory, log)
  const room = async (node: NodeProcess) =>
    (await node.ask('rooms')).find(({ id }) => id === street.room)!
  for (const node of [street.victim, street.friend]) {
    await until('the end of the log', async () => {
      const { messages, missing } = await room(node)
      return messages >= LOW.records && missing === 0
    })
  }
  await street.expectPeace()
  const counts = await Promise.all(
    [street.victim, street.friend].map(async (node) => (await room(node)).messages),
  )
  expect(counts[0]).toBe(counts[1])
  // Beside the burst, what honest ones said.
  expect(counts[0]! - LOW.records).toBeLessThan(LOW.over)
  // What it writes from now on is not even fetched.
  const { length } = log.core
  const told = (): number =>
    Math.max(
      0,
      ...peer
        .said('have')
        .flatMap((have) =>
          have.logs.filter(({ key }) => key.equals(log.key)).map((have) => have.length),
        ),
    )
  await log.say('after the flood')
  await street.expectPeace()
  expect(told()).toBeLessThan(length)
  expect(await street.victim.texts(street.room)).not.toContain('after the flood')
  peer.leave()
})

test('an honest device says when it can write again, and never writes what others would hide', async () => {
  street = await Street.open({ ...LOW, records: 40, recordRate: 1 })
  const { victim, friend, room } = street
  const said: string[] = []
  let refused: unknown = null
  for (let n = 0; n < 60 && !refused; n++) {
    await victim.ask('send', room, `quick ${n}`).then(
      () => said.push(`quick ${n}`),
      (error: unknown) => (refused = error),
    )
  }
  expect(refused).toMatchObject({ code: 'RATE_LIMITED' })
  expect(String(refused)).toMatch(/you can write again in a minute/)
  await until('all that was sent', async () => {
    const texts = await friend.texts(room)
    return said.every((text) => texts.includes(text))
  })
  await until('to be able to write again', () =>
    victim.ask('send', room, 'again').then(
      () => true,
      () => undefined,
    ),
  )
  await shows(friend, 'again')
})
