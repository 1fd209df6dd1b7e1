import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { encode } from 'uqr'
import type { MessageView } from '../../node-app/api/schemas.ts'
import { excerptOf } from '../../node-app/cli/excerpt.ts'
import { contentOf, marksOf } from '../../node-app/cli/message-words.ts'
import { memberPath, messagePath, roomPath } from '../../node-app/cli/paths.ts'
import { formatPlace, parsePlace } from '../../node-app/cli/place.ts'
import { terminalQr } from '../../node-app/cli/qr.ts'
import { formatDay, formatMoment } from '../../node-app/cli/when.ts'

const message = (more: Partial<MessageView>): MessageView => ({
  id: 'm',
  author: 'a',
  authorName: 'Ada',
  own: false,
  text: 'hi',
  kind: 'text',
  sentAt: 0,
  delivery: { state: 'saved', devices: 0 },
  ...more,
})

describe('messages in words', () => {
  test('a tombstone has neither timer nor edit to speak of', () => {
    const gone = message({ kind: 'expired', text: '', editedAt: 1, expiresAt: 2, pinned: true })
    expect(marksOf(gone, 0)).toEqual(['[pinned]'])
    expect(contentOf(gone, 'r')).toEqual({ lines: ['(disappeared: its time was up)'], gone: true })
  })

  test('a timer counts down to now', () => {
    expect(marksOf(message({ expiresAt: 90_000 }), 0)).toEqual(['[disappears in 1 min]'])
    expect(marksOf(message({ expiresAt: 90_000 }), 90_000)).toEqual(['[disappears now]'])
  })
})

describe('places', () => {
  test('are read and written', () => {
    expect(parsePlace('53.5459,-9.9667')).toEqual({ latitude: 53.5459, longitude: -9.9667 })
    expect(parsePlace('-90, 180')).toEqual({ latitude: -90, longitude: 180 })
    for (const bad of ['', '1', '91,0', '0,181', '1,2,3', 'a,b', '1e1,0', ' 1,2']) {
      expect(() => parsePlace(bad)).toThrow('latitude,longitude')
    }
    expect(formatPlace({ latitude: 1, longitude: 2 })).toBe('1.00000, 2.00000')
  })
})

test('moments are written as ISO does, in local time', () => {
  const noon = new Date(2027, 0, 15, 9, 30, 59).getTime()
  expect([formatMoment(noon), formatDay(noon)]).toEqual(['2027-01-15 09:30', '2027-01-15'])
  expect([formatMoment(Number.NaN), formatDay(9e15)]).toEqual(['-', '-'])
})

describe('what was found', () => {
  test('is shown with its marks, cut at characters, on one line', () => {
    expect(excerptOf('a\nbc d', [[2, 4]])).toEqual([
      { words: 'a ', marked: false },
      { words: 'bc', marked: true },
      { words: ' d', marked: false },
    ])
    const far = `${'👍'.repeat(50)} pump ${'👍'.repeat(100)}`
    const words = excerptOf(far, [[101, 105]]).map((stretch) => stretch.words)
    expect([words[0], words.at(-1)]).toEqual(['…', '…'])
    expect(words.join('').isWellFormed()).toBe(true)
    expect(excerptOf(far, [[101, 105]]).filter(({ marked }) => marked)).toEqual([
      { words: 'pump', marked: true },
    ])
  })

  test('never throws, nor lets a command of the terminal through', () => {
    const mark = fc.tuple(fc.nat(300), fc.nat(300))
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 250 }), fc.array(mark), (text, marks) => {
        const words = excerptOf(text, marks).map((stretch) => stretch.words)
        expect(words.join('')).not.toMatch(/[\p{Cc}\u202e]/u)
      }),
    )
  })
})

describe('QR codes', () => {
  test.each([true, false])('are drawn as they are encoded (colour: %s)', (colour) => {
    const text = 'porchlight-verify:abcdef'
    const { data, size } = encode(text, { ecc: 'L', border: 2 })
    const drawn = terminalQr(text, colour)
      .replaceAll('\n', 'NEXT')
      .replaceAll(/\p{Cc}\[[\d;]*m/gu, '')
      .split('NEXT')
      .flatMap((line) => [
        [...line].map((char) => (char === '█' || char === '▀') === colour),
        [...line].map((char) => (char === '█' || char === '▄') === colour),
      ])
    expect(drawn.slice(0, size)).toEqual(data)
  })
})

describe('paths', () => {
  test('keep a person’s words in one segment, and refuse empty ones', () => {
    expect(roomPath('a/b ?#', '/x')).toBe('/rooms/a%2Fb%20%3F%23/x')
    expect(messagePath('r', 'i/d')).toBe('/rooms/r/messages/i%2Fd')
    expect(memberPath('r', 'Bob', '/role')).toBe('/rooms/r/members/Bob/role')
    expect(() => roomPath('')).toThrow('must not be empty')
    expect(() => messagePath('r', '')).toThrow('must not be empty')
    expect(() => memberPath('r', '')).toThrow('must not be empty')
  })
})
