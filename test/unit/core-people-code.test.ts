import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  formatVerification,
  isWholeCode,
  parseVerification,
  sameCode,
  verificationCode,
} from '../../core/people/verification-code.ts'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))

describe('A9: the code that two people compare', () => {
  test('is the same on both sides, six groups of five digits, and another for another key', () => {
    fc.assert(
      fc.property(key, key, key, (one, other, third) => {
        const code = verificationCode(one, other)
        expect(code).toMatch(/^\d{5}( \d{5}){5}$/)
        expect(verificationCode(other, one)).toBe(code)
        expect(verificationCode(one, third) === code).toBe(third.equals(other))
      }),
    )
  })

  test('is read however it is spaced, and no other digits pass', () => {
    const code = verificationCode(Buffer.alloc(32, 1), Buffer.alloc(32, 2))
    expect(sameCode(code.replaceAll(' ', '-'), code)).toBe(true)
    expect(sameCode(` ${code.replaceAll(' ', '\n')}`, code)).toBe(true)
    expect(sameCode(code.slice(0, -1), code)).toBe(false)
    expect(sameCode('', code)).toBe(false)
    expect(sameCode(`${'1'.repeat(500)}${code}`, code)).toBe(false)
    expect(isWholeCode(code)).toBe(true)
    expect(isWholeCode(`${code} 1`)).toBe(false)
  })

  test('the QR text commits to the key: any change makes it another or none', () => {
    fc.assert(
      fc.property(
        key,
        fc.nat(),
        fc.constantFrom('A', 'B', 'a', 'b', '0', '9', '_', '-'),
        (person, at, letter) => {
          const text = formatVerification(person)
          expect(parseVerification(`  ${text}\n`)).toEqual(person)
          const place = 'porchlight-verify:'.length + (at % (text.length - 18))
          const altered = text.slice(0, place) + letter + text.slice(place + 1)
          const read = parseVerification(altered)
          expect(read ?? person).toEqual(person)
        },
      ),
    )
  })

  test('anything else is no such text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseVerification(text)).toBeNull()
        expect(parseVerification(`porchlight-verify:${text}`)).toBeNull()
      }),
    )
  })
})
