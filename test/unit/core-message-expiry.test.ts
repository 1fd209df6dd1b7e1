import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ContentLog } from '../../core/room/content-log.ts'
import { until } from '../compliance/until.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { editOf, headOf, idOf, personOf, reactOf, Talk, textOf } from './core-conversation.ts'
import { Logs } from './core-logs.ts'

const MINUTE = 60_000

let logs: Logs
let clock: VirtualClock
let ann: ContentLog
let bob: ContentLog
const talks: Talk[] = []

beforeEach(async () => {
  logs = await Logs.open()
  clock = new VirtualClock()
  ann = await logs.author('ann', true, { person: personOf('ann') })
  bob = await logs.author('bob', false, { person: personOf('bob') })
})

afterEach(async () => {
  for (const talk of talks.splice(0)) await talk.close()
  await logs.close()
})

function talkOf(name: string, time = clock as ConstructorParameters<typeof Talk>[2]): Talk {
  const talk = new Talk(logs, name, time)
  talk.people({ ann: 'admin', bob: 'member' })
  talks.push(talk)
  return talk
}

describe('a message with a timer', () => {
  test('disappears at both ends when its time is over, and leaves a tombstone', async () => {
    const [here, there] = [talkOf('ann'), talkOf('bob')]
    here.add(ann)
    there.add(ann)
    const sent = await here.conversation.writer.send('soon gone', { expiresIn: MINUTE })
    expect(sent.expiresAt).toBe(clock.now() + MINUTE)
    await there.settled(ann)
    await clock.run(MINUTE - 1)
    expect([await here.texts(), await there.texts()]).toEqual([['soon gone'], ['soon gone']])
    for (const talk of [here, there]) {
      await until('the text to be told', () => talk.news.length > 0)
      talk.news.length = 0
    }
    await clock.run(1)
    for (const talk of [here, there]) {
      await until('the end to be told', () => talk.news.length > 0)
      expect(talk.news[0]!.messages).toMatchObject([{ id: sent.id, kind: 'expired', text: '' }])
      const [view] = await talk.views()
      expect(view).toMatchObject({
        id: sent.id,
        kind: 'expired',
        text: '',
        author: personOf('ann'),
      })
      expect(JSON.stringify(view)).not.toContain('gone')
    }
    // Nothing goes on: no timer is left.
    here.news.length = 0
    await clock.run(10 * MINUTE)
    expect(here.news).toEqual([])
  })

  test('has the room’s own timer where none is given', async () => {
    const talk = talkOf('ann')
    talk.add(ann)
    talk.state = {
      ...talk.state,
      settings: { ...talk.state.settings, disappearAfter: 5 * MINUTE },
    }
    const byRoom = await talk.conversation.writer.send('by the room')
    const own = await talk.conversation.writer.send('by its own', { expiresIn: MINUTE })
    expect([byRoom.expiresAt, own.expiresAt].map((at) => at! - clock.now())).toEqual([
      5 * MINUTE,
      MINUTE,
    ])
  })

  test('a late copy is over when it arrives; edits and reactions do not bring it back', async () => {
    const sentAt = clock.now() - 2 * MINUTE
    await logs.write(bob, { ...textOf('late', { expiresIn: MINUTE }), sentAt })
    await logs.write(bob, { ...editOf(bob, 0, 'back again'), sentAt: clock.now() })
    await logs.write(ann, { ...reactOf(bob, 0, '👍'), heads: [headOf(bob)] })
    const talk = talkOf('ann')
    talk.add(ann, bob)
    await talk.settled(ann, bob)
    expect(await talk.view(bob, 0)).toMatchObject({ kind: 'expired', text: '' })
    expect(await talk.view(bob, 0)).not.toHaveProperty('reactions')
    await clock.run(1_000)
    expect(await talk.texts()).toEqual(['(expired)'])
    const { conversation } = talk
    await expect(conversation.writer.react(idOf(bob, 0), '👍', true)).rejects.toThrow(/gone/)
  })

  test('a time claimed in the future buys none: it runs from arrival', async () => {
    const sentAt = clock.now() + 1_000 * MINUTE
    await logs.write(bob, { ...textOf('from the future', { expiresIn: MINUTE }), sentAt })
    const talk = talkOf('ann')
    talk.add(bob)
    await talk.settled(bob)
    expect(await talk.view(bob, 0)).toMatchObject({ expiresAt: clock.now() + MINUTE, sentAt })
    await clock.run(MINUTE)
    expect(await talk.texts()).toEqual(['(expired)'])
  })

  test('each device goes by its own clock; one that is set back shows nothing again', async () => {
    await logs.write(bob, { ...textOf('gone', { expiresIn: MINUTE }), sentAt: clock.now() })
    const fast = talkOf('ann', clock.skewed(2 * MINUTE))
    const right = talkOf('ann')
    for (const talk of [fast, right]) {
      talk.add(bob)
      await talk.settled(bob)
    }
    expect(await fast.texts()).toEqual(['(expired)'])
    expect(await right.texts()).toEqual(['gone'])
    // The wall clock is set forward, which is noticed within a minute.
    clock.skew(MINUTE)
    expect(await right.texts()).toEqual(['(expired)'])
    right.news.length = 0
    await clock.run(MINUTE)
    await until('the end to be told', () => right.news.length > 0)
    clock.skew(-60 * MINUTE)
    expect(await right.texts()).toEqual(['(expired)'])
  })

  test('many at once are told in one go', async () => {
    const many = Array.from({ length: 100 }, (_, n) => ({
      ...textOf(`${n}`, { expiresIn: MINUTE }),
      sentAt: clock.now(),
    }))
    await logs.write(bob, ...many, textOf('stays'))
    const talk = talkOf('ann')
    talk.add(bob)
    await talk.settled(bob)
    await until('the texts to be told', () => talk.news.length > 0)
    talk.news.length = 0
    await clock.run(2 * MINUTE)
    await until('the end to be told', () => talk.news.length > 0)
    expect(talk.news).toEqual([{ messages: [], overflow: true }])
    const held = ['0', '50', '99'].map((seq) => talk.conversation.reader.position(idOf(bob, +seq)))
    expect(held.some((position) => talk.timeline.holds(position))).toBe(false)
    expect((await talk.texts()).filter((text) => text !== '(expired)')).toEqual(['stays'])
  })

  test('what is over stays over in a rebuilt timeline and in a loaded snapshot', async () => {
    const sentAt = clock.now() + 1_000 * MINUTE
    await logs.write(bob, { ...textOf('over', { expiresIn: MINUTE }), sentAt })
    await logs.write(bob, {
      ...textOf('under way', { expiresIn: 10 * MINUTE }),
      sentAt: clock.now(),
    })
    const talk = talkOf('ann')
    talk.add(bob)
    await talk.settled(bob)
    await clock.run(2 * MINUTE)
    expect(await talk.texts()).toEqual(['(expired)', 'under way'])
    const saved = talk.conversation.consumers.map((part) => part.save())
    talk.timeline.rebuild()
    await talk.settled(bob)
    expect(await talk.texts()).toEqual(['(expired)', 'under way'])
    const again = talkOf('ann')
    again.conversation.consumers.forEach((part, i) => part.load(saved[i]!))
    again.add(bob)
    await again.settled(bob)
    expect(await again.texts()).toEqual(['(expired)', 'under way'])
    await clock.run(8 * MINUTE)
    expect([await talk.texts(), await again.texts()]).toEqual(
      Array.from({ length: 2 }, () => ['(expired)', '(expired)']),
    )
  })
})

test('what was deleted or is over is held in memory no longer', async () => {
  const talk = talkOf('ann')
  talk.add(ann)
  const { id } = await talk.conversation.writer.send('a word', { expiresIn: MINUTE })
  await talk.conversation.writer.edit(id, 'another word')
  await talk.views()
  await clock.run(MINUTE)
  await until('the end to be told', () => talk.news.at(-1)?.messages[0]?.kind === 'expired')
  const position = talk.conversation.reader.position(id)
  expect(talk.timeline.holds(position)).toBe(false)
  expect(talk.timeline.holds({ ...position, seq: 1 })).toBe(false)
})
