import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  afterRoundTrip,
  allowedUnderWay,
  untried,
} from '../../transports/ble/link/flight-policy.ts'
import type { Flight } from '../../transports/ble/link/flight-policy.ts'
import { UselessBudget } from '../../transports/ble/link/useless-budget.ts'
import { patience, watchDuty } from '../../transports/ble/link/watch-policy.ts'
import type { WatchFacts } from '../../transports/ble/link/watch-policy.ts'

/** A pipe of that many bytes a millisecond and that round trip, kept as full as is allowed for so long. */
function settled(rate: number, roundTrip: number, ms: number, from = untried): Flight {
  let flight = from
  for (let now = 0; now < ms;) {
    const underWay = allowedUnderWay(flight)
    const took = Math.max(roundTrip, underWay / rate)
    now += took / 4
    flight = afterRoundTrip(flight, { took, underWay }, now)
  }
  return flight
}

describe('how much may be under way', () => {
  test.each([
    [60, 35],
    [20, 45],
    [200, 20],
    [60, 200],
    [5, 100],
  ])(
    'at %i kB/s and %i ms it keeps the air busy, and a short message waits little',
    (rate, trip) => {
      for (const ms of [1_000, 30_000, 300_000]) {
        const allowed = allowedUnderWay(settled(rate, trip, ms))
        expect(allowed).toBeGreaterThanOrEqual(Math.min(rate * trip, 32 * 1024))
        expect(allowed / rate).toBeLessThan(Math.max(trip + 200, 600 / (rate / 5)))
      }
    },
  )

  test('a fast link gets the most, and what slows down gets less', () => {
    const fast = settled(1_000, 5, 2_000)
    expect(allowedUnderWay(fast)).toBe(32 * 1024)
    const slowed = settled(60, 35, 10_000, fast)
    expect(allowedUnderWay(slowed)).toBeLessThan(12 * 1024)
  })

  test('a stall is not taken for the rate', () => {
    const before = settled(60, 35, 5_000)
    const after = [1, 2, 3].reduce(
      (flight) => afterRoundTrip(flight, { took: 2_000, underWay: 6_000 }, 7_000),
      before,
    )
    expect(allowedUnderWay(after)).toBeGreaterThanOrEqual(allowedUnderWay(before))
  })

  test('is always within its bounds', () => {
    const trips = fc.record({
      took: fc.nat(20_000),
      underWay: fc.nat(40_000),
      pause: fc.nat(20_000),
    })
    fc.assert(
      fc.property(fc.array(trips), (all) => {
        let flight = untried
        let now = 0
        for (const { took, underWay, pause } of all) {
          now += pause
          flight = afterRoundTrip(flight, { took, underWay }, now)
          expect(allowedUnderWay(flight)).toBeGreaterThanOrEqual(2 * 1024)
          expect(allowedUnderWay(flight)).toBeLessThanOrEqual(32 * 1024)
          expect(flight.rates.length).toBeLessThanOrEqual(12)
        }
      }),
      {
        examples: [
          [
            [
              { took: 0, underWay: 0, pause: 0 },
              { took: 0, underWay: 1, pause: 0 },
            ],
          ],
        ],
      },
    )
  })
})

const QUIET: WatchFacts = {
  open: true,
  startedAt: 0,
  heardAt: 10_000,
  saidAt: 10_000,
  waitingSince: null,
  asked: 0,
  askedAt: 0,
  starvedSince: null,
  gapSince: null,
  roundTrip: 50,
  blocked: false,
}

describe('what a link does for itself', () => {
  test.each<[string, Partial<WatchFacts>, number, ReturnType<typeof watchDuty>]>([
    ['waits while all is well', {}, 10_000, { do: 'wait', ms: 1_500 }],
    ['pings when it said nothing', {}, 11_500, { do: 'ping' }],
    ['pings into no full channel', { blocked: true }, 11_500, { do: 'wait', ms: 3_500 }],
    ['ends after 5 s of silence', { saidAt: 14_000 }, 15_000, { do: 'end', why: 'silent' }],
    ['waits for an answer', { waitingSince: 10_000 }, 10_100, { do: 'wait', ms: 200 }],
    ['asks for it', { waitingSince: 10_000 }, 10_300, { do: 'ask' }],
    [
      'asks less often each time',
      { waitingSince: 10_000, asked: 2, askedAt: 10_600 },
      10_700,
      { do: 'wait', ms: 800 },
    ],
    [
      'ends when nothing is acknowledged for 10 s',
      { waitingSince: 1_000, heardAt: 11_000 },
      11_000,
      { do: 'end', why: 'stuck' },
    ],
    [
      'ends when the other end takes nothing for 30 s',
      { starvedSince: 0, heardAt: 30_000 },
      30_000,
      { do: 'end', why: 'starved' },
    ],
    [
      'A15: ends when what is missing does not come for 30 s',
      { gapSince: 0, heardAt: 30_000 },
      30_000,
      { do: 'end', why: 'incomplete' },
    ],
    ['says hello again', { open: false, saidAt: 500 }, 1_000, { do: 'hello' }],
    [
      'ends without a hello',
      { open: false, saidAt: 9_900 },
      10_000,
      { do: 'end', why: 'no hello' },
    ],
  ])('%s', (_, facts, now, duty) => {
    expect(watchDuty({ ...QUIET, ...facts }, now)).toEqual(duty)
  })

  test('the wait for an acknowledgement is some round trips, within bounds', () => {
    expect([0, 50, 200, 60_000].map(patience)).toEqual([300, 300, 600, 3_000])
  })
})

test('packets that bring nothing: 1,024 in a row and 128 a second', () => {
  const budget = new UselessBudget(0)
  const spent = (now: number): number => {
    let count = 0
    while (budget.spend(now)) count++
    return count
  }
  expect(spent(0)).toBe(1_024)
  expect(spent(1_000)).toBeGreaterThanOrEqual(127)
  expect(spent(1_000)).toBe(0)
  budget.renew()
  expect(spent(1_000)).toBe(1_024)
})
