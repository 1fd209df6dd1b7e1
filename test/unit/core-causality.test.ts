import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Causality } from '../../core/control/causality.ts'
import type { Entry, Known } from '../../core/control/entry.ts'

const LOGS = ['a', 'b', 'c', 'd']

/** Each entry declares any heads at all, also such as stand after it. */
const histories = fc.array(
  fc.record({
    log: fc.nat(LOGS.length - 1),
    heads: fc.array(fc.record({ log: fc.nat(LOGS.length), length: fc.nat(12) }), { maxLength: 3 }),
  }),
  { maxLength: 40 },
)

function entriesOf(history: { log: number; heads: { log: number; length: number }[] }[]): Entry[] {
  const lengths = new Map<number, number>()
  return history.map(({ log, heads }) => {
    const length = (lengths.get(log) ?? 0) + 1
    lengths.set(log, length)
    const known: Known[] = heads.map((head) => ({ ...head, log: LOGS[head.log] ?? 'unheard of' }))
    return { writer: '', prefix: LOGS[log]!, length, heads: known, op: { type: 'leave' } }
  })
}

/** All that an entry's author knew: what its heads and its own log lead to among what stands before it. */
function ancestors(
  entries: readonly Entry[],
  index: number,
  found = new Set<number>(),
): Set<number> {
  const { prefix, length, heads } = entries[index]!
  for (const known of [...heads, { log: prefix, length: length - 1 }]) {
    for (let at = 0; at < index; at++) {
      const entry = entries[at]!
      if (entry.prefix !== known.log || entry.length > known.length || found.has(at)) continue
      found.add(at)
      ancestors(entries, at, found)
    }
  }
  return found
}

describe('what an author knew', () => {
  test('is what the heads lead to, whatever was asked before and whatever comes later', () => {
    const questions = fc.array(fc.tuple(fc.nat(39), fc.nat(39)), { maxLength: 60 })
    fc.assert(
      fc.property(histories, questions, fc.nat(40), (history, asked, first) => {
        const entries = entriesOf(history)
        const causality = new Causality()
        for (const entry of entries.slice(0, first)) causality.add(entry)
        const ask = (most: number): void => {
          for (const [index, other] of asked) {
            if (index >= most || other >= most) continue
            expect(causality.knew(index, other)).toBe(ancestors(entries, index).has(other))
          }
        }
        ask(Math.min(first, entries.length))
        for (const entry of entries.slice(first)) causality.add(entry)
        ask(entries.length)
      }),
      { numRuns: 300 },
    )
  })

  test('of a long log is found by looking at each entry a few times', () => {
    let looks = 0
    const causality = new Causality()
    const count = 2_000
    for (let n = 1; n <= count; n++) {
      const log = n % 2 === 0 ? 'a' : 'b'
      const heads = [{ log: n % 2 === 0 ? 'b' : 'a', length: n >> 1 }]
      causality.add({
        writer: '',
        prefix: log,
        length: (n + 1) >> 1,
        get heads() {
          looks++
          return heads
        },
        op: { type: 'leave' },
      })
    }
    for (let n = 1; n < count; n++) expect(causality.knew(n, 0)).toBe(true)
    expect(looks).toBeLessThan(10 * count)
  })
})
