import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { MessageView } from '../../core/api.ts'
import type { ContentLog } from '../../core/room/content-log.ts'
import { ChangeTable, MAX_CHANGES } from '../../core/room/messages/change-table.ts'
import { seededRandom } from '../../core/random.ts'
import type { Random } from '../../core/random.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { deleteOf, editOf, personOf, reactOf, Talk, textOf } from './core-conversation.ts'
import { Logs } from './core-logs.ts'
import type { Written } from './core-logs.ts'

const AUTHORS = [
  ['ann', 'ann'],
  ['ann tablet', 'ann'],
  ['bob', 'bob'],
  ['eve', 'eve'],
] as const
const EMOJI = ['👍', '🎉', '❤️']

let logs: Logs
let clock: VirtualClock
const talks: Talk[] = []

beforeEach(async () => {
  logs = await Logs.open()
  clock = new VirtualClock()
})

afterEach(async () => {
  for (const talk of talks.splice(0)) await talk.close()
  await logs.close()
})

function talkOf(name: string): Talk {
  const talk = new Talk(logs, name, clock)
  talk.people({ ann: 'admin', bob: 'member', eve: 'member' })
  talks.push(talk)
  return talk
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random.float() * from.length)]!
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item) => [random.float(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item)
}

/** People write and change messages, their own and others', knowing some of what was written before. */
async function write(random: Random, sources: readonly ContentLog[], count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const log = pick(random, sources)
    // Often one's own person's, and an early one: so that changes meet.
    const own = sources.filter(({ person }) => person === log.person)
    const target = pick(random, random.float() < 0.6 ? own : sources)
    const seq = Math.floor(random.float() ** 2 * (target.core.length + 1))
    const mentioned = random.float() < 0.3 ? [personOf('ann')] : []
    const records: Written[] = [
      textOf(`text ${n}`, { mentions: mentioned.map((id) => Buffer.from(id, 'hex')) }),
      textOf(`text ${n}`, { replyTo: { log: target.key, seq } }),
      editOf(target, seq, `edit ${n}`, mentioned),
      editOf(target, seq, `edit ${n}`, mentioned),
      random.float() < 0.2 ? deleteOf(target, seq) : editOf(target, seq, `last ${n}`),
      reactOf(target, seq, pick(random, EMOJI), random.float() < 0.7),
      reactOf(target, seq, pick(random, EMOJI), random.float() < 0.7),
    ]
    const heads = sources
      .filter((other) => other !== log && other.core.length > 0 && random.float() < 0.5)
      .map((other) => ({
        log: other.key,
        length: 1 + Math.floor(random.float() * other.core.length),
      }))
    await logs.write(log, { ...pick(random, records), heads, sentAt: clock.now() })
  }
}

async function picture(talk: Talk): Promise<{ views: MessageView[]; mentions: number }> {
  return { views: await talk.views(), mentions: talk.conversation.unreadMentions(null) }
}

describe('the same logs', () => {
  test('show the same messages in whatever order they arrive, from a snapshot and rebuilt', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const random = seededRandom(seed)
        const run = `${seed} ${random.float()}`
        const sources: ContentLog[] = []
        for (const [name, person] of AUTHORS) {
          sources.push(await logs.author(`${run} ${name}`, false, { person: personOf(person) }))
        }
        // One sees all from the beginning, one comes in the middle, one at the end, log by log.
        const [early, middle, late] = [talkOf('ann'), talkOf('ann'), talkOf('ann')]
        early.add(...sources)
        await write(random, sources, 30)
        middle.add(...shuffled(random, sources))
        await early.settled(...sources)
        const parts = early.conversation.consumers.map((part) => part.save())
        await write(random, sources, 30)
        for (const log of shuffled(random, sources)) late.add(log)
        for (const talk of [early, middle, late]) await talk.settled(...sources)
        const expected = await picture(early)
        expect(expected.views.length).toBeGreaterThan(5)
        expect(await picture(middle)).toEqual(expected)
        expect(await picture(late)).toEqual(expected)
        // What was learned until the middle, and the rest again.
        const loaded = talkOf('ann')
        loaded.conversation.consumers.forEach((part, i) => part.load(parts[i]!))
        loaded.add(...sources)
        await loaded.settled(...sources)
        expect(await picture(loaded)).toEqual(expected)
        late.timeline.rebuild()
        await late.settled(...sources)
        expect(await picture(late)).toEqual(expected)
        for (const talk of talks.splice(0)) await talk.close()
      }),
      { numRuns: 12 },
    )
  })

  test('show another person the same, but for what is theirs', async () => {
    const random = seededRandom(7)
    const sources: ContentLog[] = []
    for (const [name, person] of AUTHORS)
      sources.push(await logs.author(name, false, { person: personOf(person) }))
    await write(random, sources, 60)
    const [ann, bob] = [talkOf('ann'), talkOf('bob')]
    ann.add(...sources)
    bob.add(...sources.toReversed())
    for (const talk of [ann, bob]) await talk.settled(...sources)
    const common = async (talk: Talk): Promise<unknown[]> =>
      (await talk.views()).map(({ reactions, ...view }) => ({
        ...view,
        own: null,
        mentioned: null,
        reactions: reactions?.map(({ emoji, count }) => [emoji, count]),
      }))
    expect(await common(bob)).toEqual(await common(ann))
  })

  test('in time: 20,000 changes are taken, saved and loaded', async () => {
    const bob = await logs.author('bob', false, { person: personOf('bob') })
    const records = Array.from({ length: 20_000 }, (_, n) =>
      n % 2 === 0 ? textOf(`text ${n}`) : reactOf(bob, n - 1, EMOJI[n % 3]!),
    )
    for (let n = 0; n < records.length; n += 1_000) {
      await logs.write(bob, ...records.slice(n, n + 1_000))
    }
    const talk = talkOf('ann')
    talk.add(bob)
    await talk.settled(bob)
    const overlay = talk.conversation.consumers.find(({ name }) => name === 'changes')!
    const data = overlay.save()
    expect(data.byteLength / 10_000).toBeLessThan(60)
    const again = talkOf('ann')
    again.conversation.consumers.find(({ name }) => name === 'changes')!.load(data)
    again.add(bob)
    await again.settled(bob)
    expect(await again.views()).toEqual(await talk.views())
    expect((await talk.views()).every(({ reactions }) => reactions?.length === 1)).toBe(true)
  })
})

test('taking a record again uses nothing up', () => {
  const table = new ChangeTable()
  const change = { kind: 'edit', log: 'aa', seq: 1, flag: false, emoji: '' } as const
  expect(table.add('m', change)).toBe(true)
  for (let n = 0; n < 2 * MAX_CHANGES.edit; n++) expect(table.add('m', change)).toBe(false)
  expect(table.of('m')).toEqual([change])
  expect(table.add('m', { ...change, seq: 2 })).toBe(true)
})

test('a part of a snapshot that was not written so is refused', () => {
  const talk = talkOf('ann')
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => {
      for (const part of talk.conversation.consumers) {
        // Either it is refused, or it is one that could have been written.
        try {
          part.load(Buffer.from(bytes))
        } catch {
          continue
        }
        expect(() => part.save()).not.toThrow()
      }
    }),
  )
})
