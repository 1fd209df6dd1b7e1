import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { encode } from '../../core/codec/codec.ts'
import { avatarPayload } from '../../core/room/messages/payloads.ts'
import type { ContentLog } from '../../core/room/content-log.ts'
import { MAX_CHANGES } from '../../core/room/messages/change-table.ts'
import { MAX_OWN_REACTIONS } from '../../core/room/messages/resolution.ts'
import { isReaction } from '../../core/room/messages/reaction.ts'
import { KIND_AVATAR, KIND_EDIT } from '../../core/room/record.ts'
import { until } from '../compliance/until.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import {
  deleteOf,
  editOf,
  headOf,
  idOf,
  personOf,
  reactOf,
  Talk,
  textOf,
} from './core-conversation.ts'
import { Logs } from './core-logs.ts'
import { jpeg, png } from './core-message-pictures.ts'

let logs: Logs
let clock: VirtualClock
let talk: Talk
let ann: ContentLog
/** Another device of Ann's. */
let annTablet: ContentLog
let bob: ContentLog

beforeEach(async () => {
  logs = await Logs.open()
  clock = new VirtualClock()
  talk = new Talk(logs, 'ann', clock)
  ann = await logs.author('ann', true, { person: personOf('ann') })
  annTablet = await logs.author('ann tablet', false, { person: personOf('ann') })
  bob = await logs.author('bob', false, { person: personOf('bob') })
  talk.people({ ann: 'admin', bob: 'member' })
})

afterEach(async () => {
  await talk.close()
  await logs.close()
})

async function refusal(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: { code: string }) => error.code,
  )
}

