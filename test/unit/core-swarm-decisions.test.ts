import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Bitfield } from '../../core/files/bitfield.ts'
import { fetchReason } from '../../core/files/swarm/fetch-reason.ts'
import { pick } from '../../core/files/swarm/picker.ts'
import type { PickFacts } from '../../core/files/swarm/picker.ts'
import { RateMeter } from '../../core/files/swarm/rate-meter.ts'
import { toRuns } from '../../core/files/swarm/runs.ts'
import { hasStalled, restAfter, worthTwice } from '../../core/files/swarm/stall.ts'
import {
  FIRST_WINDOW,
  GrantWindow,
  MAX_WINDOW,
  MIN_WINDOW,
  nextWindow,
  QUEUE,
} from '../../core/files/swarm/window.ts'

const KIB = 1024
/** The most that any way is given. */
const NEAR = 2 * KIB * KIB

describe('the window', () => {
  test('at most doubles or halves, within its bounds', () => {
    const ms = fc.double({ min: 0, max: 100_000, noNaN: true })
    const size = fc.integer({ min: MIN_WINDOW, max: MAX_WINDOW })
    fc.assert(
      fc.property(size, ms, ms, (window, took, least) => {
        const next = nextWindow(window, took, Math.min(took, least))
        expect(next).toBeLessThanOrEqual(Math.min(MAX_WINDOW, 2 * window))
        const half = Math.min(NEAR, Math.floor(window / 2))
        expect(next).toBeGreaterThanOrEqual(Math.max(MIN_WINDOW, half))
      }),
    )
  })

  test('is larger the longer the way is, for as much a second', () => {
    const most = [0, 10, 30, 100].map((least) => nextWindow(MAX_WINDOW, least, least))
    expect(most).toEqual([NEAR, NEAR + 1000 * KIB, NEAR + 3000 * KIB, MAX_WINDOW])
  })

  test('stays where bytes queue for as long as they may', () => {
    expect(nextWindow(100_000, 20 + QUEUE, 20)).toBe(100_000)
    expect(nextWindow(100_000, 20, 20)).toBe(200_000)
    expect(nextWindow(100_000, 2_000, 20)).toBe(50_000)
  })

  /** A line of so many bytes a second and ms: gives how much of it was used, and how long bytes queued, in the end. */
  function onLine(
    rate: number,
    delay: number,
    ms: number,
    late: (now: number) => number = () => 0,
  ): { used: number; queued: number } {
    const window = new GrantWindow()
    const piece = Math.max(512, Math.min(16_000, Math.floor(rate / 400)))
    // Grants and pieces under way, by when they arrive.
    const grants: { at: number; limit: number }[] = []
    const pieces: { at: number; bytes: number; queued: number }[] = []
    let [limit, sent, free, got, queued, seen] = [0, 0, 0, 0, 0, 0]
    const grant = (now: number): void => {
      const next = window.renew(now, 1e12)
      if (next !== null) grants.push({ at: now + delay, limit: next })
    }
    grant(0)
    for (let now = 0; now < ms; now += 0.25) {
      while ((grants[0]?.at ?? Infinity) <= now) limit = grants.shift()!.limit
      while (sent < limit) {
        const bytes = Math.min(piece, limit - sent)
        sent += bytes
        const wait = Math.max(0, free - now)
        free = now + wait + (bytes * 1_000) / rate
        const at = Math.max(pieces.at(-1)?.at ?? 0, free + delay + late(now))
        pieces.push({ at, bytes, queued: wait })
      }
      while ((pieces[0]?.at ?? Infinity) <= now) {
        const { bytes, queued: waited } = pieces.shift()!
        expect(window.take(now, bytes)).toBe(true)
        grant(now)
        if (now < ms / 2) continue
        got += bytes
        queued += waited
        seen++
      }
    }
    return { used: (got * 1_000) / (ms / 2) / rate, queued: queued / seen }
  }

  test.each([
    ['100 Mbit/s next door', 12_500_000, 0.5],
    ['100 Mbit/s at 20 ms', 12_500_000, 10],
    ['10 Mbit/s at 80 ms', 1_250_000, 40],
    ['20 kB/s by radio', 20_000, 30],
  ])('fills %s and lets little queue', (_, rate, delay) => {
    const { used, queued } = onLine(rate, delay, 20_000)
    expect(used).toBeGreaterThan(0.97)
    expect(queued).toBeLessThan(60)
  })

  test('holds out where a busy source is late, though nothing queues', () => {
    // Next door, and from the second second on each answer waits 100 to 300 ms for a processor.
    const late = (now: number): number => (now < 1_000 ? 0 : 200 + 100 * Math.sin(now / 700))
    const { used } = onLine(20_000_000, 0.5, 20_000, late)
    // Two MiB, the most next door, in 0.3 s are 7 MB of the 20 that the line carries each second.
    expect(used).toBeGreaterThan(0.3)
  })

  test('grows no faster than its source is known to be slow', () => {
    const window = new GrantWindow()
    expect(window.renew(0, 1e6)).toBe(FIRST_WINDOW)
    // Nothing more is granted before something came.
    expect(window.renew(5_000, 1e6)).toBeNull()
    expect(window.open).toBe(FIRST_WINDOW)
    expect(window.take(5_000, FIRST_WINDOW)).toBe(true)
    expect(window.take(5_000, 1)).toBe(false)
  })

  test('a pause in what is asked says nothing of the way', () => {
    const window = new GrantWindow()
    window.renew(0, 1e6)
    window.take(10, 1_000)
    const before = window.size
    window.renew(20, 1e6)
    window.take(30, FIRST_WINDOW - 1_000)
    window.renew(40, 1e6)
    window.spoil()
    window.take(9_000, 1)
    expect(window.size).toBeGreaterThanOrEqual(before)
  })
})

