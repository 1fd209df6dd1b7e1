import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sentPoint, shownPoint } from '../../core/room/messages/location.ts'
import { findMentions } from '../../core/room/messages/mentions.ts'
import { expiresAt } from '../../core/room/messages/expiry.ts'

const ann = { id: 'a1'.repeat(32), name: 'Ann' }
const annika = { id: 'a2'.repeat(32), name: 'Annika' }
const annLee = { id: 'b3'.repeat(32), name: 'Ann Lee' }
const zoe = { id: 'c4'.repeat(32), name: 'Zoë' }
const twins = ['d5', 'e6'].map((id) => ({ id: id.repeat(32), name: 'Twin' }))
const all = [ann, annika, annLee, zoe, ...twins]

function names(text: string): string[] {
  return findMentions(text, all).map((id) => all.find((person) => person.id === id)!.name)
}

describe('mentions', () => {
  test('the longest name that stands there, whole, whatever the case', () => {
    expect(names('@ann and @Annika')).toEqual(['Ann', 'Annika'])
    expect(names('@Ann Lee!')).toEqual(['Ann Lee'])
    expect(names('@Ann Leeds')).toEqual(['Ann'])
    expect(names('hello @ANN, @ann')).toEqual(['Ann'])
    expect(names('(@zoë)')).toEqual(['Zoë'])
    // Typed in another composition.
    expect(names('@ZOE\u0308')).toEqual(['Zoë'])
  })

  test('nothing in the middle of a word, nor half a name', () => {
    for (const text of [
      'mail ann@annika.example',
      '@',
      '@Annik',
      '@Annette',
      'ann',
      '@@',
      '@ Ann',
    ]) {
      expect([text, names(text)]).toEqual([text, []])
    }
  })

  test('a name that two people have needs the id', () => {
    expect(names('@Twin')).toEqual([])
    expect(findMentions('@d5d5d5d5', all)).toEqual([twins[0]!.id])
    expect(findMentions(`@${twins[1]!.id} hi`, all)).toEqual([twins[1]!.id])
    expect(findMentions('@d5d5d5d', all)).toEqual([])
    expect(findMentions('@d5d5d5d5x', all)).toEqual([])
    expect(findMentions('@a1a1a1a2', all)).toEqual([])
  })

  test('a long text full of @ is bounded in what it finds, and quick', () => {
    const many = Array.from({ length: 200 }, (_, n) => ({
      id: `${n}`.padStart(64, '0'),
      name: `name${n}`,
    }))
    const text = many.map(({ name }) => `@${name}`).join(' ')
    expect(findMentions(text, many)).toHaveLength(64)
    expect(findMentions('@'.repeat(16_384), many)).toEqual([])
  })

  test('any text gives only people of the room', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('@', 'A', 'n', ' ', 'L', 'e', 'd', '5', '🙂') }),
        (text) => {
          const ids = all.map(({ id }) => id)
          for (const id of findMentions(text, all)) expect(ids).toContain(id)
        },
      ),
    )
  })
})

describe('a place', () => {
  test('is shown as it was given, to a centimetre', () => {
    const latitudes = fc.double({ min: -90, max: 90, noNaN: true })
    const longitudes = fc.double({ min: -180, max: 180, noNaN: true })
    fc.assert(
      fc.property(latitudes, longitudes, (latitude, longitude) => {
        const point = shownPoint(sentPoint({ latitude, longitude, accuracy: 4.2, label: ' Gate ' }))
        expect(Math.abs(point.latitude - latitude)).toBeLessThanOrEqual(1e-7)
        expect(Math.abs(point.longitude - longitude)).toBeLessThanOrEqual(1e-7)
        expect(point).toMatchObject({ accuracy: 5, label: 'Gate' })
      }),
    )
    expect(shownPoint(sentPoint({ latitude: 1, longitude: 2 }))).toEqual({
      latitude: 1,
      longitude: 2,
    })
  })

  test('one that is on no map is refused', () => {
    const wrong = [
      { latitude: 90.1, longitude: 0 },
      { latitude: 0, longitude: -180.1 },
      { latitude: NaN, longitude: 0 },
      { latitude: 0, longitude: Infinity },
      { latitude: 0, longitude: 0, accuracy: -1 },
      { latitude: 0, longitude: 0, accuracy: NaN },
      { latitude: 0, longitude: 0, label: 'x'.repeat(257) },
    ]
    for (const point of wrong) {
      expect(() => sentPoint(point)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
    }
  })
})

test('a timer runs from sending, and never from later than arrival', () => {
  expect(expiresAt(1_000, 5_000, 60_000)).toBe(61_000)
  expect(expiresAt(9_000_000, 5_000, 60_000)).toBe(65_000)
})
