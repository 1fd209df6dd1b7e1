import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { MemberView, Role } from '../../node-app/api/schemas.ts'
import { isModerator, mayActOn } from '../../web-ui/src/state/ranks.ts'
import { codeGroups } from '../../web-ui/src/text/code-groups.ts'
import { oneEmoji } from '../../web-ui/src/text/emoji.ts'
import { imageSize } from '../../web-ui/src/text/image-size.ts'
import { markedText } from '../../web-ui/src/text/marked-text.ts'
import { matchingNames, mentionAt, withMention } from '../../web-ui/src/text/mention-text.ts'
import { tombstoneWords } from '../../web-ui/src/text/message-words.ts'
import { plainText } from '../../web-ui/src/text/plain-text.ts'
import { geoLink, pointIn, pointWords } from '../../web-ui/src/text/place-text.ts'
import { DAY, HOUR, MINUTE, spanWords } from '../../web-ui/src/text/spans.ts'
import { spokenWords } from '../../web-ui/src/text/spoken-words.ts'

describe('a name typed behind an @', () => {
  const people = [{ name: 'Ben' }, { name: 'Anna Benz' }, { name: 'Cleo' }]
  test('is found where the caret is, and nowhere else', () => {
    expect(mentionAt('ask @Be', 7)).toEqual({ from: 4, to: 7, typed: 'Be' })
    expect(mentionAt('@', 1)).toEqual({ from: 0, to: 1, typed: '' })
    expect(mentionAt('mail me@home', 12)).toBeNull()
    expect(mentionAt('@Be\nx', 5)).toBeNull()
  })
  test('offers who it may be, and puts the whole name in', () => {
    expect(matchingNames(people, 'be').map(({ name }) => name)).toEqual(['Ben', 'Anna Benz'])
    expect(matchingNames(people, '')).toHaveLength(3)
    expect(matchingNames(people, 'ben')).toEqual([{ name: 'Anna Benz' }])
    expect(withMention('ask @Be now', { from: 4, to: 7, typed: 'Be' }, 'Ben')).toEqual({
      text: 'ask @Ben now',
      caret: 9,
    })
  })
})

describe('a place', () => {
  test.each([
    ['52.52, 13.405', '52.52000, 13.40500'],
    ['geo:-33.86,151.21;u=35', '-33.86000, 151.21000'],
    ['52.52° N, 13.405° W', '52.52000, -13.40500'],
    ['at 52.52 13.405 by the tree', '52.52000, 13.40500'],
  ])('is read from %j', (typed, words) => {
    const point = pointIn(typed)
    expect(point && pointWords(point)).toBe(words)
  })
  test.each(['', 'here', '95, 10', '10, 200', '5'])('is not seen in %j', (typed) => {
    expect(pointIn(typed)).toBeNull()
  })
  test('links to a map app and to nothing else, whatever numbers a peer sent', () => {
    expect(geoLink({ latitude: 52.52, longitude: 13.405 })).toBe('geo:52.52000,13.40500')
    expect(geoLink({ latitude: Number.NaN, longitude: 1 })).toBeNull()
    fc.assert(
      fc.property(fc.double(), fc.double(), (latitude, longitude) => {
        expect(geoLink({ latitude, longitude }) ?? 'geo:0,0').toMatch(/^geo:-?[\d.]+,-?[\d.]+$/)
        expect(pointWords({ latitude, longitude })).not.toBe('')
      }),
    )
  })
})

