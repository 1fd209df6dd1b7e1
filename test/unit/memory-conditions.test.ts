import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { seededRandom } from '../../core/random.ts'
import { flight, perfect, segmentOf, windowOf } from '../../transports/memory/conditions.ts'
import { earlyCloses, reconnectDelay } from '../../transports/memory/reconnect-policy.ts'
import { linkSeed } from '../../transports/memory/seed.ts'

describe('conditions of a simulated path', () => {
  test('a flight takes from the latency to latency and jitter, and uses the whole span', () => {
    const random = seededRandom(1)
    const conditions = { ...perfect, latency: 100, jitter: 50 }
    const flights = Array.from({ length: 500 }, () => flight(conditions, 1_000, random))
    expect(Math.min(...flights)).toBeGreaterThanOrEqual(100)
    expect(Math.min(...flights)).toBeLessThan(105)
    expect(Math.max(...flights)).toBeLessThan(150)
    expect(Math.max(...flights)).toBeGreaterThan(145)
  })

  test('a packet is lost as often as the loss says; larger pieces are hit more often', () => {
    const random = seededRandom(2)
    const conditions = { ...perfect, loss: 0.1 }
    const hit = (size: number): number =>
      Array.from({ length: 2_000 }, () => flight(conditions, size, random)).filter((ms) => ms > 0)
        .length
    expect(hit(100) / 2_000).toBeCloseTo(0.1, 1)
    expect(hit(14_000) / 2_000).toBeCloseTo(1 - 0.9 ** 10, 1)
  })

  test('whatever the conditions, the window is bounded and holds at least one segment', () => {
    const conditions = fc.record({
      latency: fc.integer({ min: 0, max: 10_000 }),
      jitter: fc.integer({ min: 0, max: 10_000 }),
      bandwidth: fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 10 ** 10 })),
      loss: fc.double({ min: 0, max: 0.99, noNaN: true }),
    })
    fc.assert(
      fc.property(conditions, fc.integer({ min: 1, max: 65_536 }), (path, size) => {
        expect(windowOf(path)).toBeGreaterThanOrEqual(16 * 1_024)
        expect(windowOf(path)).toBeLessThanOrEqual(1_024 * 1_024)
        expect(segmentOf(path)).toBeGreaterThanOrEqual(1_400)
        expect(flight(path, size, seededRandom(size))).toBeGreaterThanOrEqual(path.latency)
      }),
    )
  })
})

describe('reconnecting', () => {
  test('doubles up to a limit while links close early, and starts anew after one that lived', () => {
    const delays = []
    let early = 0
    for (let i = 0; i < 12; i++) {
      early = earlyCloses(early, 5)
      delays.push(reconnectDelay(100, early))
    }
    expect(delays.slice(0, 4)).toEqual([100, 200, 400, 800])
    expect(delays.at(-1)).toBe(30_000)
    expect(reconnectDelay(100, earlyCloses(early, 60_000))).toBe(100)
  })

  test('every link of every pair has a seed of its own', () => {
    const seeds = ['a|b', 'a|c', 'b|c'].flatMap((pair) =>
      [0, 1, 2].flatMap((ordinal) => [1, 2].map((seed) => linkSeed(seed, pair, ordinal))),
    )
    expect(new Set(seeds).size).toBe(18)
  })
})
