import { describe, expect, test } from '@jest/globals'
import { AutoLock } from '../../node-app/auto-lock.ts'
import { unlockDelay } from '../../node-app/unlock-delay.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const MINUTE = 60_000

describe('auto-lock', () => {
  function locking(minutes: number): { clock: VirtualClock; auto: AutoLock; locked: () => number } {
    const clock = new VirtualClock()
    let times = 0
    const lock = async (): Promise<void> => void times++
    return { clock, auto: new AutoLock({ minutes, clock, lock }), locked: () => times }
  }

  test('locks after so many minutes without use, and each use puts it off', async () => {
    const { clock, auto, locked } = locking(10)
    await clock.run(9 * MINUTE)
    auto.used()
    await clock.run(9 * MINUTE)
    expect(locked()).toBe(0)
    await clock.run(2 * MINUTE)
    expect(locked()).toBe(1)
    auto.close()
    await clock.run(60 * MINUTE)
    expect(locked()).toBe(1)
  })

  test('a computer that slept counts as unused', async () => {
    const { clock, auto, locked } = locking(10)
    clock.skew(11 * MINUTE)
    await clock.run(MINUTE)
    expect(locked()).toBe(1)
    auto.close()
  })

  test('0 never locks', async () => {
    const { clock, auto, locked } = locking(0)
    await clock.run(1_000 * MINUTE)
    expect(locked()).toBe(0)
    auto.close()
  })
})

test('wrong passphrases slow down, but never for long', () => {
  expect([0, 1, 2].map(unlockDelay)).toEqual([0, 0, 0])
  const delays = Array.from({ length: 100 }, (_, failures) => unlockDelay(failures))
  expect(delays).toEqual(delays.toSorted((a, b) => a - b))
  expect(delays[3]).toBe(1_000)
  expect(delays.at(-1)).toBe(30_000)
})
