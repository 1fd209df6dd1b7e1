import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { encode, tryDecode } from '../../core/codec/codec.ts'
import { hash } from '../../core/crypto/hash.ts'
import {
  KIND_TEXT,
  MAX_BLOCK,
  MAX_HEADS,
  openRecord,
  readHeader,
  sealRecord,
} from '../../core/room/record.ts'
import { MAX_TEXT, plainText, textPayload } from '../../core/room/messages/payloads.ts'
import type { RecordBody } from '../../core/room/record.ts'

const key = hash([Buffer.from('epoch')])
const nonce = hash([Buffer.from('nonce')]).subarray(0, 24)
const room = hash([Buffer.from('room')])
const log = hash([Buffer.from('log')])
const place = { room, log, seq: 5, epoch: 2 }
const record: RecordBody = {
  sentAt: 1_790_000_000_000,
  kind: KIND_TEXT,
  heads: [{ log: room, length: 12 }],
  payload: encode(textPayload, plainText('hello')),
}
const checkpoint = Buffer.alloc(68, 3)

function flips(block: Buffer): Buffer[] {
  return Array.from({ length: block.byteLength * 8 }, (_, bit) => {
    const out = Buffer.from(block)
    out[bit >> 3]! ^= 1 << (bit & 7)
    return out
  })
}

describe('a sealed record', () => {
  test('opens at its place as it was sealed, with and without a checkpoint', () => {
    const bodies = fc.record({
      sentAt: fc.maxSafeNat(),
      kind: fc.nat(300),
      heads: fc.array(
        fc.record({
          log: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((data) => Buffer.from(data)),
          length: fc.maxSafeNat(),
        }),
        { maxLength: MAX_HEADS },
      ),
      payload: fc.uint8Array({ maxLength: 2_000 }).map((data) => Buffer.from(data)),
    })
    const signatures = fc.option(
      fc.uint8Array({ minLength: 1, maxLength: 128 }).map((data) => Buffer.from(data)),
    )
    fc.assert(
      fc.property(bodies, signatures, fc.nat(2 ** 32 - 1), (body, signature, epoch) => {
        const at = { ...place, epoch }
        const block = sealRecord(body, at, key, nonce, signature)
        expect(openRecord(block, at, key)).toEqual(body)
        expect(readHeader(block)).toMatchObject({ epoch, checkpoint: signature })
      }),
    )
  })

  test('A1: no flipped bit of it opens, in the header, the checkpoint or the sealed part', () => {
    for (const block of [
      sealRecord(record, place, key, nonce),
      sealRecord(record, place, key, nonce, checkpoint),
    ]) {
      for (const altered of flips(block)) expect(openRecord(altered, place, key)).toBeNull()
    }
  })

  test('A7: a copy to another log, room, sequence or epoch does not open', () => {
    const block = sealRecord(record, place, key, nonce)
    expect(openRecord(block, place, key)).toEqual(record)
    const elsewhere = [
      { ...place, log: room },
      { ...place, room: log },
      { ...place, seq: 6 },
      { ...place, epoch: 3 },
    ]
    for (const other of elsewhere) expect(openRecord(block, other, key)).toBeNull()
    const relabelled = Buffer.from(block)
    relabelled.writeUInt32LE(3, 2)
    expect(openRecord(relabelled, { ...place, epoch: 3 }, key)).toBeNull()
    expect(openRecord(block, place, hash([key]))).toBeNull()
  })

  test('A4: another version, or a flag that is not known, is refused', () => {
    const block = sealRecord(record, place, key, nonce)
    for (const [at, value] of [
      [0, 0],
      [0, 2],
      [1, 2],
      [1, 0x80],
    ] as const) {
      const other = Buffer.from(block)
      other[at] = value
      expect(readHeader(other)).toBeNull()
      expect(openRecord(other, place, key)).toBeNull()
    }
  })

  test('truncated or oversize blocks are refused', () => {
    const block = sealRecord(record, place, key, nonce, checkpoint)
    for (let size = 0; size < block.byteLength; size++) {
      expect(openRecord(block.subarray(0, size), place, key)).toBeNull()
    }
    expect(readHeader(Buffer.alloc(MAX_BLOCK + 1, 1))).toBeNull()
  })

  test('shows its size class alone, and no plain text', () => {
    const sealed = [' ', 'a', 'the key is under the mat'].map((text) => {
      const payload = encode(textPayload, plainText(text))
      return sealRecord({ ...record, heads: [], payload }, place, key, nonce)
    })
    expect(new Set(sealed.map((block) => block.byteLength)).size).toBe(1)
    expect(sealed[2]!.includes('under the mat')).toBe(false)
  })

  test('the longest text with a reply fits into a block', () => {
    const text = 'ä'.repeat(MAX_TEXT / 2)
    const payload = encode(textPayload, plainText(text, { log, seq: 2 ** 40 }))
    const heads = Array.from({ length: MAX_HEADS }, () => ({ log, length: 2 ** 40 }))
    const block = sealRecord({ ...record, heads, payload }, place, key, nonce, checkpoint)
    expect(block.byteLength).toBeLessThanOrEqual(MAX_BLOCK)
    expect(tryDecode(textPayload, openRecord(block, place, key)!.payload)?.text).toBe(text)
  })
})