describe('an edit', () => {
  test('is shown in the place of the text, from any device of its author; the last in the room’s order holds', async () => {
    await logs.write(ann, textOf('frist'))
    await logs.write(annTablet, { ...editOf(ann, 0, 'fist'), heads: [headOf(ann)], sentAt: 5 })
    await logs.write(ann, { ...editOf(ann, 0, 'first'), heads: [headOf(annTablet)], sentAt: 7 })
    // The later one comes first.
    talk.add(ann)
    await talk.settled()
    talk.add(annTablet)
    await talk.settled(ann, annTablet)
    expect(await talk.view(ann, 0)).toMatchObject({ text: 'first', kind: 'text', editedAt: 7 })
    expect(await talk.texts()).toEqual(['first'])
  })

  test('that comes late does not win over one that stands after it', async () => {
    await logs.write(ann, textOf('one'), textOf('-'), textOf('-'), editOf(ann, 0, 'last'))
    await logs.write(annTablet, {
      ...editOf(ann, 0, 'before'),
      heads: [{ log: ann.key, length: 1 }],
    })
    talk.add(ann)
    await talk.settled(ann)
    expect((await talk.view(ann, 0)).text).toBe('last')
    talk.add(annTablet)
    await talk.settled(ann, annTablet)
    expect((await talk.view(ann, 0)).text).toBe('last')
  })

  test('A2: forged by another person, or with another’s key in its target, changes nothing', async () => {
    await logs.write(ann, textOf('mine'))
    await logs.write(bob, editOf(ann, 0, 'forged'), deleteOf(ann, 0), textOf('his'))
    await logs.write(ann, editOf(bob, 2, 'forged too'), deleteOf(bob, 2))
    talk.add(ann, bob)
    await talk.settled(ann, bob)
    expect(new Set(await talk.texts())).toEqual(new Set(['his', 'mine']))
    expect((await talk.views()).every(({ editedAt }) => editedAt === undefined)).toBe(true)
  })

  test('A6, A7: an edit copied to another place or another log is none', async () => {
    await logs.write(ann, textOf('one'), editOf(ann, 0, 'two'), editOf(ann, 0, 'three'))
    const block = (await ann.core.get(1))!
    await ann.core.append([block])
    await annTablet.core.append([block])
    talk.add(ann, annTablet)
    await talk.settled(ann, annTablet)
    expect(await talk.texts()).toEqual(['three'])
  })

  test('ill-formed, of nothing, or of what is not there does no harm', async () => {
    await logs.write(
      ann,
      textOf('stays'),
      { kind: KIND_EDIT, payload: Buffer.from('no edit') },
      editOf(ann, 4_000, 'beyond'),
      editOf(bob, 2 ** 40, 'far beyond'),
    )
    talk.add(ann, bob)
    await talk.settled(ann, bob)
    expect(await talk.texts()).toEqual(['stays'])
  })

  test('a person edits their own, and is told why not otherwise', async () => {
    await logs.write(bob, textOf('his'))
    talk.add(ann, bob)
    await talk.settled(bob)
    const sent = await talk.conversation.writer.send('tpyo')
    expect(await talk.conversation.writer.edit(sent.id, 'typo')).toMatchObject({
      id: sent.id,
      text: 'typo',
      own: true,
      editedAt: clock.now(),
    })
    const { conversation } = talk
    expect(await refusal(conversation.writer.edit(idOf(bob, 0), 'mine now'))).toBe('NOT_ALLOWED')
    expect(await refusal(conversation.writer.edit(sent.id, ''))).toBe('BAD_REQUEST')
    expect(await refusal(conversation.writer.edit(sent.id, 'x'.repeat(17_000)))).toBe('TOO_LARGE')
    expect(await refusal(conversation.writer.edit(idOf(ann, 77), 'x'))).toBe('NOT_FOUND')
    await conversation.writer.remove(sent.id, true)
    expect(await refusal(conversation.writer.edit(sent.id, 'x'))).toBe('NOT_FOUND')
    expect(ann.core.length).toBe(3)
  })

  test('more than so many of one message count for nothing', async () => {
    const edits = Array.from({ length: MAX_CHANGES.edit + 5 }, (_, n) => editOf(ann, 0, `${n}`))
    await logs.write(ann, textOf('begin'), ...edits)
    talk.add(ann)
    await talk.settled(ann)
    expect(await talk.texts()).toEqual([`${MAX_CHANGES.edit - 1}`])
    expect(await refusal(talk.conversation.writer.edit(idOf(ann, 0), 'more'))).toBe('BAD_REQUEST')
    await talk.conversation.writer.remove(idOf(ann, 0), true)
    expect(await talk.texts()).toEqual(['(deleted)'])
  })
})

describe('a deletion', () => {
  test('is final: no later edit or reaction shows anything again', async () => {
    await logs.write(ann, textOf('secret'), deleteOf(ann, 0), editOf(ann, 0, 'again'))
    await logs.write(bob, reactOf(ann, 0, '👍'))
    talk.add(ann, bob)
    await talk.settled(ann, bob)
    const view = await talk.view(ann, 0)
    expect(view).toMatchObject({ kind: 'deleted', text: '', author: personOf('ann') })
    for (const field of ['reactions', 'editedAt', 'mentions', 'location', 'replyTo']) {
      expect(view).not.toHaveProperty(field)
    }
  })

  test('by its author writes it once; it can not be taken back', async () => {
    talk.add(ann)
    const { id } = await talk.conversation.writer.send('oops')
    await talk.conversation.writer.remove(id, true)
    await talk.conversation.writer.remove(id, true)
    expect(ann.core.length).toBe(2)
    expect(await talk.texts()).toEqual(['(deleted)'])
    talk.people({ ann: 'member' })
    expect(await refusal(talk.conversation.writer.remove(id, false))).toBe('NOT_ALLOWED')
  })
})

