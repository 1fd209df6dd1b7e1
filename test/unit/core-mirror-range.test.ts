import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import Verifier from 'hypercore/lib/verifier.js'
import { decodeExact, encode, tryDecode } from '../../core/codec/codec.ts'
import type { Codec } from '../../core/codec/codec.ts'
import type { LogRange } from '../../core/mirror/copy.ts'
import { cutFront, joinRanges } from '../../core/mirror/range/cut.ts'
import { leavesOf, rootIndexes, rootsAfter } from '../../core/mirror/range/frontier.ts'
import { encodeManifest, isNamed, proveRange } from '../../core/mirror/range/prove.ts'
import { rangeBlocks, rangeHead } from '../../core/mirror/range/range-codec.ts'
import { PorchlightError } from '../../core/errors.ts'
import { pairOf } from './core-people.ts'
import { SignedLogs } from './core-signed-logs.ts'
import type { SignedLog } from './core-signed-logs.ts'

const LENGTH = 70

let logs: SignedLogs
let log: SignedLog
let other: SignedLog

beforeAll(async () => {
  logs = await SignedLogs.open()
  const sizes = Array.from({ length: LENGTH }, (_, i) => (i * 37) % 301)
  log = await logs.author('author', ...sizes)
  other = await logs.author('other', ...sizes)
})

afterAll(() => logs.close())

/** Any [from, to) of the log. */
const spans = fc
  .tuple(fc.nat(LENGTH - 1), fc.nat(LENGTH - 1))
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const)

const head = ({ blocks, ...range }: LogRange) => ({ ...range, count: blocks.length })

function outcome(codec: Codec<unknown>, bytes: Uint8Array): string {
  try {
    decodeExact(codec, bytes)
    return 'read'
  } catch (error) {
    return error instanceof PorchlightError ? error.code : String(error)
  }
}

describe('roots', () => {
  test('are where hypercore has them, with its hashes', async () => {
    for (const length of [0, 1, 2, 3, 5, 8, 21, 63, 64, LENGTH]) {
      const roots = log.roots(length)
      expect(roots.map(({ index }) => index)).toEqual(rootIndexes(length))
      expect(roots.reduce((n, { index }) => n + leavesOf(index), 0)).toBe(length)
    }
    expect(log.roots(LENGTH)).toEqual(
      log.core.core.state.roots.map(({ index, size, hash }) => ({ index, size, hash })),
    )
    expect(rootIndexes(2 ** 29)).toEqual([2 ** 29 - 1])
    expect(rootIndexes(2 ** 29 - 1)).toHaveLength(29)
  })

  test('go on from any length', () => {
    fc.assert(
      fc.property(spans, ([from, to]) => {
        const after = rootsAfter(from, log.roots(from), log.blocks.slice(from, to))
        expect(after).toEqual(log.roots(to))
      }),
    )
  })
})

