import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pad, sizeClass, unpad } from '../../core/crypto/padding.ts'

const data = fc.uint8Array({ maxLength: 3_000 })

describe('padding', () => {
  test('comes off again, whatever the data ends in', () => {
    const endings = fc.constantFrom([], [0x80], [0x80, 0, 0], [0, 0, 0], [0xff])
    fc.assert(
      fc.property(data, endings, (start, end) => {
        const whole = Buffer.concat([start, Buffer.from(end)])
        expect(unpad(pad(whole))).toEqual(whole)
      }),
    )
  })

  test('leaves few sizes, and wastes at most a third of a long one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 65, max: 1 << 20 }), (n) => {
        const size = sizeClass(n)
        expect(size).toBeGreaterThanOrEqual(n)
        expect(size - n).toBeLessThanOrEqual(size / 3)
        expect(sizeClass(size)).toBe(size)
      }),
    )
    const sizes = new Set(Array.from({ length: 65_536 }, (_, n) => sizeClass(n)))
    expect([...sizes].slice(0, 7)).toEqual([64, 96, 128, 192, 256, 384, 512])
    expect(sizes.size).toBe(21)
  })

  test('that `pad` did not make is refused', () => {
    for (const wrong of [[], [0], [0x80, 1], [1, 2, 3, 0x80]]) {
      expect(unpad(Buffer.from(wrong))).toBeNull()
    }
    const short = pad(Buffer.from('hello')).subarray(0, 63)
    const long = Buffer.concat([pad(Buffer.from('hello')), Buffer.alloc(64)])
    expect([unpad(short), unpad(long)]).toEqual([null, null])
  })
})
