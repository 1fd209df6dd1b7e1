import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { BEACON_BYTES, decodeBeacon, encodeBeacon } from '../../transports/lan/beacon-codec.ts'
import { nextBeacon } from '../../transports/lan/beacon-schedule.ts'
import { ReplyLimiter } from '../../transports/lan/reply-limiter.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const beacon = fc.record({
  id: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((id) => Buffer.from(id).toString('hex')),
  port: fc.integer({ min: 1, max: 65_535 }),
  generation: fc.integer({ min: 0, max: 255 }),
  request: fc.boolean(),
  goodbye: fc.boolean(),
})

describe('the beacon', () => {
  test('is read as it was written, whatever it asks for in the same number of bytes', () => {
    fc.assert(
      fc.property(beacon, (sent) => {
        const bytes = encodeBeacon(sent)
        expect(bytes).toHaveLength(BEACON_BYTES)
        expect(decodeBeacon(bytes)).toEqual(sent)
      }),
    )
  })

  test('no datagram makes the decoder throw', () => {
    const good = encodeBeacon({
      id: '00'.repeat(8),
      port: 1,
      generation: 0,
      request: false,
      goodbye: false,
    })
    const near = fc
      .tuple(fc.nat(BEACON_BYTES - 1), fc.nat(255), fc.nat(3))
      .map(([at, byte, more]) => {
        const bytes = Buffer.concat([good, Buffer.alloc(more)])
        bytes[at] = byte
        return bytes
      })
    let read = 0
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), near), (bytes) => {
        const got = decodeBeacon(bytes)
        if (!got) return
        read += 1
        expect(got.port).toBeGreaterThan(0)
        expect(got.id).toMatch(/^[0-9a-f]{16}$/)
      }),
      { numRuns: 100_000 },
    )
    // Some of the near misses have to be hits, or this tested the magic number alone.
    expect(read).toBeGreaterThan(0)
  })

  test('a later version may append; another length or magic, or no port, is refused', () => {
    const bytes = encodeBeacon({
      id: 'ab'.repeat(8),
      port: 7,
      generation: 1,
      request: true,
      goodbye: false,
    })
    const later = Buffer.concat([bytes, Buffer.alloc(10)])
    expect(decodeBeacon(later)).toBeUndefined()
    later[4] = 2
    expect(decodeBeacon(later)?.port).toBe(7)
    expect(decodeBeacon(Buffer.concat([later, Buffer.alloc(60)]))).toBeUndefined()
    expect(decodeBeacon(bytes.subarray(0, 17))).toBeUndefined()
    expect(decodeBeacon(Buffer.from(bytes).fill(0, 14, 16))).toBeUndefined()
    expect(decodeBeacon(Buffer.from(bytes).fill(0, 0, 1))).toBeUndefined()
  })
})

describe('the schedule', () => {
  const facts = { now: 1_000, burstAt: 1_000, seekUntil: 0 }

  test('a burst asks for answers, several times within two seconds', () => {
    let now = 1_000
    const times: number[] = []
    for (;;) {
      const { wait, request } = nextBeacon({ ...facts, now })
      if (!request) break
      times.push((now += wait) - 1_000)
    }
    expect(times.length).toBeGreaterThanOrEqual(3)
    expect(times.at(-1)).toBeLessThanOrEqual(2_000)
  })

  test('then it is every 4 s, and every second while core seeks peers', () => {
    expect(nextBeacon({ ...facts, now: 9_000 })).toEqual({ wait: 4_000, request: false })
    expect(nextBeacon({ ...facts, now: 9_000, seekUntil: 9_001 })).toEqual({
      wait: 1_000,
      request: true,
    })
  })
})

describe('answers', () => {
  test('go to one source at most every 80 ms', async () => {
    const clock = new VirtualClock()
    const limiter = new ReplyLimiter(clock)
    expect(limiter.allow('10.0.0.1')).toBe(true)
    expect(limiter.allow('10.0.0.1')).toBe(false)
    expect(limiter.allow('10.0.0.2')).toBe(true)
    await clock.run(100)
    expect(limiter.allow('10.0.0.1')).toBe(true)
  })

  test('a flood of forged sources gets at most 50 a second', async () => {
    const clock = new VirtualClock()
    const limiter = new ReplyLimiter(clock)
    let answers = 0
    for (let i = 0; i < 10_000; i++) if (limiter.allow(`10.0.${i >> 8}.${i & 255}`)) answers += 1
    expect(answers).toBe(50)
    await clock.run(1_000)
    expect(limiter.allow('10.9.9.9')).toBe(true)
  })
})
