import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { choosePersonal, yields } from '../../core/self/personal-choice.ts'

test('of two personal rooms at most one gives way, and one that several devices share never does', () => {
  const side = fc.record({
    key: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    present: fc.integer({ min: 0, max: 3 }),
  })
  fc.assert(
    fc.property(side, side, (one, two) => {
      const both = [yields(one, two), yields(two, one)]
      const different = !one.key.equals(two.key)
      expect(both.filter(Boolean).length <= 1).toBe(true)
      expect(both.includes(true)).toBe(different && Math.min(one.present, two.present) <= 1)
      expect(yields({ ...one, present: 2 }, two)).toBe(false)
    }),
  )
})

describe('the room to share in, of several', () => {
  const good = { joined: true, own: true, safe: true }
  const mine = { key: Buffer.from('b'), present: 1, ...good }
  const theirs = { key: Buffer.from('c'), present: 2, ...good }

  test('is the one with the others, once this device was let in', () => {
    expect(choosePersonal([mine], undefined)).toBe(mine)
    expect(choosePersonal([mine, theirs], mine)).toBe(theirs)
    expect(choosePersonal([mine, theirs], undefined)).toBe(theirs)
    expect(choosePersonal([{ ...mine, present: 2 }, theirs], undefined)).toMatchObject({
      key: mine.key,
    })
  })

  test.each(['joined', 'own', 'safe'])('is none that lacks this: %s', (lacking) => {
    const bad = { ...theirs, [lacking]: false }
    expect(choosePersonal([mine, bad], mine)).toBe(mine)
    expect(choosePersonal([mine, bad], undefined)).toBe(mine)
  })

  test('is another when the one so far is none', () => {
    const room = { ...mine, own: false, present: 9 }
    expect(choosePersonal([room, theirs], room)).toBe(theirs)
    const waiting = { ...mine, joined: false, present: 9 }
    expect(choosePersonal([waiting, theirs], waiting)).toBe(theirs)
  })
})
