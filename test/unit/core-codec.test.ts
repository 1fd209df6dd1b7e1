import { describe, expect, test } from '@jest/globals'
import c from 'compact-encoding'
import fc from 'fast-check'
import {
  bounded,
  bytes,
  decodeExact,
  encode,
  fixed,
  list,
  optional,
  struct,
  text,
  tryDecode,
  uint,
  union,
} from '../../core/codec/codec.ts'
import type { Codec } from '../../core/codec/codec.ts'
import { decodeOperation } from '../../core/control/operation.ts'
import { readJoin, readLog } from '../../core/control/statement.ts'
import { PorchlightError } from '../../core/errors.ts'
import { seededRandom } from '../../core/random.ts'
import type { Random } from '../../core/random.ts'
import { sessionMessages } from '../../core/session/messages.ts'
import { decodeSnapshot } from '../../core/timeline/snapshot.ts'
import { decodeJournal } from '../../core/durability/journal.ts'
import { filePayload } from '../../core/room/messages/file-payload.ts'
import {
  avatarPayload,
  deletePayload,
  editPayload,
  reactPayload,
  textPayload,
} from '../../core/room/messages/payloads.ts'
import { openRecord, readHeader } from '../../core/room/record.ts'

type Shape =
  | { type: 'dot' }
  | { type: 'line'; length: number; name: string }
  | { type: 'group'; parts: Buffer[]; note: string | null }

const shape: Codec<Shape> = union<Shape>({
  dot: [0, struct({})],
  line: [3, struct({ length: uint, name: text(40) })],
  group: [200, struct({ parts: list(bytes(8), 5), note: optional(text(10)) })],
})

const buffer = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((data) => Buffer.from(data))
const words = (max: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'binary', maxLength: max }).filter((value) => Buffer.byteLength(value) <= max)

const shapes: fc.Arbitrary<Shape> = fc.oneof(
  fc.constant<Shape>({ type: 'dot' }),
  fc.record({
    type: fc.constant('line' as const),
    length: fc.maxSafeNat(),
    name: words(40),
  }),
  fc.record({
    type: fc.constant('group' as const),
    parts: fc.array(buffer(8), { maxLength: 5 }),
    note: fc.option(words(10)),
  }),
)

function code(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof PorchlightError) return error.code
    throw error
  }
  return 'none'
}

describe('the codecs', () => {
  test('read what they wrote', () => {
    fc.assert(
      fc.property(shapes, (value) =>
        expect(decodeExact(shape, encode(shape, value))).toEqual(value),
      ),
      { numRuns: 2_000 },
    )
  })

  test('refuse every truncation, and every byte too many', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), (value, at) => {
        const whole = encode(shape, value)
        const cut = whole.subarray(0, at % whole.byteLength)
        expect(code(() => decodeExact(shape, cut))).toBe('MALFORMED')
        const more = Buffer.concat([whole, Buffer.from([0])])
        expect(code(() => decodeExact(shape, more))).toBe('MALFORMED')
        expect(tryDecode(shape, more)).toBeNull()
      }),
      { numRuns: 1_000 },
    )
  })

  test('hold both ends to the bounds', () => {
    const over: [Codec<never>, unknown, Buffer][] = [
      [bytes(3) as never, Buffer.alloc(4), encode(bytes(4), Buffer.alloc(4))],
      [text(3) as never, 'äö', encode(text(4), 'äö')],
      [list(uint, 2) as never, [1, 2, 3], encode(list(uint, 3), [1, 2, 3])],
      [fixed(4) as never, Buffer.alloc(3), Buffer.alloc(3)],
    ]
    for (const [codec, value, wire] of over) {
      expect(code(() => encode(codec, value as never))).toBe('MALFORMED')
      expect(code(() => decodeExact(codec, wire))).toBe('MALFORMED')
    }
    expect(decodeExact(bounded(300), encode(uint, 300))).toBe(300)
    expect(code(() => decodeExact(bounded(300), encode(uint, 301)))).toBe('MALFORMED')
  })

  test('refuse numbers that no double holds, unknown kinds and ill-formed text', () => {
    const huge = Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0x20, 0])
    expect(code(() => decodeExact(uint, huge))).toBe('MALFORMED')
    expect(code(() => decodeExact(shape, Buffer.from([1])))).toBe('MALFORMED')
    expect(code(() => decodeExact(text(9), Buffer.from([2, 0xc3, 0x28])))).toBe('MALFORMED')
    expect(code(() => decodeExact(optional(uint), Buffer.from([2, 1])))).toBe('MALFORMED')
  })

  test('copy what they give out: a frame that is used again changes nothing', () => {
    const frame = encode(struct({ a: bytes(9), b: fixed(2) }), {
      a: Buffer.from('kept'),
      b: Buffer.from('up'),
    })
    const value = decodeExact(struct({ a: bytes(9), b: fixed(2) }), frame)
    frame.fill(0)
    expect(value).toEqual({ a: Buffer.from('kept'), b: Buffer.from('up') })
  })

  test('a lying count or length makes room for nothing', () => {
    const count = encode(c.uint as Codec<number>, 2 ** 40)
    const lies: Codec<unknown>[] = [bytes(2 ** 50), text(2 ** 50), list(uint, 2 ** 50)]
    const before = process.memoryUsage()
    for (let i = 0; i < 1_000; i++) {
      for (const lie of lies) expect(tryDecode(lie, count)).toBeNull()
    }
    const after = process.memoryUsage()
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(20 * 1024 * 1024)
    expect(after.heapTotal - before.heapTotal).toBeLessThan(100 * 1024 * 1024)
  })
})

describe('no input makes a decoder do anything but refuse', () => {
  const key = Buffer.alloc(32, 1)
  const place = { room: key, log: key, seq: 3, epoch: 0 }
  const nullOrMore: Record<string, (data: Buffer) => unknown> = {
    operation: decodeOperation,
    join: readJoin,
    log: readLog,
    header: readHeader,
    record: (data) => openRecord(data, place, key),
    text: (data) => tryDecode(textPayload, data),
    edit: (data) => tryDecode(editPayload, data),
    delete: (data) => tryDecode(deletePayload, data),
    react: (data) => tryDecode(reactPayload, data),
    avatar: (data) => tryDecode(avatarPayload, data),
    file: (data) => tryDecode(filePayload, data),
    journal: decodeJournal,
    snapshot: decodeSnapshot,
  }
  const RUNS = 60
  const INPUTS = 100

  /** Near misses too: small numbers are counts, lengths, kinds and versions. */
  function hostile(random: Random): Buffer {
    const data = random.bytes(Math.floor(random.float() * 160))
    const shift = Math.floor(random.float() * 8)
    return random.float() < 0.5 ? (data.map((byte) => byte >> shift) as Buffer) : data
  }

  /** 6,000 inputs, a failure named by the seed of its hundred. */
  function assertRefuses(read: (data: Buffer) => void): void {
    const seeds = fc.property(fc.nat(), (seed) => {
      const random = seededRandom(seed)
      for (let i = 0; i < INPUTS; i++) read(hostile(random))
    })
    fc.assert(seeds, { numRuns: RUNS })
  }

  test.each(Object.keys(nullOrMore))('%s', (name) => {
    assertRefuses((data) => void nullOrMore[name]!(data))
  })

  test.each(Object.keys(sessionMessages))('session message %s', (name) => {
    const codec = sessionMessages[name as keyof typeof sessionMessages] as Codec<unknown>
    assertRefuses((data) => {
      const outcome = code(() => decodeExact(codec, data))
      if (outcome !== 'MALFORMED' && outcome !== 'none') throw new Error(outcome)
    })
  })
})