describe('a reaction', () => {
  test('counts people, not devices; the last of each person holds', async () => {
    await logs.write(bob, textOf('look'))
    await logs.write(ann, { ...reactOf(bob, 0, '👍'), heads: [headOf(bob)] }, reactOf(bob, 0, '🎉'))
    await logs.write(annTablet, { ...reactOf(bob, 0, '👍'), heads: [headOf(ann)] })
    await logs.write(bob, { ...reactOf(bob, 0, '👍'), heads: [headOf(ann)] })
    await logs.write(annTablet, { ...reactOf(bob, 0, '🎉', false), heads: [headOf(bob)] })
    talk.add(annTablet, bob, ann)
    await talk.settled(ann, annTablet, bob)
    expect((await talk.view(bob, 0)).reactions).toEqual([{ emoji: '👍', count: 2, own: true }])
  })

  test('is given and taken back, written only when it changes something', async () => {
    await logs.write(bob, textOf('look'))
    talk.add(ann, bob)
    await talk.settled(bob)
    const id = idOf(bob, 0)
    const { conversation } = talk
    expect((await conversation.writer.react(id, '👍', true)).reactions).toEqual([
      { emoji: '👍', count: 1, own: true },
    ])
    await conversation.writer.react(id, '👍', true)
    expect((await conversation.writer.react(id, '👍', false)).reactions).toBeUndefined()
    await conversation.writer.react(id, '👍', false)
    expect(ann.core.length).toBe(2)
    expect(await refusal(conversation.writer.react(id, 'nope', true))).toBe('BAD_REQUEST')
    expect(await refusal(conversation.writer.react('nowhere', '👍', true))).toBe('NOT_FOUND')
  })

  test('to what is no message is refused', async () => {
    await logs.write(bob, textOf('look'), reactOf(bob, 0, '👍'))
    talk.add(ann, bob)
    await talk.settled(bob)
    const { conversation } = talk
    expect(await refusal(conversation.writer.react(idOf(bob, 1), '👍', true))).toBe('NOT_FOUND')
    expect(await refusal(conversation.writer.pin(idOf(bob, 1), true))).toBe('NOT_FOUND')
  })

  test('a flood of one person’s is cut off', async () => {
    const emoji = Array.from({ length: 300 }, (_, n) => String.fromCodePoint(0x1f400 + n)).filter(
      isReaction,
    )
    await logs.write(ann, textOf('here'))
    await logs.write(bob, ...emoji.map((one) => reactOf(ann, 0, one)))
    talk.add(ann, bob)
    await talk.settled(ann, bob)
    expect((await talk.view(ann, 0)).reactions).toHaveLength(MAX_OWN_REACTIONS)
  })

  test('of a person who is blocked here does not count', async () => {
    await logs.write(ann, textOf('here'))
    await logs.write(bob, reactOf(ann, 0, '👎'))
    talk.hides.add(personOf('bob'))
    talk.add(ann, bob)
    await talk.settled(ann, bob)
    expect((await talk.view(ann, 0)).reactions).toBeUndefined()
  })
})

describe('A22: a removed writer’s late changes', () => {
  test('are refused alike by who had taken them already and by who had not', async () => {
    await logs.write(
      bob,
      textOf('frist'),
      editOf(bob, 0, 'first'),
      textOf('second'),
      editOf(bob, 0, 'late edit'),
      deleteOf(bob, 2),
      reactOf(bob, 0, '👎'),
    )
    const other = new Talk(logs, 'ann', clock)
    other.people({ ann: 'admin', bob: 'member' })
    try {
      talk.add(ann, bob)
      await talk.settled(bob)
      expect(await talk.texts()).toEqual(['late edit', '(deleted)'])
      bob.bound({ limit: 3, silenced: [] })
      talk.timeline.rebuild()
      other.add(ann, bob)
      const cut = (): boolean =>
        [talk, other].every(({ timeline }) => timeline.index(bob.hex)?.length === 3)
      await until('both to place what counts', cut)
      expect(await talk.texts()).toEqual(['first', 'second'])
      expect(await other.views()).toEqual(await talk.views())
    } finally {
      await other.close()
    }
  })

  test('those of a muted person show nothing while they are muted, and what came before holds', async () => {
    await logs.write(bob, textOf('frist'), editOf(bob, 0, 'first'), editOf(bob, 0, 'muted edit'))
    talk.add(ann, bob)
    await talk.settled(bob)
    bob.bound({ limit: Infinity, silenced: [[2, 3]] })
    talk.timeline.rebuild()
    await talk.settled(bob)
    expect(await talk.texts()).toEqual(['first'])
  })
})

