import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeAck, encodeAck, MAX_ACKED } from '../../core/room/delivery/ack-payload.ts'
import type { Ack } from '../../core/room/delivery/ack-payload.ts'

const entries = fc.array(
  fc.record({
    log: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
    length: fc.maxSafeNat(),
  }),
  { maxLength: MAX_ACKED },
)
const acks: fc.Arbitrary<Ack> = fc.record({ have: entries, read: entries })

describe('the payload of an acknowledgement', () => {
  test('is read as it was written', () => {
    fc.assert(fc.property(acks, (ack) => expect(decodeAck(encodeAck(ack))).toEqual(ack)))
  })

  test('arbitrary bytes, and valid ones that were altered, give null or one that is bounded', () => {
    const altered = fc
      .record({ ack: acks, at: fc.nat(), flip: fc.integer({ min: 1, max: 255 }), cut: fc.nat(4) })
      .map(({ ack, at, flip, cut }) => {
        const data = encodeAck(ack)
        data[at % data.byteLength]! ^= flip
        return data.subarray(0, data.byteLength - cut)
      })
    const arbitrary = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(altered, arbitrary), (data) => {
        const ack = decodeAck(data)
        for (const list of ack ? [ack.have, ack.read] : []) {
          expect(list.length).toBeLessThanOrEqual(MAX_ACKED)
          for (const { length } of list) expect(Number.isSafeInteger(length)).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('one log takes 20 bytes at most, so that a short acknowledgement is the smallest record', () => {
    const log = Buffer.alloc(8, 7)
    expect(encodeAck({ have: [{ log, length: 100_000 }], read: [] }).byteLength).toBeLessThan(20)
    const many = Array.from({ length: MAX_ACKED + 1 }, () => ({ log, length: 1 }))
    expect(() => encodeAck({ have: many, read: [] })).toThrow('items')
  })
})
