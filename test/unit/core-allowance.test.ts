import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Allowance, LIMITS } from '../../core/room/allowance.ts'
import type { AllowanceVerdict } from '../../core/room/allowance.ts'
import { Allowances } from '../../core/room/allowances.ts'
import { PorchlightError } from '../../core/errors.ts'

const NOW = 1_790_000_000_000
const DAY = 86_400_000
const SMALL = { records: 10, bytes: 5_000, recordRate: 2, byteRate: 100, ahead: DAY, over: 5 }

interface Record {
  readonly size: number
  readonly sentAt: number
}

/** Judges records one after another until one has to wait or the log has ended. */
function judge(allowance: Allowance, records: readonly Record[], now = NOW): AllowanceVerdict[] {
  const verdicts: AllowanceVerdict[] = []
  for (let seq = allowance.judged; seq < records.length; seq++) {
    const { size, sentAt } = records[seq]!
    const verdict = allowance.judge(seq, size, sentAt, now)
    verdicts.push(verdict)
    if (verdict === 'early' || verdict === 'ended') break
  }
  return verdicts
}

function burst(count: number, size = 100, sentAt = NOW): Record[] {
  return Array.from({ length: count }, () => ({ size, sentAt }))
}

describe('the allowance of a log', () => {
  test('takes a burst, hides what is over it, and ends a log that goes on', () => {
    const allowance = new Allowance(SMALL)
    expect(judge(allowance, burst(14))).toEqual([
      ...Array<string>(10).fill('good'),
      ...Array<string>(4).fill('over'),
    ])
    expect(allowance.end).toBeNull()
    const more = judge(allowance, burst(20))
    expect(more).toEqual(['over', 'ended'])
    expect(allowance.end).toBe(15)
    // Whatever is claimed from then on.
    expect(allowance.judge(16, 100, NOW + 365 * DAY, NOW + 366 * DAY)).toBe('ended')
  })

  test('is stuck when a time far ahead was claimed, once it is full', () => {
    const allowance = new Allowance(SMALL)
    judge(allowance, burst(5, 100, NOW + 365 * DAY))
    expect(allowance.isStuck(1, 100, NOW)).toBe(false)
    judge(allowance, burst(10, 100, NOW + 365 * DAY))
    expect(allowance.isStuck(1, 100, NOW)).toBe(true)
    expect(allowance.isStuck(1, 100, NOW + 364 * DAY)).toBe(false)
  })

  test('bytes count like records', () => {
    const verdicts = judge(new Allowance(SMALL), burst(7, 1_000))
    expect(verdicts.filter((verdict) => verdict === 'good')).toHaveLength(5)
  })

  test('fills again with the time that passes; a clock that goes back gives nothing', () => {
    const records = [
      ...burst(10),
      { size: 100, sentAt: NOW + 499 },
      { size: 100, sentAt: NOW + 500 },
      { size: 100, sentAt: NOW - DAY },
      { size: 100, sentAt: NOW + 1_000 },
    ]
    const verdicts = judge(new Allowance(SMALL), records)
    expect(verdicts.slice(10)).toEqual(['over', 'good', 'over', 'good'])
  })

  test('who keeps to the rate goes on for ever', () => {
    const steady = Array.from({ length: 3_000 }, (_, n) => ({ size: 50, sentAt: NOW + 501 * n }))
    expect(new Set(judge(new Allowance(SMALL), steady, NOW + DAY))).toEqual(new Set(['good']))
  })

  test('a wrong clock alone delays nothing; what leans on time that has not passed waits for it', () => {
    const later = NOW + 400 * DAY
    const allowance = new Allowance(SMALL)
    const records = [
      ...burst(10, 100, later),
      { size: 100, sentAt: later + DAY },
      { size: 100, sentAt: later + DAY },
    ]
    expect(judge(allowance, records)).toEqual([...Array<string>(10).fill('good'), 'early'])
    expect(judge(allowance, records, NOW + 1_000)).toEqual(['good', 'good'])
  })

  test('says the same of the same records, in whatever pieces and at whatever time they come', () => {
    const records = fc.array(
      fc.record({
        size: fc.integer({ min: 1, max: 2_000 }),
        sentAt: fc.integer({ min: NOW - 10_000, max: NOW + 10_000 }),
      }),
      { maxLength: 60 },
    )
    const pieces = fc.array(fc.nat(20), { maxLength: 10 })
    fc.assert(
      fc.property(records, pieces, fc.nat(DAY), (all, cuts, passed) => {
        const whole = new Allowance(SMALL)
        const verdicts = judge(whole, all)
        let torn = new Allowance(SMALL)
        const seen: AllowanceVerdict[] = []
        for (const cut of [...cuts, all.length]) {
          const part = judge(torn, all.slice(0, torn.judged + cut), NOW + passed)
          seen.push(...part)
          const again = new Allowance(SMALL)
          again.load(torn.save())
          torn = again
          if (part.at(-1) === 'ended') break
        }
        expect(seen).toEqual(verdicts)
        expect(torn.end).toBe(whole.end)
        const judged = all.slice(0, whole.judged)
        const over = judged.map(({ size, sentAt }, seq) => torn.judge(seq, size, sentAt, NOW))
        expect(over).toEqual(verdicts.slice(0, over.length))
      }),
    )
  })

  test('who asks before writing is never over it', () => {
    const steps = fc.array(
      fc.record({ size: fc.integer({ min: 100, max: 900 }), pause: fc.nat(5_000) }),
      { maxLength: 200 },
    )
    fc.assert(
      fc.property(steps, (all) => {
        const allowance = new Allowance({ ...SMALL, records: 100, bytes: 50_000 })
        let now = NOW
        let seq = 0
        for (const { size, pause } of all) {
          now += pause
          const wait = allowance.wait(1, size, now)
          now += wait
          expect(allowance.wait(1, size, now)).toBe(0)
          expect(allowance.judge(seq++, size, now, now)).toBe('good')
        }
      }),
    )
  })

  test('a room with a long history is within it, a flood is not', () => {
    const history = new Allowance()
    const good = judge(history, burst(100_000, 400))
    expect(good.every((verdict) => verdict === 'good')).toBe(true)
    const flood = new Allowance()
    expect(judge(flood, burst(160_000, 110)).at(-1)).toBe('ended')
    expect(flood.end).toBe(LIMITS.records + LIMITS.over)
  })

  test('what was not saved by it is refused, and nothing else is thrown', () => {
    const saved = new Allowances(SMALL)
    judge(saved.of('aa'), burst(13))
    const good = saved.save()
    const again = new Allowances(SMALL)
    again.load(good)
    expect(again.of('aa').judged).toBe(13)
    again.reset()
    expect(again.of('aa').judged).toBe(0)
    const bad = fc.record({ at: fc.nat(), flip: fc.nat(255), cut: fc.nat(3) }).map((change) => {
      const data = Buffer.from(good)
      data[change.at % data.byteLength]! ^= change.flip
      return data.subarray(0, data.byteLength - change.cut)
    })
    const arbitrary = fc.uint8Array({ maxLength: 200 }).map((data) => Buffer.from(data))
    fc.assert(
      fc.property(fc.oneof(bad, arbitrary), (data) => {
        let thrown: unknown = null
        try {
          new Allowances(SMALL).load(data)
        } catch (error) {
          thrown = error
        }
        expect(thrown === null || (thrown instanceof PorchlightError && thrown.code)).toBe(
          thrown === null || 'MALFORMED',
        )
      }),
    )
  })
})
