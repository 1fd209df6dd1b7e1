import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { HIDDEN, LogIndex, SHOWN } from '../../core/timeline/log-index.ts'
import { compare, pageAfter, pageBefore, unreadAfter } from '../../core/timeline/order.ts'
import type { Position } from '../../core/timeline/order.ts'
import { arrivals, histories, naiveOrder, ordered, Reader } from './core-causal-history.ts'

function everything(logs: readonly LogIndex[]): Position[] {
  return logs
    .flatMap((log) => Array.from({ length: log.length }, (_, seq) => ({ log, seq })))
    .sort(compare)
}

const placed = fc
  .tuple(histories(), arrivals())
  .map(([history, steps]) => ({ history, reader: new Reader(history).play(steps) }))

describe('pages', () => {
  test('of any size, one after another, are the whole order: nothing twice, nothing left out', () => {
    fc.assert(
      fc.property(histories(), fc.integer({ min: 1, max: 9 }), (history, limit) => {
        const reader = new Reader(history)
        reader.finish()
        const pages: Position[][] = []
        for (let before: Position | null = null; ;) {
          const page = pageBefore(reader.placer.logs.values(), before, limit)
          pages.unshift(page.positions)
          expect(page.positions.length).toBeLessThanOrEqual(limit)
          // `more` is a promise of at least one.
          const promised = before ? 1 : 0
          expect(page.positions.length).toBeGreaterThanOrEqual(promised)
          if (!page.more) break
          expect(page.positions).toHaveLength(limit)
          before = page.positions[0]!
        }
        expect(ordered(pages.flat())).toEqual(naiveOrder(history))
      }),
      { numRuns: 300 },
    )
  })

  test('before any position, hidden ones too, hold what comes before it', () => {
    fc.assert(
      fc.property(placed, fc.nat(), fc.integer({ min: 1, max: 9 }), ({ reader }, at, limit) => {
        const logs = [...reader.placer.logs.values()]
        const all = everything(logs)
        if (all.length === 0) return
        const position = all[at % all.length]!
        const before = all
          .slice(0, at % all.length)
          .filter(({ log, seq }) => log.kind(seq) !== HIDDEN)
        const page = pageBefore(logs, position, limit)
        expect(ordered(page.positions)).toEqual(ordered(before.slice(-limit)))
        expect(page.more).toBe(before.length > limit)
      }),
      { numRuns: 300 },
    )
  })

  test('after any position, hidden ones too, hold what follows it', () => {
    fc.assert(
      fc.property(placed, fc.nat(), fc.integer({ min: 1, max: 9 }), ({ reader }, at, limit) => {
        const logs = [...reader.placer.logs.values()]
        const all = everything(logs)
        if (all.length === 0) return
        const following = all
          .slice((at % all.length) + 1)
          .filter(({ log, seq }) => log.kind(seq) !== HIDDEN)
        const page = pageAfter(logs, all[at % all.length]!, limit)
        expect(ordered(page)).toEqual(ordered(following.slice(0, limit)))
      }),
      { numRuns: 300 },
    )
  })
})

describe('unread', () => {
  test('is what others wrote after the mark and is shown', () => {
    fc.assert(
      fc.property(placed, fc.nat(), ({ reader }, at) => {
        const logs = [...reader.placer.logs.values()]
        const all = everything(logs)
        const count = (after: readonly Position[]): number =>
          after.filter(({ log, seq }) => !log.own && log.kind(seq) !== HIDDEN).length
        expect(unreadAfter(logs, null)).toBe(count(all))
        if (all.length === 0) return
        const index = at % all.length
        expect(unreadAfter(logs, all[index]!)).toBe(count(all.slice(index + 1)))
      }),
      { numRuns: 300 },
    )
  })
})

describe('a log in the index', () => {
  test('counts what is shown before each, and finds a time, through all its growth', () => {
    const log = new LogIndex(Buffer.alloc(32, 1), false)
    const shown: number[] = []
    for (let seq = 0; seq < 1_000; seq++) {
      shown.push(log.shown)
      log.push(seq * 3 + 1, seq % 4 === 0 ? HIDDEN : SHOWN)
    }
    expect(log.shown).toBe(750)
    for (let seq = 0; seq < 1_000; seq++) {
      expect(log.shownBefore(seq)).toBe(shown[seq])
      expect(log.lowerBound(seq * 3 + 1)).toBe(seq)
      expect(log.lowerBound(seq * 3 + 2)).toBe(seq + 1)
    }
    expect(log.lamport(-1)).toBe(0)
  })

  test('forgets what is not for good, and saves what is', () => {
    const log = new LogIndex(Buffer.alloc(32, 1), false)
    for (let time = 1; time <= 5; time++) log.push(time, SHOWN)
    log.final = 3
    expect(log.settled).toBe(false)
    expect([...log.save().lamports]).toEqual([1, 2, 3])
    log.unsettle()
    expect([log.length, log.shown, log.settled]).toEqual([3, 3, true])
  })
})
