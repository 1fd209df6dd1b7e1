import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { FileRows } from '../../core/room/messages/file-rows.ts'
import type { FileRow } from '../../core/room/messages/file-rows.ts'
import { offerOf } from './core-conversation.ts'

const LOGS = ['11', '22', '33', '44'].map((pair) => pair.repeat(32))
/** The first two are of one person. */
const PERSONS = ['ann', 'ann', 'bob', 'cleo']

function row(log: number, seq: number): FileRow {
  return { seq, sentAt: 0, item: offerOf(`${log}/${seq}`) }
}

function add(rows: FileRows, log: number, seq: number): boolean {
  return rows.add({ hex: LOGS[log]!, person: PERSONS[log]! }, row(log, seq))
}

function kept(rows: FileRows): string[] {
  return rows
    .logs()
    .flatMap(({ log, rows: own }) => own.map(({ seq }) => `${LOGS.indexOf(log)}/${seq}`))
    .sort()
}

describe('the files that are known of a room', () => {
  test('are each known once, in the order of their logs', () => {
    const rows = new FileRows()
    expect([add(rows, 0, 5), add(rows, 0, 2), add(rows, 0, 5), add(rows, 2, 5)]).toEqual([
      true,
      true,
      false,
      true,
    ])
    expect(kept(rows)).toEqual(['0/2', '0/5', '2/5'])
    expect([rows.size, rows.hasMessage(`${LOGS[0]!.slice(0, 16)}-2`)]).toEqual([3, true])
    expect(rows.hasMessage(`${LOGS[0]!.slice(0, 16)}-3`)).toBe(false)
    expect(rows.hasMessage('nothing')).toBe(false)
    rows.drop(LOGS[0]!, 2)
    rows.drop(LOGS[0]!, 3)
    expect(kept(rows)).toEqual(['0/5', '2/5'])
    const root = offerOf('0/2').root.toString('hex')
    expect([rows.of(root), [...rows.roots()].includes(root)]).toEqual([[], false])
  })

  test('are the newest of who sent most, and nobody pushes out what others sent', () => {
    const rows = new FileRows(10)
    for (let seq = 0; seq < 3; seq++) add(rows, 2, seq)
    for (let seq = 0; seq < 100; seq++) add(rows, seq % 2, seq)
    expect(kept(rows).filter((name) => name.startsWith('2/'))).toEqual(['2/0', '2/1', '2/2'])
    expect(rows.size).toBe(10)
    // All of one person's logs count together.
    expect(kept(rows)).toEqual(
      ['2/0', '2/1', '2/2', '0/92', '0/94', '0/96', '0/98', '1/95', '1/97', '1/99'].sort(),
    )
    expect(add(rows, 0, 1)).toBe(false)
  })

  test('are the same whatever order the logs come in', () => {
    const lengths = fc.tuple(fc.nat(12), fc.nat(12), fc.nat(12), fc.nat(12))
    fc.assert(
      fc.property(lengths, fc.array(fc.nat(3), { maxLength: 60 }), (all, order) => {
        const [first, second] = [new FileRows(10), new FileRows(10)]
        all.forEach((length, log) => {
          for (let seq = 0; seq < length; seq++) add(first, log, seq)
        })
        const next = [0, 0, 0, 0]
        for (const log of [...order, 3, 2, 1, 0]) {
          const end = order.includes(log) && next[log] === 0 ? all[log]! >> 1 : all[log]!
          while (next[log]! < end) add(second, log, next[log]!++)
        }
        for (const log of [0, 1, 2, 3])
          while (next[log]! < all[log]!) add(second, log, next[log]!++)
        expect(kept(second)).toEqual(kept(first))
      }),
    )
  })
})
