import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ContentLog } from '../../core/room/content-log.ts'
import { KIND_PERSONAL } from '../../core/room/record.ts'
import { PersonalMerge } from '../../core/self/personal-merge.ts'
import type { Place } from '../../core/room/place.ts'
import { writeDelay } from '../../core/self/personal-pace.ts'
import { encodeFact } from '../../core/self/personal-record.ts'
import type { PersonalFact } from '../../core/self/personal-record.ts'

const ANN = 'a1'.repeat(32)
const logs = ['aa'.repeat(32), 'bb'.repeat(32), 'cc'.repeat(32)]

function take(merge: PersonalMerge, { log, seq }: Place, fact: PersonalFact, person = ANN): void {
  const body = { sentAt: 0, kind: KIND_PERSONAL, heads: [], payload: encodeFact(fact) }
  merge.take({ log: { hex: log, person } as ContentLog, seq, body } as never)
}

describe('what the records of the personal room say', () => {
  test('the last write in the order of the room counts, whatever the order of arrival', () => {
    const write = fc.record({
      log: fc.nat(2),
      key: fc.constantFrom('one', 'two'),
      json: fc.option(fc.constantFrom('1', '2', '3')),
      skip: fc.nat(3),
    })
    fc.assert(
      fc.property(fc.array(write, { maxLength: 30 }), fc.infiniteStream(fc.nat(2)), (all, pick) => {
        const times = [0, 0, 0]
        const lists: { place: Place & { time: number }; fact: PersonalFact }[][] = [[], [], []]
        for (const { log, key, json, skip } of all) {
          const time = (times[log]! += skip + 1)
          const place = { log: logs[log]!, seq: lists[log]!.length, time }
          lists[log]!.push({ place, fact: { topic: 'draft', key, json } })
        }
        const timeOf = ({ log, seq }: Place): number => lists[logs.indexOf(log)]![seq]!.place.time
        const compare = (a: Place, b: Place): number =>
          timeOf(a) - timeOf(b) || a.log.localeCompare(b.log)
        const has = (): boolean => true
        const expected = new Map<string, string | null>()
        for (const { fact } of lists.flat().sort((a, b) => compare(a.place, b.place))) {
          expected.set(fact.key, fact.json)
        }
        const merge = new PersonalMerge(() => ANN)
        const said = new Map<string, string | null>()
        const hear = (): void => {
          for (const { key, json } of merge.changes({ has, compare })) said.set(key, json)
        }
        const at = [0, 0, 0]
        for (const log of pick) {
          if (lists.every((list, n) => at[n] === list.length)) break
          const next = lists[log]![at[log]!]
          if (!next) continue
          at[log]!++
          take(merge, next.place, next.fact)
          if (at[log]! % 2 === 0) hear()
        }
        hear()
        expect(said).toEqual(expected)
        const again = new PersonalMerge(() => ANN)
        again.load(merge.save())
        const loaded = again.changes({ has, compare }).map(({ key, json }) => [key, json] as const)
        expect(new Map(loaded)).toEqual(expected)
      }),
    )
  })

  test('a record that moved in the order is heard of again', () => {
    const merge = new PersonalMerge(() => ANN)
    take(merge, { log: logs[0]!, seq: 0 }, { topic: 'draft', key: 'k', json: '"a"' })
    take(merge, { log: logs[1]!, seq: 0 }, { topic: 'draft', key: 'k', json: '"b"' })
    const byLog = (a: Place, b: Place): number => a.log.localeCompare(b.log)
    const has = (): boolean => true
    expect(merge.changes({ has, compare: byLog })).toEqual([
      { topic: 'draft', key: 'k', json: '"b"' },
    ])
    take(merge, { log: logs[0]!, seq: 0 }, { topic: 'draft', key: 'k', json: '"a"' })
    const other = (a: Place, b: Place): number => byLog(b, a)
    expect(merge.changes({ has: ({ log }) => log !== logs[1], compare: other })).toEqual([])
    expect(merge.changes({ has, compare: other })).toEqual([
      { topic: 'draft', key: 'k', json: '"a"' },
    ])
  })

  test('another person says nothing', () => {
    const merge = new PersonalMerge(() => ANN)
    const fact = { topic: 'room', key: 'k', json: '{"left":true}' } as const
    take(merge, { log: logs[0]!, seq: 0 }, fact, 'b0'.repeat(32))
    expect(merge.changes({ has: () => true, compare: () => 0 })).toEqual([])
  })

  test('other kinds and ill-formed payloads say nothing', () => {
    const merge = new PersonalMerge(() => ANN)
    const log = { hex: logs[0]!, person: ANN } as ContentLog
    const fact = encodeFact({ topic: 'read', key: 'k', json: '1' })
    const body = { sentAt: 0, heads: [] }
    merge.take({ log, seq: 0, body: { ...body, kind: 1, payload: fact } } as never)
    const torn = fact.subarray(1)
    merge.take({ log, seq: 1, body: { ...body, kind: KIND_PERSONAL, payload: torn } } as never)
    const wrong = encodeFact({ topic: 'read', key: 'k', json: '{' })
    merge.take({ log, seq: 2, body: { ...body, kind: KIND_PERSONAL, payload: wrong } } as never)
    expect(merge.changes({ has: () => true, compare: () => 0 })).toEqual([])
  })
})

test('what changes with every key pressed waits for more of it, the rest does not', () => {
  expect(writeDelay('contact', 9000)).toBe(0)
  expect(writeDelay('read', 80)).toBe(2_000)
  expect(writeDelay('draft', 10)).toBe(2_000)
  expect(writeDelay('draft', 16 * 1024)).toBe(32_000)
})