describe('what was found', () => {
  test('is marked, with the words around it', () => {
    expect(markedText('the water is here', [[4, 9]])).toEqual([
      { text: 'the ', marked: false },
      { text: 'water', marked: true },
      { text: ' is here', marked: false },
    ])
  })
  test('in a long message is shown from a little before, whole words alone', () => {
    const text = `${'word '.repeat(100)}needle ${'more '.repeat(100)}`
    const parts = markedText(text, [[500, 506]])
    expect(parts.find(({ marked }) => marked)?.text).toBe('needle')
    expect(parts[0]?.text).toBe('… ')
    expect(parts.at(-1)?.text).toBe(' …')
  })
  test('with marks that do not fit is still the text', () => {
    const marks = fc.array(fc.tuple(fc.integer(), fc.integer()))
    fc.assert(
      fc.property(fc.string({ maxLength: 500 }), marks, (text, wild) => {
        const all = markedText(text, wild).map((part) => part.text.replace(/^… $|^ …$/, ''))
        expect(text).toContain(all.join(''))
      }),
    )
  })
})

describe('the size of a picture', () => {
  const png = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 1, 0, 0, 0]
  test('is read from its head', () => {
    expect(imageSize(Uint8Array.from([...png, 0, 0, 5]))).toEqual({ width: 65_536, height: 5 })
    const jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 11, 8, 0, 7, 0, 9]
    expect(imageSize(Uint8Array.from(jpeg))).toEqual({ width: 9, height: 7 })
    const riff = [...Buffer.from('RIFF....WEBPVP8X'), 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 6, 0, 0]
    expect(imageSize(Uint8Array.from(riff))).toEqual({ width: 10, height: 7 })
  })
  test('of anything else is none, however it was cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(3), (tail, kind) => {
        const heads = [[], [0x89, 0x50, 0x4e, 0x47], [0xff, 0xd8, 0xff], [...Buffer.from('RIFF')]]
        const found = imageSize(Uint8Array.from([...heads[kind]!, ...tail]))
        expect(found === null || Number.isInteger(found.width)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

test('an emoji is one, however many parts it has; nothing is none', () => {
  expect(oneEmoji(' 👩‍👩‍👧 and more')).toBe('👩‍👩‍👧')
  expect(oneEmoji('  ')).toBeNull()
})

test('a code comes in its groups, whatever stands between them', () => {
  const groups = ['12345', '23456', '34567', '45678', '56789', '67890']
  expect(codeGroups(groups.join(' '))).toEqual(groups)
  expect(codeGroups(groups.join('-'))).toEqual(groups)
})

test('spans of time are told in one unit', () => {
  const spans = [20_000, 5 * MINUTE, HOUR, DAY, 7 * DAY, 90 * MINUTE]
  expect(spans.map(spanWords)).toEqual([
    'less than a minute',
    '5 minutes',
    '1 hour',
    '1 day',
    '7 days',
    '2 hours',
  ])
})

test('a message in one line has no marks left', () => {
  expect(plainText('**Bring**:\n- *cans*\n- bread\n\n> `so` it is')).toBe(
    'Bring: cans, bread so it is',
  )
})

test('what is gone says so, and what is there does not', () => {
  expect(tombstoneWords({ kind: 'text', own: false })).toBeNull()
  expect(tombstoneWords({ kind: 'deleted', own: true })).toBe('You deleted this message.')
  for (const kind of ['deleted', 'hidden', 'expired', 'unknown'] as const)
    expect(tombstoneWords({ kind, own: false })).not.toBeNull()
})

test('the same words twice are spoken twice', () => {
  const message = { authorName: 'Ben', text: 'hello' } as Parameters<typeof spokenWords>[0][number]
  const once = spokenWords([message], '')
  expect(once).toBe('Ben: hello')
  expect(spokenWords([message], once)).not.toBe(once)
})

test('one acts on those below, an admin also on admins, nobody on oneself', () => {
  const member = (role: Role, self = false) => ({ role, self }) as MemberView
  expect(mayActOn('moderator', member('member'))).toBe(true)
  expect(mayActOn('moderator', member('moderator'))).toBe(false)
  expect(mayActOn('admin', member('admin'))).toBe(true)
  expect(mayActOn('admin', member('admin', true))).toBe(false)
  expect(mayActOn('member', member('reader'))).toBe(false)
  expect((['reader', 'member', 'moderator', 'admin'] as const).map(isModerator)).toEqual([
    false,
    false,
    true,
    true,
  ])
})
