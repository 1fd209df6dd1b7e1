import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { confusable, rememberedLook, skeleton } from '../../core/people/confusable.ts'
import { takenNames } from '../../core/people/name-watch.ts'

describe('names that look alike', () => {
  test.each([
    ['Ada', 'Аdа'],
    ['paypal', 'рауpаl'],
    ['Bill', 'BiI1'],
    ['Bob', 'B0b'],
    ['Zoë', 'Zoe'],
    ['Mo', 'rno'],
    ['Ann Lee', 'AnnLee'],
    ['Ｍａｘ', 'max'],
    ['NIKOS', 'ΝΙΚΟS'],
  ])('%s and %s', (one, other) => {
    expect(skeleton(one)).toBe(skeleton(other))
  })

  test.each([
    ['Ada', 'Adam'],
    ['Иван', 'Ирина'],
    ['李雷', '韩梅梅'],
    ['Node 1', 'Node 7'],
    ['👩', '👨'],
  ])('%s is not %s', (one, other) => {
    expect(skeleton(one)).not.toBe(skeleton(other))
  })

  test('never throws, is never empty for a name, and case, marks and spaces change nothing', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (name) => {
        expect(skeleton(name)).not.toBe('')
      }),
    )
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', 'd', 'x', 'z'), minLength: 1 }),
        (name) => {
          expect(skeleton(` ${name.toUpperCase()}\u0301 `)).toBe(skeleton(name))
        },
      ),
    )
  })

  test('all who share a look are named, nobody else', () => {
    const people = [
      { id: '1', name: 'Ada' },
      { id: '2', name: 'Аda' },
      { id: '3', name: 'Bo' },
      { id: '4', name: 'ada ' },
    ]
    expect([...confusable(people)].sort()).toEqual(['1', '2', '4'])
  })
})

test('what a name looks like is worked out once, of a bounded number of names', () => {
  const worked: string[] = []
  const look = rememberedLook((name) => {
    worked.push(name)
    return skeleton(name)
  }, 2)
  expect(['Ada', 'АDА', 'Ada', 'АDА'].map(look)).toEqual(Array(4).fill(skeleton('Ada')))
  expect(worked).toEqual(['Ada', 'АDА'])
  expect(['Bo', 'Bo', 'Ada'].map(look)).toEqual(['bo', 'bo', 'ada'])
  expect(worked).toEqual(['Ada', 'АDА', 'Bo', 'Ada'])
})

describe('A3: a known name with another key', () => {
  const ada = { id: 'aa', name: 'Ada' }
  const self = { id: 'ee', name: 'Eve' }

  test('is told when its owner was verified, or is this person', () => {
    const people = [
      ada,
      self,
      { id: 'bb', name: 'АDА' },
      { id: 'cc', name: 'eve' },
      { id: 'dd', name: 'Di' },
    ]
    expect(takenNames(people, [ada], self, skeleton)).toEqual([
      { person: 'bb', name: 'АDА', of: ada, self: false },
      { person: 'cc', name: 'eve', of: self, self: true },
    ])
  })

  test('is no matter among the merely known', () => {
    expect(takenNames([ada, { id: 'bb', name: 'Ada' }], [], self, skeleton)).toEqual([])
  })
})
