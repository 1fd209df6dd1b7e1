import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { encode, tryDecode } from '../../core/codec/codec.ts'
import type { Codec } from '../../core/codec/codec.ts'
import { imageType } from '../../core/room/messages/image-type.ts'
import {
  avatarPayload,
  DEGREE,
  deletePayload,
  editPayload,
  MAX_AVATAR,
  MAX_MENTIONS,
  MAX_TEXT,
  MAX_TIMER,
  MIN_TIMER,
  plainText,
  reactPayload,
  textPayload,
} from '../../core/room/messages/payloads.ts'
import type { TextPayload } from '../../core/room/messages/payloads.ts'
import { isReaction } from '../../core/room/messages/reaction.ts'
import { jpeg, png, webp } from './core-message-pictures.ts'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((data) => Buffer.from(data))
const target = fc.record({ log: key, seq: fc.maxSafeNat() })
const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
const mentions = fc.array(key, { maxLength: MAX_MENTIONS })
const nullable = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(values)
const point = fc.record({
  latitude: fc.integer({ min: -90 * DEGREE, max: 90 * DEGREE }),
  longitude: fc.integer({ min: -180 * DEGREE, max: 180 * DEGREE }),
  accuracy: nullable(fc.nat(100_000)),
  label: nullable(fc.string({ unit: 'grapheme', maxLength: 20 })),
})
const reactions = fc.constantFrom('👍', '❤️', '1️⃣', '🏳️‍🌈', '👩🏽‍🚀', '🇦🇹', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '☃')

const shapes: [string, Codec<never>, fc.Arbitrary<unknown>][] = [
  [
    'text',
    textPayload as never,
    fc.record({
      text: words,
      replyTo: nullable(target),
      expiresIn: nullable(fc.integer({ min: MIN_TIMER, max: MAX_TIMER })),
      mentions,
      location: nullable(point),
    }),
  ],
  ['edit', editPayload as never, fc.record({ target, text: words, mentions })],
  ['delete', deletePayload as never, fc.record({ target })],
  ['react', reactPayload as never, fc.record({ target, emoji: reactions, on: fc.nat(1) })],
  [
    'avatar',
    avatarPayload as never,
    fc.constantFrom(Buffer.alloc(0), png(64, 64), jpeg(9, 8)).map((image) => ({ image })),
  ],
]

function text(change: Partial<TextPayload>): TextPayload {
  return { ...plainText('hello'), ...change }
}

/** As a peer would write it who keeps to no bound. */
function refuses<T>(codec: Codec<T>, value: T): void {
  expect(() => encode(codec, value)).toThrow(expect.objectContaining({ code: 'MALFORMED' }))
}

