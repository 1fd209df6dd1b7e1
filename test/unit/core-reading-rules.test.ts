import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { EMPTY_ROOM } from '../../core/control/room-state.ts'
import type { KnownLog } from '../../core/control/room-state.ts'
import type { KeyStatus } from '../../core/room/epochs/key-ring.ts'
import { boundsOf, boundsText, isSilenced, unsettles } from '../../core/room/log-bounds.ts'
import type { LogBounds } from '../../core/room/log-bounds.ts'
import { ReadingRules } from '../../core/room/reading-rules.ts'

function logOf(end: number | null, silenced: KnownLog['silenced'] = []): KnownLog {
  const key = Buffer.alloc(32, 4)
  return { key, publicKey: key, device: 'd', person: 'p', end, silenced }
}

function rules(
  statuses: Map<number, KeyStatus>,
  log: { known: KnownLog; outdated?: boolean },
): ReadingRules {
  return new ReadingRules({
    status: (epoch) => statuses.get(epoch) ?? 'pending',
    state: () => ({ ...EMPTY_ROOM, logs: new Map([['aa', log.known]]) }),
    outdated: () => log.outdated ?? false,
  })
}

describe('the bounds of a log', () => {
  test('end it where its author was removed, or may not write until further notice', () => {
    expect(boundsOf(logOf(null))).toEqual({ limit: Infinity, silenced: [] })
    expect(boundsOf(logOf(7))).toEqual({ limit: 7, silenced: [] })
    const muted = boundsOf(
      logOf(7, [
        [1, 3],
        [5, null],
      ]),
    )
    expect(muted).toEqual({ limit: 5, silenced: [[1, 3]] })
    expect([0, 1, 2, 3].map((seq) => isSilenced(muted, seq))).toEqual([false, true, true, false])
  })

  test('have one form each', () => {
    const range = fc.tuple(fc.nat(9), fc.nat(9))
    const bounds = fc.record({ limit: fc.nat(20), silenced: fc.array(range, { maxLength: 3 }) })
    fc.assert(
      fc.property(bounds, bounds, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b)
        expect(boundsText(a) === boundsText(b)).toBe(same)
      }),
    )
  })
})

describe('other bounds than before', () => {
  const of = (limit: number, ...silenced: [number, number][]): LogBounds => ({ limit, silenced })
  const ten = { placed: 10, settled: true }

  test('leave all in its place when they concern nothing that is placed', () => {
    expect(unsettles(of(Infinity), of(10), ten)).toBe(false)
    expect(unsettles(of(30), of(20), ten)).toBe(false)
    expect(unsettles(of(Infinity), of(Infinity, [10, 20]), ten)).toBe(false)
    expect(unsettles(of(30, [2, 12]), of(30, [2, 14], [16, 20]), ten)).toBe(false)
  })

  test('move what is beyond them, what they open, and all when a record waits for another', () => {
    expect(unsettles(of(Infinity), of(9), ten)).toBe(true)
    expect(unsettles(of(20), of(30), ten)).toBe(true)
    expect(unsettles(of(30), of(30, [9, 20]), ten)).toBe(true)
    expect(unsettles(of(30, [2, 4]), of(30, [2, 5]), ten)).toBe(true)
    expect(unsettles(of(30), of(20), { placed: 10, settled: false })).toBe(true)
  })
})

describe('the rules of reading', () => {
  test('are no good in a snapshot while records stand by other ones', () => {
    const log = { known: logOf(3), outdated: true }
    const used = rules(new Map(), log)
    const saved = used.save()
    expect(() => rules(new Map(), { known: logOf(3) }).load(saved)).toThrow('other rules')
    log.outdated = false
    expect(() => rules(new Map(), { known: logOf(3) }).load(used.save())).not.toThrow()
  })

  test('are stale when a key came that was never to come, or went', () => {
    const statuses = new Map<number, KeyStatus>([
      [1, 'key'],
      [2, 'never'],
    ])
    const used = rules(statuses, { known: logOf(null) })
    expect([1, 2, 3].map((epoch) => used.status(epoch))).toEqual(['key', 'never', 'pending'])
    expect(used.stale).toBe(false)
    statuses.set(3, 'key').set(4, 'never')
    expect(used.stale).toBe(false)
    statuses.set(2, 'key')
    expect(used.stale).toBe(true)
    used.reset()
    expect(used.stale).toBe(false)
    used.status(1)
    statuses.set(1, 'never')
    expect(used.stale).toBe(true)
  })

  test('a snapshot that was made by others can not be used', () => {
    const statuses = new Map<number, KeyStatus>([
      [1, 'key'],
      [2, 'never'],
    ])
    const log = { known: logOf(null) }
    const used = rules(statuses, log)
    for (const epoch of [1, 2]) used.status(epoch)
    const saved = used.save()
    rules(statuses, log).load(saved)
    log.known = logOf(5)
    expect(() => rules(statuses, log).load(saved)).toThrow(Error)
    log.known = logOf(null, [[1, null]])
    expect(() => rules(statuses, log).load(saved)).toThrow(Error)
    log.known = logOf(null)
    statuses.set(2, 'key')
    expect(() => rules(statuses, log).load(saved)).toThrow(Error)
    statuses.set(2, 'never').set(1, 'never')
    expect(() => rules(statuses, log).load(saved)).toThrow(Error)
    expect(() => rules(statuses, log).load(Buffer.from('{'))).toThrow(SyntaxError)
  })
})
