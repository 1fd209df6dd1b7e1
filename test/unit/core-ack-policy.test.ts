import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ackStep, earn, openBudget, SHORT_ACK, spend } from '../../core/room/delivery/ack-policy.ts'
import type { AckBudget, AckFacts } from '../../core/room/delivery/ack-policy.ts'

const HOUR = 3_600_000
const rich: AckBudget = { at: 0, credit: SHORT_ACK, recent: 0 }

function step(facts: Partial<AckFacts>): ReturnType<typeof ackStep> {
  return ackStep({ now: 0, budget: rich, devices: 3, since: 0, news: 0, chance: 0, ...facts })
}

describe('when a device acknowledges', () => {
  test('never while nothing is unsaid', () => {
    expect(step({ since: null, now: HOUR })).toBeNull()
  })

  test('after 20 s of quiet, a little later on others, and not while news keeps coming', () => {
    expect(step({ now: 0 })).toBe(20_000)
    expect(step({ now: 19_999 })).toBe(1)
    expect(step({ now: 20_000 })).toBe('write')
    expect(step({ now: 20_000, chance: 0.5 })).toBe(5_000)
    expect(step({ now: 40_000, news: 39_000 })).toBe(19_000)
  })

  test('in the middle of news once it has waited for two minutes', () => {
    expect(step({ now: 119_000, news: 119_000 })).toBe(1_000)
    expect(step({ now: 120_000, news: 119_500 })).toBe('write')
  })

  test('not before it can be paid for, and it looks again when that is so', () => {
    const poor = { ...rich, credit: 0 }
    const wait = step({ now: 30_000, budget: poor })
    expect(wait).toBeGreaterThan(20_000)
    expect(wait).toBeLessThanOrEqual(600_000)
    const later = earn({ ...poor, at: 30_000 }, 30_000 + (wait as number), 0, 3)
    expect(step({ now: later.at, budget: later })).toBe('write')
  })

  test('in any busy hour all devices together spend at most a twentieth of the bytes of messages', () => {
    const hours = fc.record({
      devices: fc.integer({ min: 2, max: 60 }),
      sizes: fc.array(fc.integer({ min: 110, max: 3_000 }), { minLength: 400, maxLength: 800 }),
      quiet: fc.nat(48),
    })
    fc.assert(
      fc.property(hours, ({ devices, sizes, quiet }) => {
        // What all devices can pay for is as many times what one can.
        let budget = earn(openBudget(0, devices), quiet * HOUR, 0, devices)
        const bytes = sizes.reduce((sum, size) => sum + size, 0)
        // An hour is busy when each device sees some dozens of messages.
        fc.pre(bytes >= 12_000 * devices && bytes >= 140_000)
        let spent = 0
        sizes.forEach((size, i) => {
          const now = quiet * HOUR + ((i + 1) * HOUR) / sizes.length
          budget = earn(budget, now, size, devices)
          while (budget.credit >= SHORT_ACK) {
            budget = spend(budget, SHORT_ACK)
            spent += SHORT_ACK * devices
          }
        })
        expect(spent / bytes).toBeLessThanOrEqual(0.05)
      }),
      { numRuns: 300 },
    )
  })
})