describe('a rate', () => {
  test('is what came a second, soon and in the long run', () => {
    const meter = new RateMeter()
    expect(meter.rate(0)).toBe(0)
    let off = 0
    for (let now = 100_000; now <= 120_000; now += 10) {
      meter.add(now, 10_000)
      if (now > 100_500) off = Math.max(off, Math.abs(meter.rate(now) - 1e6) / 1e6)
    }
    expect(off).toBeLessThan(0.05)
    expect(meter.rate(123_000)).toBeLessThan(400_000)
    expect(meter.rate(180_000)).toBeLessThan(1)
    meter.reset()
    expect(meter.rate(180_000)).toBe(0)
  })

  test('is never negative nor out of measure', () => {
    const steps = fc.array(fc.tuple(fc.nat(5_000), fc.nat(1_000_000)), { minLength: 1 })
    fc.assert(
      fc.property(steps, (all) => {
        const meter = new RateMeter()
        let [now, sum] = [0, 0]
        for (const [ms, bytes] of all) {
          meter.add((now += ms), bytes)
          sum += bytes
          expect(meter.rate(now)).toBeGreaterThanOrEqual(0)
          expect(meter.rate(now)).toBeLessThanOrEqual(sum * 4.5)
        }
      }),
    )
  })
})

describe('a stall', () => {
  test('is a silence of some seconds, and longer than the source is slow', () => {
    expect(hasStalled(2_900, 0)).toBe(false)
    expect(hasStalled(3_000, 100)).toBe(true)
    expect(hasStalled(3_900, 1_000)).toBe(false)
    expect(hasStalled(4_000, 1_000)).toBe(true)
  })

  test('costs ever longer rests, up to a limit', () => {
    const rests = [1, 2, 3, 4, 5, 6, 100].map((stalls) => restAfter(stalls))
    expect(rests).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 80_000, 80_000])
  })

  test('a chunk is asked twice only where that is much faster', () => {
    expect(worthTwice(1_000, 900)).toBe(false)
    expect(worthTwice(400, 1)).toBe(false)
    expect(worthTwice(50_000, 100)).toBe(true)
  })
})