describe('a moderator', () => {
  test('hides and shows again; who is none can not', async () => {
    await logs.write(bob, textOf('rude'))
    talk.add(ann, bob)
    await talk.settled(bob)
    const id = idOf(bob, 0)
    await talk.conversation.writer.remove(id, true)
    expect(talk.operations).toEqual([{ type: 'hide', log: bob.key, seq: 0, on: 1 }])
    expect(await talk.texts()).toEqual(['(hidden)'])
    await talk.conversation.writer.remove(id, true)
    talk.counts = false
    expect(await refusal(talk.conversation.writer.remove(id, false))).toBe('NOT_ALLOWED')
    talk.counts = true
    await talk.conversation.writer.remove(id, false)
    expect(talk.operations.slice(2)).toEqual([{ type: 'hide', log: bob.key, seq: 0, on: 0 }])
    expect(await talk.texts()).toEqual(['rude'])
    talk.people({ ann: 'moderator', bob: 'moderator' })
    expect(await refusal(talk.conversation.writer.remove(id, true))).toBe('NOT_ALLOWED')
    talk.people({ ann: 'member', bob: 'member' })
    expect(await refusal(talk.conversation.writer.remove(id, true))).toBe('NOT_ALLOWED')
    expect(await refusal(talk.conversation.writer.remove('no such', true))).toBe('NOT_FOUND')
  })

  test('pins what shows something; pages are told', async () => {
    await logs.write(bob, textOf('rules'), textOf('more rules'))
    talk.add(ann, bob)
    await talk.settled(bob)
    const [first, second] = [idOf(bob, 0), idOf(bob, 1)]
    await talk.conversation.writer.pin(second, true)
    expect(talk.operations).toEqual([{ type: 'pin', log: bob.key, seq: 1, on: 1 }])
    await until('news of the texts', () => talk.news.length > 0)
    talk.news.length = 0
    talk.people({ ann: 'admin', bob: 'member' }, { pinned: [second, first] })
    await until('news of the pins', () => talk.news.length > 0)
    const pinned = talk.news[0]!.messages.filter((message) => message.pinned)
    expect(new Set(pinned.map(({ id }) => id))).toEqual(new Set([first, second]))
    expect((await talk.conversation.pins()).map(({ text }) => text)).toEqual([
      'more rules',
      'rules',
    ])
    await talk.conversation.writer.pin(second, true)
    expect(talk.operations).toHaveLength(1)
    talk.people({ ann: 'member', bob: 'member' }, { hidden: new Set([second]) })
    expect((await talk.conversation.pins()).map(({ text }) => text)).toEqual(['rules'])
    expect(await refusal(talk.conversation.writer.pin(first, false))).toBe('NOT_ALLOWED')
  })
})

describe('who can not write', () => {
  test('a reader and a muted person are told so, and nothing is written', async () => {
    await logs.write(bob, textOf('hello'))
    talk.add(ann, bob)
    await talk.settled(bob)
    const { conversation } = talk
    const id = idOf(bob, 0)
    const attempts = [
      () => conversation.writer.send('me too'),
      () => conversation.writer.react(id, '👍', true),
      () => conversation.writer.edit(id, 'x'),
      () => conversation.writer.setAvatar(null),
    ]
    talk.people({ ann: 'reader', bob: 'admin' })
    for (const attempt of attempts) expect(await refusal(attempt())).toBe('NOT_ALLOWED')
    talk.people({ ann: 'member', bob: 'admin' })
    const persons = [...talk.state.persons].map(
      ([id, entry]) => [id, { ...entry, muted: true }] as const,
    )
    talk.state = { ...talk.state, persons: new Map(persons) }
    for (const attempt of attempts) expect(await refusal(attempt())).toBe('NOT_ALLOWED')
    expect(ann.core.length).toBe(0)
  })
})

