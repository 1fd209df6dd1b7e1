import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { SHOWN } from '../../core/timeline/log-index.ts'
import { arrivals, histories, keyOf, naiveOrder, Reader } from './core-causal-history.ts'
import type { History } from './core-causal-history.ts'

function record(...heads: [log: number, length: number][]) {
  return { kind: SHOWN, heads: heads.map(([log, length]) => ({ log: keyOf(log), length })) }
}

/** What `log:seq` reads as in an order. */
function name(log: number, seq: number): string {
  return `${keyOf(log)[0]}:${seq}`
}

describe('placing', () => {
  test('gives the order by definition, whatever arrives when and in which pieces', () => {
    fc.assert(
      fc.property(histories(), arrivals(), (history, steps) => {
        const reader = new Reader(history).play(steps.map((step) => ({ ...step, force: false })))
        expect(reader.finish()).toEqual(naiveOrder(history))
        expect([...reader.placer.logs.values()].every((log) => log.settled)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('what was placed early for want of patience ends where it belongs', () => {
    fc.assert(
      fc.property(histories(), arrivals(), (history, steps) => {
        expect(new Reader(history).play(steps).finish()).toEqual(naiveOrder(history))
      }),
      { numRuns: 200 },
    )
  })

  test('never shows a record twice or before one of its own log, at any time', () => {
    fc.assert(
      fc.property(histories(), arrivals(), (history, steps) => {
        const reader = new Reader(history)
        for (const step of steps) {
          const shown = reader.play([step]).order()
          expect(new Set(shown).size).toBe(shown.length)
          const last = new Map<string, number>()
          for (const [log, seq] of shown.map((id) => id.split(':') as [string, string])) {
            expect(Number(seq)).toBeGreaterThan(last.get(log) ?? -1)
            last.set(log, Number(seq))
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  test('a record whose dependency can not be had holds back nobody for ever', () => {
    // 1 builds on a record of 3 that no one has, and on 0; 2 answers 1.
    const history: History = [
      [record(), record(), record()],
      [record([3, 5], [0, 3])],
      [record([1, 1])],
      [],
    ]
    const reader = new Reader(history)
    expect(reader.finish()).toEqual([name(0, 0), name(0, 1), name(0, 2), name(1, 0), name(2, 0)])
    expect(reader.placer.blocked).toBe(false)
    expect(reader.placer.stale).toBe(false)
  })

  test('with records missing for good, all who hold the same logs show the same order', () => {
    const holes = fc.array(fc.record({ log: fc.nat(4), seq: fc.nat(9), lacks: fc.nat(4) }), {
      maxLength: 4,
    })
    fc.assert(
      fc.property(histories(), arrivals(), arrivals(), holes, (history, one, other, lacking) => {
        const torn = history.map((records, log) =>
          records.map((whole, seq) => {
            const hole = lacking.find((at) => at.log === log && at.seq === seq)
            const head = hole && { log: keyOf(hole.lacks), length: 1_000 }
            return head ? { ...whole, heads: [...whole.heads, head] } : whole
          }),
        )
        const first = new Reader(torn).play(one).finish()
        expect(new Reader(torn).play(other).finish()).toEqual(first)
      }),
      { numRuns: 200 },
    )
  })

  test('an invented head leaps over nobody', () => {
    const honest = [record(), record(), record()]
    const history: History = [honest, [record([2, 4_000_000_000])], []]
    const order = new Reader(history).finish()
    expect(order).toHaveLength(4)
    // Only what is placed counts, so the liar stands where a newcomer would.
    expect(order.indexOf(name(1, 0))).toBeLessThan(2)
  })

  test('a claim on its own log moves a record nowhere', () => {
    const history: History = [[record()], [record([1, 900]), record([1, 2])]]
    const reader = new Reader(history)
    reader.arrive(1, 2)
    expect(reader.placer.blocked).toBe(false)
    expect([...reader.placer.logs.values()][1]!.lamport(1)).toBe(2)
  })

  test('two logs that each claim to follow the other come to rest, alike for all', () => {
    const history: History = [[record(), record([1, 1])], [record([2, 1])], [record([1, 1])]]
    const orders = [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
    ].map((turns) => {
      const reader = new Reader(history)
      for (const log of turns) {
        reader.arrive(log, 9)
        reader.force()
      }
      return reader.finish()
    })
    expect(orders[0]).toHaveLength(4)
    expect(new Set(orders.map(String)).size).toBe(1)
  })

  test('ten thousand records in one burst are placed in one pass', () => {
    const many = Array.from({ length: 5_000 }, () => record())
    const history: History = [many, many.map((_, seq) => record([0, seq + 1]))]
    const reader = new Reader(history)
    reader.arrive(1, 5_000)
    expect(reader.placer.waiting(keyOf(1).toString('hex'))).toBe(5_000)
    reader.arrive(0, 5_000)
    expect(reader.placer.blocked).toBe(false)
    expect(reader.order()).toHaveLength(10_000)
  })
})
