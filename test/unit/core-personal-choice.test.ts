import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { yields } from '../../core/self/personal-choice.ts'

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