describe('a message', () => {
  test('carries what it was sent with', async () => {
    await logs.write(bob, textOf('where?'))
    talk.add(ann, bob)
    await talk.settled(bob)
    const location = { latitude: 48.2082, longitude: 16.3738, accuracy: 12, label: 'Square' }
    const sent = await talk.conversation.writer.send('here, @bob', {
      replyTo: idOf(bob, 0),
      expiresIn: 60_000,
      location,
    })
    expect(sent).toMatchObject({
      kind: 'location',
      text: 'here, @bob',
      replyTo: idOf(bob, 0),
      expiresAt: clock.now() + 60_000,
      mentions: [personOf('bob')],
      location,
      own: true,
    })
    expect(await talk.conversation.writer.send('', { location })).toMatchObject({
      kind: 'location',
      text: '',
    })
    const { conversation } = talk
    expect(await refusal(conversation.writer.send(''))).toBe('BAD_REQUEST')
    expect(await refusal(conversation.writer.send('x', { expiresIn: 10 }))).toBe('BAD_REQUEST')
    expect(await refusal(conversation.writer.send('x', { expiresIn: 1e12 }))).toBe('BAD_REQUEST')
    const nowhere = { latitude: 91, longitude: 0 }
    expect(await refusal(conversation.writer.send('x', { location: nowhere }))).toBe('BAD_REQUEST')
    expect(await refusal(conversation.writer.send('x', { replyTo: idOf(bob, 9) }))).toBe(
      'NOT_FOUND',
    )
  })

  test('an edit keeps the place, the reply and the reactions', async () => {
    talk.add(ann)
    const location = { latitude: 1, longitude: 2 }
    const { id } = await talk.conversation.writer.send('ther', { location })
    await talk.conversation.writer.react(id, '👍', true)
    expect(await talk.conversation.writer.edit(id, 'there')).toMatchObject({
      kind: 'location',
      text: 'there',
      location,
      reactions: [{ emoji: '👍', count: 1, own: true }],
    })
  })

  test('changes are told to pages, with what reads otherwise now', async () => {
    await logs.write(ann, textOf('one'), textOf('two'))
    talk.add(ann, bob)
    await until('the texts to be told', () => talk.news.length === 1)
    await logs.write(bob, reactOf(ann, 1, '👍'), deleteOf(ann, 0))
    await until('the reaction to be told', () => talk.news.length === 2)
    const told = talk.news[1]!
    expect(told.overflow).toBe(false)
    expect(new Set(told.messages.map(({ id }) => id))).toEqual(
      new Set([idOf(ann, 0), idOf(ann, 1)]),
    )
    const many = Array.from({ length: 100 }, (_, n) => textOf(`${n}`))
    await logs.write(ann, ...many)
    await until('many to be told', () => talk.news.some(({ overflow }) => overflow))
    expect(talk.news.at(-1)).toEqual({ messages: [], overflow: true })
  })
})

