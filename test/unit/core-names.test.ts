import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { PorchlightError } from '../../core/errors.ts'
import { messageId, parseMessageId } from '../../core/room/message-id.ts'
import { checkName } from '../../core/room/names.ts'

/** The name as it is kept; null for one that is refused. */
function checked(name: string): string | null {
  try {
    return checkName(name)
  } catch (error) {
    if (error instanceof PorchlightError && error.code === 'BAD_REQUEST') return null
    throw error
  }
}

describe('a name', () => {
  test('loses what can not be seen, or turns the text around', () => {
    expect(checkName('  Ada\n')).toBe('Ada')
    expect(checkName('A\u0000d\u001b[31ma\u007f')).toBe('Ad[31ma')
    for (const hidden of [
      '\u202e',
      '\u202a',
      '\u2066',
      '\u200f',
      '\u061c',
      '\u2028',
      '\ufeff',
      '\u200b',
    ]) {
      expect(checkName(`Ad${hidden}a`)).toBe('Ada')
    }
    expect(checkName('Zo\u0065\u0308')).toBe('Zo\u00eb')
    expect(checkName('<img onerror=x>')).toBe('<img onerror=x>')
  })

  test('has 1 to 64 characters, whatever they are made of', () => {
    expect(checkName('🏮'.repeat(64))).toHaveLength(128)
    for (const wrong of ['', '   ', '\u200b\u202e', 'a'.repeat(65), '🏮'.repeat(65)]) {
      expect(() => checkName(wrong)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
    }
  })

  test('is the same when it is checked again, and fits where names go', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (name) => {
        const once = checked(name)
        if (once === null) return
        expect(checked(once)).toBe(once)
        expect(Buffer.byteLength(once)).toBeLessThanOrEqual(256)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('a message id', () => {
  test('names its log and sequence', () => {
    const log = Buffer.alloc(32, 0xab)
    expect(messageId(log, 12)).toBe('abababababababab-12')
    expect(parseMessageId(messageId(log, 12))).toEqual({ prefix: 'ab'.repeat(8), seq: 12 })
  })

  test('that is none is null', () => {
    const good = 'ab'.repeat(8)
    const bad = [
      '',
      '-',
      `${good}-01`,
      good,
      `${good}-`,
      `${good}--1`,
      `${good}-1x`,
      `x${good}-1`,
      `${good.toUpperCase()}-1`,
    ]
    for (const id of [...bad, `${good}-${'9'.repeat(16)}`]) expect(parseMessageId(id)).toBeNull()
  })
})