describe('what is asked next', () => {
  const bits = (length: number, of: readonly number[]): Bitfield => {
    const field = new Bitfield(length)
    for (const index of of) field.set(index)
    return field
  }
  const facts = (part: Partial<PickFacts>): PickFacts => ({
    count: 8,
    lacks: () => true,
    theirs: null,
    others: [],
    start: 0,
    chance: 0,
    focus: null,
    ...part,
  })

  test('goes on in order from its own start, around the end', () => {
    expect(pick(facts({ start: 6 }), 5)).toEqual([6, 7, 0, 1, 2])
  })

  test('goes on somewhere by chance when what is behind it is there or less rare', () => {
    const others = [bits(8, [5, 6])]
    expect(pick(facts({ others, start: 5, chance: 0.5 }), 3)).toEqual([3, 4, 7])
    expect(pick(facts({ others, start: 5, chance: 0 }), 3)).toEqual([0, 1, 2])
    expect(pick(facts({ others, start: 4, chance: 0 }), 3)).toEqual([4, 7, 0])
  })

  test('is what the fewest others have', () => {
    const others = [bits(8, [0, 1, 2, 3]), bits(8, [0, 1, 4])]
    expect(pick(facts({ others }), 8)).toEqual([5, 6, 7, 2, 3, 4, 0, 1])
  })

  test('is what somebody waits for before all else', () => {
    const others = [bits(8, [3, 4])]
    expect(pick(facts({ others, start: 6, focus: { from: 3, to: 5 } }), 4)).toEqual([3, 4, 6, 7])
  })

  test('is only what is missing and the source has, each once, as many as there are', () => {
    const set = fc.uniqueArray(fc.nat(39))
    fc.assert(
      fc.property(
        set,
        set,
        fc.array(set, { maxLength: 20 }),
        fc.nat(40),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.option(fc.tuple(fc.nat(40), fc.nat(40))),
        fc.integer({ min: 1, max: 50 }),
        (missing, theirs, others, start, chance, focus, most) => {
          const picked = pick(
            {
              count: 40,
              lacks: (index) => missing.includes(index),
              theirs: bits(40, theirs),
              others: others.map((other) => bits(40, other)),
              start,
              chance,
              focus: focus && { from: focus[0], to: focus[1] },
            },
            most,
          )
          const all = missing.filter((index) => theirs.includes(index))
          expect(new Set(picked).size).toBe(picked.length)
          expect(picked.every((index) => all.includes(index))).toBe(true)
          expect(picked.length).toBe(Math.min(most, all.length))
        },
      ),
    )
  })
})

test('runs say the same as the indices', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200)), (indices) => {
      const runs = toRuns(indices)
      const back = runs.flatMap(({ from, count }) =>
        Array.from({ length: count }, (_, n) => from + n),
      )
      expect(back).toEqual([...new Set(indices)].toSorted((a, b) => a - b))
    }),
  )
})

test('why a fetch stands still: what this device lacks, then who has it, then what befell the original', () => {
  const nothing = {
    halted: null,
    offered: false,
    asking: false,
    changed: false,
    gone: false,
    damaged: false,
  }
  expect(fetchReason(nothing)).toBe('no-source')
  expect(fetchReason({ ...nothing, changed: true })).toBe('source-changed')
  expect(fetchReason({ ...nothing, gone: true })).toBe('source-gone')
  expect(fetchReason({ ...nothing, damaged: true })).toBe('damaged')
  expect(fetchReason({ ...nothing, changed: true, offered: true })).toBeNull()
  expect(fetchReason({ ...nothing, asking: true })).toBeNull()
  expect(fetchReason({ ...nothing, offered: true, halted: 'disk-full' })).toBe('disk-full')
})

test('a window of a link that is not known yet is small', () => {
  expect(FIRST_WINDOW).toBeLessThanOrEqual(16 * KIB)
})