describe('mentions', () => {
  test('of this person that are unread are counted as they read now', async () => {
    const me = [Buffer.from(personOf('ann'), 'hex')]
    await logs.write(
      bob,
      textOf('@ann one', { mentions: me }),
      textOf('nobody'),
      textOf('@ann two', { mentions: me }),
      textOf('@ann three', { mentions: me }),
      textOf('four'),
      { ...editOf(bob, 4, '@ann four', [personOf('ann')]) },
      editOf(bob, 2, 'no more'),
      deleteOf(bob, 3),
    )
    // One's own, and a forged edit, count for nothing.
    await logs.write(ann, textOf('@ann', { mentions: me }))
    await logs.write(annTablet, editOf(bob, 1, '@ann', [personOf('ann')]))
    talk.add(ann, annTablet, bob)
    await talk.settled(ann, annTablet, bob)
    const { conversation } = talk
    expect(conversation.unreadMentions(null)).toBe(2)
    expect(conversation.unreadMentions(conversation.reader.position(idOf(bob, 0)))).toBe(1)
    expect(conversation.unreadMentions(conversation.reader.position(idOf(bob, 4)))).toBe(0)
    expect(await talk.view(bob, 0)).toMatchObject({ mentioned: true, mentions: [personOf('ann')] })
    expect(await talk.view(bob, 2)).not.toHaveProperty('mentioned')
    expect(await talk.view(bob, 4)).toMatchObject({ mentioned: true, text: '@ann four' })
    talk.people({ ann: 'admin', bob: 'member' }, { hidden: new Set([idOf(bob, 0)]) })
    expect(conversation.unreadMentions(null)).toBe(1)
    talk.hides.add(personOf('bob'))
    expect(conversation.unreadMentions(null)).toBe(0)
  })
})

describe('a picture', () => {
  const url = (type: string, image: Buffer): string =>
    `data:image/${type};base64,${image.toString('base64')}`
  const avatarOf = (image: Buffer) => ({
    kind: KIND_AVATAR,
    payload: encode(avatarPayload, { image }),
  })

  test('of a person is the last in the room’s order, from whatever device', async () => {
    await logs.write(annTablet, avatarOf(jpeg(4, 4)))
    await logs.write(ann, { ...avatarOf(png(9, 9)), heads: [headOf(annTablet)] })
    await logs.write(bob, avatarOf(png(7, 7)), { kind: KIND_AVATAR, payload: Buffer.from('<svg') })
    talk.add(ann, annTablet, bob)
    await talk.settled(ann, annTablet, bob)
    const { conversation } = talk
    const shown = (): (string | undefined)[] =>
      ['ann', 'bob', 'eve'].map((name) => conversation.avatar(personOf(name)))
    await until('the pictures to be read', () =>
      shown().every((one, i) => i === 2 || one !== undefined),
    )
    await until('the last one', () => shown()[0] === url('png', png(9, 9)))
    expect(shown()).toEqual([url('png', png(9, 9)), url('png', png(7, 7)), undefined])
    expect(talk.members).toBeGreaterThan(0)
    await conversation.writer.setAvatar(null)
    await until('the picture to be gone', () => shown()[0] === undefined)
    await conversation.writer.setAvatar(jpeg(5, 5))
    await until('the new one', () => shown()[0] === url('jpeg', jpeg(5, 5)))
  })

  test('is lacked only once all is placed; who asked too early is told when', async () => {
    await logs.write(ann, textOf('-'), textOf('-'))
    const { conversation } = talk
    expect(conversation.lacksAvatar()).toBeNull()
    talk.add(ann)
    await until('it to be told', () => talk.pictures === 1)
    expect(conversation.lacksAvatar()).toBe(true)
    talk.timeline.rebuild()
    expect(conversation.lacksAvatar()).toBeNull()
    await until('it to be told again', () => talk.pictures === 2)
    await conversation.writer.setAvatar(png(5, 5))
    expect(conversation.lacksAvatar()).toBe(false)
    await talk.settled(ann)
    expect(talk.pictures).toBe(2)
  })

  test('that is none, or too large, is refused', async () => {
    talk.add(ann)
    const { conversation } = talk
    expect(await refusal(conversation.writer.setAvatar(Buffer.from('<svg/>')))).toBe('BAD_REQUEST')
    expect(await refusal(conversation.writer.setAvatar(png(5_000, 5)))).toBe('BAD_REQUEST')
    const large = Buffer.concat([png(5, 5), Buffer.alloc(25_000)])
    expect(await refusal(conversation.writer.setAvatar(large))).toBe('TOO_LARGE')
    expect(ann.core.length).toBe(0)
  })
})