describe('a payload', () => {
  test.each(shapes)('%s is read as it was written', (_, codec, values) => {
    fc.assert(
      fc.property(values, (value) => {
        expect(tryDecode(codec, encode(codec, value as never))).toEqual(value)
      }),
    )
  })

  test.each(shapes)(
    '%s: mutated bytes are read as something in bounds, or refused',
    (_, codec, values) => {
      const changes = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 })
      fc.assert(
        fc.property(values, changes, fc.nat(400), (value, bytes, cut) => {
          const data = encode(codec, value as never)
          for (const [at, byte] of bytes) if (at < data.byteLength) data[at] = byte
          const read = tryDecode(codec, cut < data.byteLength ? data.subarray(0, cut) : data)
          // What was read passes the same bounds again.
          const again = read === null ? null : tryDecode(codec, encode(codec, read))
          expect(again).toEqual(read)
        }),
      )
    },
  )

  test('bounds hold on what is written too', () => {
    const place = { latitude: 0, longitude: 0, accuracy: null, label: null }
    refuses(textPayload, text({ text: 'a'.repeat(MAX_TEXT + 1) }))
    refuses(textPayload, text({ text: '' }))
    refuses(textPayload, text({ expiresIn: MIN_TIMER - 1 }))
    refuses(textPayload, text({ mentions: Array.from({ length: 65 }, () => Buffer.alloc(32)) }))
    refuses(textPayload, text({ location: { ...place, latitude: 90 * DEGREE + 1 } }))
    refuses(textPayload, text({ location: { ...place, longitude: -180 * DEGREE - 1 } }))
    refuses(reactPayload, { target: { log: Buffer.alloc(32), seq: 0 }, emoji: 'no', on: 1 })
    const large = Buffer.concat([png(8, 8), Buffer.alloc(MAX_AVATAR)])
    refuses(avatarPayload, { image: large })
    expect(
      tryDecode(textPayload, encode(textPayload, text({ text: '', location: place }))),
    ).toEqual(text({ text: '', location: place }))
  })

  test('a place or timer out of range in the bytes of a peer is refused', () => {
    const good = encode(textPayload, text({ expiresIn: MAX_TIMER }))
    expect(tryDecode(textPayload, good)).not.toBeNull()
    // hello | no reply | timer as a number of 8 bytes
    const at = good.indexOf(Buffer.from('hello')) + 5 + 2
    expect(good[at]).toBe(0xff)
    for (const ms of [0n, BigInt(MIN_TIMER - 1), BigInt(MAX_TIMER + 1), 2n ** 60n]) {
      const bad = Buffer.from(good)
      bad.writeBigUInt64LE(ms, at + 1)
      expect(tryDecode(textPayload, bad)).toBeNull()
    }
  })
})

describe('a reaction', () => {
  test('is one emoji', () => {
    for (const emoji of ['👍', '❤️', '❤', '1️⃣', '🏳️‍🌈', '👨‍👩‍👧‍👦', '👩🏽‍❤️‍💋‍👨🏿', '🇦🇹', '☃']) {
      expect([emoji, isReaction(emoji)]).toEqual([emoji, true])
    }
    const none = [
      '',
      ' ',
      'a',
      '1',
      '#',
      '👍👍',
      '👍 ',
      '\u200d',
      '🇦🇹🇩🇪',
      '<b>',
      'a\u0301'.repeat(3),
    ]
    for (const other of [...none, `👍${'\u0301'.repeat(20)}`, '👍'.repeat(1e6), '\ud83d']) {
      expect([other.slice(0, 30), isReaction(other)]).toEqual([other.slice(0, 30), false])
    }
  })
})

describe('a picture', () => {
  test('is known by its bytes, and has a size that can be shown', () => {
    const makers: [string, (width: number, height: number) => Buffer][] = [
      ['image/png', png],
      ['image/jpeg', jpeg],
      ['image/webp', (w, h) => webp('VP8 ', w, h)],
      ['image/webp', (w, h) => webp('VP8L', w, h)],
      ['image/webp', (w, h) => webp('VP8X', w, h)],
    ]
    for (const [type, make] of makers) {
      expect(imageType(make(1024, 7))).toBe(type)
      expect(imageType(make(1025, 7))).toBeNull()
      expect(imageType(make(7, 1025))).toBeNull()
    }
    const other = ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'GIF89a', '', '<html>']
    for (const data of other) expect(imageType(Buffer.from(data.padEnd(64)))).toBeNull()
  })

  test('no bytes make the reader do anything but say no', () => {
    const heads = [
      png(5, 5),
      jpeg(5, 5),
      webp('VP8X', 5, 5),
      webp('VP8 ', 5, 5),
      webp('VP8L', 5, 5),
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...heads),
        fc.array(fc.tuple(fc.nat(39), fc.nat(255)), { maxLength: 4 }),
        fc.nat(64),
        (head, changes, size) => {
          const data = Buffer.from(head.subarray(0, size))
          for (const [at, byte] of changes) if (at < data.byteLength) data[at] = byte
          expect([null, 'image/png', 'image/jpeg', 'image/webp']).toContain(imageType(data))
        },
      ),
    )
  })
})
