import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { chooseRegulars, regularsEach } from '../../core/mirror/carry/regulars.ts'
import {
  beginWith,
  believed,
  byTurn,
  handOver,
  keptUntil,
  makeSpace,
  MAX_HANDED,
  MAX_REGULARS,
  SPRAY,
} from '../../core/mirror/carry/spray.ts'

const parcels = fc.record({
  bytes: fc.integer({ min: 1, max: 1_000 }),
  copies: fc.integer({ min: 0, max: 64 }),
  since: fc.integer({ min: 0, max: 1_000 }),
  until: fc.integer({ min: 0, max: 2_000 }),
})
const met = fc.record({ wants: fc.boolean(), carries: fc.integer({ min: 0, max: 2_000 }) })

describe('what a meeting hands over', () => {
  test('copies are halved: none is made, and who gives keeps at least one', () => {
    fc.assert(
      fc.property(parcels, met, fc.integer({ min: 0, max: 2_000 }), (parcel, peer, now) => {
        const handed = handOver(parcel, peer, now)
        if (handed === null) return
        expect(parcel.until).toBeGreaterThan(now)
        const given = handed >= 1 && parcel.copies - handed >= 1 && parcel.bytes <= peer.carries
        expect(peer.wants ? handed === 0 : given).toBe(true)
      }),
    )
  })

  test('however strangers meet, of L copies there are never more than L', () => {
    const meetings = fc.array(fc.tuple(fc.nat(19), fc.nat(19)), { maxLength: 200 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), meetings, (copies, pairs) => {
        const held = new Map([[0, copies]])
        for (const [a, b] of pairs) {
          const mine = held.get(a)
          if (mine === undefined || held.has(b)) continue
          const parcel = { bytes: 1, copies: mine, since: 0, until: 1 }
          const handed = handOver(parcel, { wants: false, carries: 1 }, 0)
          if (handed === null) continue
          held.set(a, mine - handed).set(b, handed)
        }
        expect([...held.values()].reduce((x, y) => x + y)).toBe(copies)
        expect(held.size).toBeLessThanOrEqual(copies)
      }),
    )
  })

  test('the last copy goes to those who want it, and to nobody else', () => {
    const last = { bytes: 10, copies: 1, since: 0, until: 100 }
    expect(handOver(last, { wants: false, carries: 1_000 }, 0)).toBeNull()
    expect(handOver(last, { wants: true, carries: 0 }, 0)).toBe(0)
    expect(handOver(last, { wants: true, carries: 0 }, 100)).toBeNull()
  })

  test('the newest goes first', () => {
    const at = (since: number) => ({ bytes: 1, copies: 2, since, until: 9 })
    expect([at(1), at(3), at(2)].sort(byTurn).map(({ since }) => since)).toEqual([3, 2, 1])
  })
})

describe('who begins to spray', () => {
  const known = { since: 1_000_000, everywhere: false }
  const due = known.since + SPRAY.patience

  test('after some patience, until it is too old, and never what everybody has', () => {
    expect(beginWith(known, due - 1, SPRAY)).toBe(0)
    expect(beginWith(known, due, SPRAY)).toBe(SPRAY.copies)
    expect(beginWith(known, known.since + SPRAY.life, SPRAY)).toBe(0)
    expect(beginWith({ ...known, everywhere: true }, due, SPRAY)).toBe(0)
  })
})

describe('what others claim', () => {
  test('no claim gets more copies or a longer time than an honest one could', () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), (copies, until) => {
        expect(believed(copies)).toBeGreaterThanOrEqual(0)
        expect(believed(copies)).toBeLessThanOrEqual(MAX_HANDED)
        expect(Number.isInteger(believed(copies))).toBe(true)
        expect(keptUntil(until, 5_000, SPRAY)).toBeLessThanOrEqual(5_000 + SPRAY.life)
      }),
    )
    expect(believed(3)).toBe(3)
    expect(believed(1_000)).toBe(MAX_HANDED)
    expect(keptUntil(6_000, 5_000, SPRAY)).toBe(6_000)
    expect(keptUntil(Number.NaN, 5_000, SPRAY)).toBe(5_000)
  })
})

describe('space', () => {
  test('the quota holds whatever is held, and no more is dropped than that takes', () => {
    fc.assert(
      fc.property(
        fc.array(parcels, { maxLength: 30 }),
        parcels,
        fc.integer({ min: 0, max: 10_000 }),
        (held, newcomer, quota) => {
          const dropped = makeSpace(held, newcomer, quota, 500)
          if (dropped === null) return
          const sum = (list: typeof held): number => list.reduce((all, one) => all + one.bytes, 0)
          const left = sum(held) - sum(dropped) + newcomer.bytes
          expect(left).toBeLessThanOrEqual(quota)
          const last = dropped.at(-1)?.bytes ?? Infinity
          expect(left + last).toBeGreaterThan(quota)
        },
      ),
    )
  })

  const parcel = (copies: number, since: number, until: number) => {
    return { bytes: 10, copies, since, until }
  }

  test('what has expired goes first, then what was copied on most, then the oldest', () => {
    const held = [parcel(4, 1, 900), parcel(1, 2, 900), parcel(1, 1, 900), parcel(8, 3, 100)]
    const order = makeSpace(held, { ...parcel(9, 9, 900), bytes: 40 }, 40, 500)!
    expect(order).toEqual([held[3], held[2], held[1], held[0]])
  })

  test('what would be the next to go, has expired or is too large is not taken', () => {
    const held = [parcel(2, 5, 900)]
    expect(makeSpace(held, parcel(2, 4, 900), 10, 500)).toBeNull()
    expect(makeSpace(held, parcel(2, 6, 900), 10, 500)).toEqual(held)
    expect(makeSpace([], parcel(2, 6, 400), 10, 500)).toBeNull()
    expect(makeSpace([], parcel(2, 6, 900), 9, 500)).toBeNull()
    expect(makeSpace([], parcel(2, 6, 900), 10, 500)).toEqual([])
  })
})

describe('regulars', () => {
  test('those met on most days, then for longest; in a large room each names fewer', () => {
    const met = [
      { id: 'a', days: 1, time: 900 },
      { id: 'b', days: 3, time: 10 },
      { id: 'c', days: 3, time: 20 },
    ]
    expect(chooseRegulars(met, 2).map(({ id }) => id)).toEqual(['c', 'b'])
    expect(regularsEach(4, SPRAY)).toBe(SPRAY.regulars)
    expect(regularsEach(MAX_REGULARS, SPRAY)).toBe(1)
    expect(regularsEach(10_000, SPRAY)).toBe(0)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5_000 }), (devices) => {
        expect(devices * regularsEach(devices, SPRAY)).toBeLessThanOrEqual(MAX_REGULARS)
      }),
    )
  })
})