describe('a range', () => {
  test('proves itself, wherever it begins and ends', () => {
    fc.assert(
      fc.property(spans, ([from, to]) => {
        expect(proveRange(log.range(from, to))).toEqual(log.roots(to))
      }),
    )
  })

  test('of a log that Autobase or a store made by its keys proves itself too', async () => {
    const store = logs.store()
    const core = store.get({ keyPair: pairOf('writer'), active: false })
    await core.ready()
    await core.append([Buffer.from('a'), Buffer.from('b')])
    const range = {
      key: core.key,
      manifest: Buffer.from(Verifier.encodeManifest(core.manifest as never)),
      from: 0,
      roots: [],
      blocks: [Buffer.from('a'), Buffer.from('b')],
      signature: core.core.state.signature!,
    }
    expect(proveRange(range)).toHaveLength(1)
    expect(range.manifest).toEqual(
      encodeManifest({ version: store.manifestVersion, signers: [pairOf('writer')] }),
    )
  })

  test('A18: that is not what its author signed is refused, whatever of it was changed', () => {
    const flips = fc.tuple(
      spans,
      fc.nat(),
      fc.nat(7),
      fc.constantFrom(
        'block',
        'root',
        'size',
        'signature',
        'from',
        'manifest',
        'key',
        'order',
        'less',
        'more',
      ),
    )
    fc.assert(
      fc.property(flips, ([[from, to], at, bit, what]) => {
        const range = log.range(from, to)
        const flip = (bytes: Buffer): Buffer => {
          const out = Buffer.from(bytes)
          if (out.byteLength > 0) out[at % out.byteLength]! ^= 1 << bit
          return out
        }
        const one = at % range.blocks.length
        const root = range.roots.length === 0 ? -1 : at % range.roots.length
        const wrong: LogRange = {
          block: {
            ...range,
            blocks: range.blocks.map((b, i) =>
              i === one ? (b.byteLength ? flip(b) : Buffer.from('x')) : b,
            ),
          },
          root: {
            ...range,
            roots: range.roots.map((r, i) => (i === root ? { ...r, hash: flip(r.hash) } : r)),
          },
          size: {
            ...range,
            roots: range.roots.map((r, i) => (i === root ? { ...r, size: r.size + 1 } : r)),
          },
          // Around the 64 bytes hypercore reads fields that it has no use for here.
          signature: {
            ...range,
            signature: Buffer.concat([
              range.signature.subarray(0, 2),
              flip(range.signature.subarray(2, 66)),
              range.signature.subarray(66),
            ]),
          },
          from: { ...range, from: range.from + 1 },
          manifest: { ...range, manifest: flip(range.manifest) },
          key: { ...range, key: flip(range.key) },
          order: { ...range, blocks: range.blocks.toReversed() },
          less: { ...range, blocks: range.blocks.slice(1) },
          more: { ...range, blocks: [...range.blocks, Buffer.alloc(0)] },
        }[what]
        const same = (what === 'root' || what === 'size') && root < 0
        const palindrome = what === 'order' && range.blocks.length === 1
        fc.pre(!same && !palindrome)
        expect(proveRange(wrong)).toBeNull()
      }),
      { numRuns: 400 },
    )
  })

  test('A18: of another log does not pass for this one', () => {
    const range = other.range(0, 9)
    expect(proveRange({ ...range, key: log.key })).toBeNull()
    expect(proveRange({ ...range, key: log.key, manifest: log.manifest })).toBeNull()
    expect(proveRange({ ...log.range(0, 9), signature: range.signature })).toBeNull()
    expect(proveRange(range)).not.toBeNull()
  })

  test('A11: with lying lengths is refused before it costs anything', () => {
    const range = log.range(3, 9)
    for (const from of [-1, 0.5, NaN, 2 ** 29, 2 ** 31, 2 ** 53, Infinity]) {
      expect(proveRange({ ...range, from })).toBeNull()
    }
    expect(proveRange({ ...range, blocks: [] })).toBeNull()
    expect(proveRange({ ...range, signature: Buffer.alloc(0) })).toBeNull()
    expect(proveRange({ ...range, signature: Buffer.alloc(257) })).toBeNull()
    expect(proveRange({ ...range, roots: [...range.roots, ...range.roots] })).toBeNull()
    expect(proveRange({ ...range, blocks: Array(16_385).fill(Buffer.alloc(0)) })).toBeNull()
    expect(
      proveRange({ ...range, blocks: Array(5).fill(Buffer.alloc(8 * 1024 * 1024)) }),
    ).toBeNull()
  })

  test('of a log that was cut back is refused: its signatures are of another fork', async () => {
    const cut = await logs.author('cut', 10, 20, 30)
    await cut.core.truncate(2)
    await cut.core.append(Buffer.from('anew'))
    const signature = Buffer.from(cut.core.core.state.signature!)
    const blocks = [...cut.blocks.slice(0, 2), Buffer.from('anew')]
    expect(proveRange({ ...cut.range(0), blocks, signature })).toBeNull()
    expect(proveRange(cut.range(0))).not.toBeNull()
  })

  test('names its log by one encoding alone', () => {
    const { key, manifest } = log
    expect(isNamed({ key, manifest })).toBe(true)
    const longer = Buffer.concat([manifest, Buffer.alloc(1)])
    expect(isNamed({ key, manifest: longer })).toBe(false)
    expect(isNamed({ key, manifest: Buffer.alloc(600) })).toBe(false)
    expect(isNamed({ key: pairOf('author').publicKey, manifest: log.manifest })).toBe(false)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(isNamed({ key: log.key, manifest: Buffer.from(bytes) })).toBe(false)
      }),
    )
  })

  test('loses its front and is joined again, and proves itself all the while', () => {
    fc.assert(
      fc.property(spans, fc.nat(LENGTH), ([from, to], at) => {
        const range = log.range(from, to)
        const rest = cutFront(range, at)
        expect(rest).toEqual(at < to ? log.range(Math.max(from, at), to) : null)
        const joined = rest && at > from ? joinRanges([log.range(from, at), rest]) : range
        expect(joined).toEqual(range)
      }),
    )
  })
})

describe('a range on disk', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(spans, ([from, to]) => {
        const range = log.range(from, to)
        expect(decodeExact(rangeHead, encode(rangeHead, head(range)))).toEqual(head(range))
        const blocks = decodeExact(rangeBlocks, encode(rangeBlocks, [...range.blocks]))
        expect(blocks).toEqual(range.blocks)
      }),
    )
  })

  test('fuzz: any other bytes are malformed, and nothing worse', () => {
    const whole = encode(rangeHead, head(log.range(5, 9)))
    const mutated = fc.tuple(fc.nat(whole.byteLength - 1), fc.nat(255)).map(([at, value]) => {
      const out = Buffer.from(whole)
      out[at] = value
      return out
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated), (bytes) => {
        for (const codec of [rangeHead, rangeBlocks]) {
          expect(outcome(codec as never, bytes)).toMatch(/^(read|MALFORMED)$/)
        }
        const read = tryDecode(rangeHead, bytes)
        const proved = read && proveRange({ ...read, blocks: log.blocks.slice(5, 9) })
        const { key, manifest, from, roots } = log.range(5, 9)
        // The count says nothing that the blocks do not, and a signature has bytes that hypercore passes over.
        const same = { key, manifest, from, roots, count: 4, signature: read?.signature }
        expect(proved && { ...read, count: 4 }).toEqual(proved && same)
      }),
      { numRuns: 500 },
    )
  })
})
