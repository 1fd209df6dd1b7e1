import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { PorchlightError } from '../../core/errors.ts'
import { formatInvite, parseInvite } from '../../core/room/invite.ts'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((data) => Buffer.from(data))
const basic = { room: key, encryptionKey: key, seed: key }
const nodes = fc.array(key, { minLength: 1, maxLength: 2 })
const invites = fc.oneof(fc.record(basic), fc.record({ ...basic, nodes }))
const sample = {
  room: Buffer.alloc(32, 1),
  encryptionKey: Buffer.alloc(32, 2),
  seed: Buffer.alloc(32, 3),
}
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function refusal(text: string): PorchlightError {
  try {
    parseInvite(text)
  } catch (error) {
    if (error instanceof PorchlightError) return error
    throw error
  }
  throw new Error(`accepted ${text}`)
}

describe('an invite', () => {
  test('is read as it was written, through any white space that mails and chats add', () => {
    const blank = fc.constantFrom('', ' ', '\n', '\r\n  ', '\t')
    fc.assert(
      fc.property(invites, fc.array(blank, { minLength: 9, maxLength: 9 }), (invite, blanks) => {
        const text = formatInvite(invite)
        expect(text).toMatch(/^porchlight:[A-Za-z0-9_-]+$/)
        const step = Math.ceil(text.length / 8)
        const spread = blanks.map((gap, i) => text.slice(i * step, (i + 1) * step) + gap)
        expect(parseInvite(blanks[0]! + spread.join(''))).toEqual(invite)
      }),
    )
  })

  test('without nodes is as earlier versions read it; with nodes they say that they are too old', () => {
    const versionOf = (text: string): number =>
      Buffer.from(text.slice('porchlight:'.length), 'base64url')[0]!
    expect(versionOf(formatInvite(sample))).toBe(1)
    expect(formatInvite({ ...sample, nodes: [] })).toBe(formatInvite(sample))
    expect(versionOf(formatInvite({ ...sample, nodes: [Buffer.alloc(32, 4)] }))).toBe(2)
    expect(() =>
      formatInvite({ ...sample, nodes: [1, 2, 3].map((n) => Buffer.alloc(32, n)) }),
    ).toThrow('3 items')
  })

  test('one that was made of another version by a slip is refused', () => {
    for (const [from, to] of [
      [{ ...sample, nodes: [Buffer.alloc(32, 4)] }, 1],
      [sample, 2],
    ] as const) {
      const data = Buffer.from(formatInvite(from).slice('porchlight:'.length), 'base64url')
      data[0] = to
      expect(refusal('porchlight:' + data.toString('base64url')).code).toBe('BAD_INVITE')
    }
  })

  test.each([
    ['of members', sample],
    ['with nodes', { ...sample, nodes: [Buffer.alloc(32, 4), Buffer.alloc(32, 5)] }],
  ])('%s, with any one character mistyped, left out or doubled is refused', (_, invite) => {
    const text = formatInvite(invite)
    const start = 'porchlight:'.length
    for (let at = start; at < text.length; at++) {
      for (const wrong of ALPHABET) {
        if (wrong === text[at]) continue
        const typed = text.slice(0, at) + wrong + text.slice(at + 1)
        // The last character carries two bits that no byte holds: mistyped there, it is the same invite.
        if (at === text.length - 1 && same(typed, text)) continue
        expect(refusal(typed).code).toBe('BAD_INVITE')
      }
      expect(refusal(text.slice(0, at) + text.slice(at + 1)).code).toBe('BAD_INVITE')
      expect(refusal(text.slice(0, at) + text[at]! + text.slice(at)).code).toBe('BAD_INVITE')
    }
  })

  test('garbage of any size is refused in words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.boolean(), (text, scheme) => {
        expect(refusal((scheme ? 'porchlight:' : '') + text).code).toBe('BAD_INVITE')
      }),
      { numRuns: 5_000 },
    )
    expect(refusal(formatInvite(sample) + ' '.repeat(10_000_000)).code).toBe('BAD_INVITE')
    expect(refusal('').message).toMatch(/begins with/)
    expect(refusal('porchlight:AAAé').message).toMatch(/mistyped/)
  })

  test('of another version says what to do', () => {
    const text = formatInvite(sample)
    const data = Buffer.from(text.slice('porchlight:'.length), 'base64url')
    data[0] = 3
    expect(refusal('porchlight:' + data.toString('base64url')).message).toMatch(/Update/)
  })
})

function same(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => Buffer.from(text.slice(11), 'base64url'))
  return a!.equals(b!)
}
