import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { EMPTY_ROOM } from '../../core/control/room-state.ts'
import type { KnownLog } from '../../core/control/room-state.ts'
import type { KeyStatus } from '../../core/room/epochs/key-ring.ts'
import { boundsOf, boundsText, isSilenced } from '../../core/room/log-bounds.ts'
import { ReadingRules } from '../../core/room/reading-rules.ts'

function logOf(end: number | null, silenced: KnownLog['silenced'] = []): KnownLog {
  const key = Buffer.alloc(32, 4)
  return { key, publicKey: key, device: 'd', person: 'p', end, silenced }
}

function rules(statuses: Map<number, KeyStatus>, log: { known: KnownLog }): ReadingRules {
  return new ReadingRules({
    status: (epoch) => statuses.get(epoch) ?? 'pending',
    state: () => ({ ...EMPTY_ROOM, logs: new Map([['aa', log.known]]) }),
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

describe('the rules of reading', () => {
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
