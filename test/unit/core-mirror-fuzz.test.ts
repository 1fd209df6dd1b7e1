import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeExact, encode } from '../../core/codec/codec.ts'
import type { Codec } from '../../core/codec/codec.ts'
import { PorchlightError } from '../../core/errors.ts'
import { mirrorMessages } from '../../core/mirror/exchange/messages.ts'
import { decodeBook, encodeBook } from '../../core/mirror/holder/account.ts'
import type { Book } from '../../core/mirror/holder/account.ts'

const bytes = (n: number): Buffer => Buffer.alloc(n, n)
const head = {
  key: bytes(32),
  manifest: bytes(100),
  spans: [
    { from: 0, to: 9 },
    { from: 12, to: 13 },
  ],
}
const tag = bytes(16)

const valid: { [K in keyof typeof mirrorMessages]: unknown } = {
  hello: {
    node: { key: bytes(32), signature: bytes(64), free: 5, relay: bytes(32), name: 'Küche' },
    carries: 7,
  },
  tags: { tags: [tag, bytes(16)], more: 1 },
  open: { tag, kind: 2 },
  gone: { tag },
  deposit: { key: bytes(32), depositor: bytes(32), signature: bytes(64) },
  answer: { tag, refused: 3, until: 12, bytes: 99 },
  heads: { tag, logs: [head, head] },
  ask: { tag },
  want: { id: 1, tag, key: bytes(32), from: 4, max: 1_000 },
  blocks: { id: 1, blocks: [bytes(10), bytes(0), bytes(70)] },
  end: { id: 1, roots: [{ index: 3, size: 9, hash: bytes(32) }], length: 4, signature: bytes(64) },
  notes: { tag, statements: [bytes(200)] },
  items: {
    tag,
    fresh: 1,
    more: 0,
    list: [{ root: bytes(32), size: 100, chunk: 64 }],
    gone: [bytes(32)],
  },
  kept: {
    tag,
    list: [
      { root: bytes(32), state: 0 },
      { root: bytes(32), state: 3 },
    ],
  },
  forget: { tag, depositor: bytes(32), signature: bytes(64) },
  over: { tag, names: [bytes(16)] },
  parcels: { key: bytes(32), logs: [{ ...head, copies: 4, bytes: 600 }], until: 9, regular: 1 },
}

const book: Book = {
  key: bytes(32),
  accounts: [
    {
      depositor: bytes(32),
      address: '192.0.2',
      paired: true,
      pairedAt: 1,
      since: 1,
      seen: 2,
      bytes: 3,
      logs: 2,
    },
    {
      depositor: null,
      address: 'ble:x',
      paired: false,
      pairedAt: 0,
      since: 1,
      seen: 2,
      bytes: 3,
      logs: 0,
    },
  ],
  notes: [{ name: bytes(16), at: 8, from: bytes(8) }],
  ran: 9,
}

function outcome(codec: Codec<unknown>, data: Uint8Array): string {
  try {
    decodeExact(codec, data)
    return 'read'
  } catch (error) {
    return error instanceof PorchlightError ? error.code : String(error)
  }
}

/** Some bytes of it changed, cut off or added. */
function mutants(data: Buffer): fc.Arbitrary<Buffer> {
  const changes = fc.array(fc.tuple(fc.nat(data.byteLength - 1), fc.nat(255)), { maxLength: 6 })
  return fc
    .tuple(changes, fc.nat(data.byteLength), fc.uint8Array({ maxLength: 8 }))
    .map(([changed, length, more]) => {
      const out = Buffer.from(data)
      for (const [at, value] of changed) out[at] = value
      return Buffer.concat([out.subarray(0, length), more])
    })
}

describe.each(Object.keys(mirrorMessages) as (keyof typeof mirrorMessages)[])('%s', (name) => {
  const codec = mirrorMessages[name] as Codec<unknown>
  const data = encode(codec, valid[name])

  test('comes back as it was', () => {
    expect(decodeExact(codec, data)).toEqual(valid[name])
  })

  test('A12: whatever comes instead is refused as malformed, or read', () => {
    const any = fc.oneof(fc.uint8Array({ maxLength: 300 }), mutants(data))
    fc.assert(
      fc.property(any, (input) => {
        expect(['read', 'MALFORMED']).toContain(outcome(codec, input))
      }),
      { numRuns: 400 },
    )
  })
})

describe('what a holder writes down of a mirror', () => {
  test('comes back as it was', () => {
    expect(decodeBook(encodeBook(book))).toEqual(book)
  })

  test('A12: is read, or is damaged', () => {
    const any = fc.oneof(fc.uint8Array({ maxLength: 300 }), mutants(encodeBook(book)))
    fc.assert(
      fc.property(any, (input) => {
        const read = decodeBook(Buffer.from(input))
        expect(read === null || read.key.byteLength === 32).toBe(true)
      }),
      { numRuns: 400 },
    )
  })
})

test('spans that do not rise are no spans', () => {
  for (const spans of [
    [{ from: 3, to: 3 }],
    [
      { from: 5, to: 9 },
      { from: 9, to: 12 },
    ],
  ]) {
    const data = encode(mirrorMessages.heads, { tag, logs: [] })
    expect(data.byteLength).toBe(17)
    expect(() => encode(mirrorMessages.heads, { tag, logs: [{ ...head, spans }] })).toThrow('span')
  }
})
