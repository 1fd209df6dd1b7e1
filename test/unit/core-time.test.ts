import { describe, expect, test } from '@jest/globals'
import { EventEmitter } from 'node:events'
import { every, sleep, systemClock } from '../../core/clock.ts'
import { until } from '../../core/until.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

describe('every', () => {
  test('runs again and again, whatever its work throws, until it is cancelled', async () => {
    const clock = new VirtualClock()
    let runs = 0
    const timer = every(clock, 100, () => {
      runs++
      throw new Error('never seen')
    })
    await clock.run(350)
    expect(runs).toBe(3)
    timer.cancel()
    await clock.run(1_000)
    expect(runs).toBe(3)
  })

  test('never overlaps slow work', async () => {
    const clock = new VirtualClock()
    let under = 0
    let runs = 0
    const timer = every(clock, 100, async () => {
      runs++
      expect(++under).toBe(1)
      await sleep(clock, 250)
      under--
    })
    await clock.run(1_000)
    expect(runs).toBe(3)
    timer.cancel()
  })

  test('cancelled from within its own work, it ends', async () => {
    const clock = new VirtualClock()
    let runs = 0
    const timer = every(clock, 10, () => {
      runs++
      timer.cancel()
    })
    await clock.run(100)
    expect(runs).toBe(1)
  })
})

describe('sleep', () => {
  test('resolves when its time has come', async () => {
    const clock = new VirtualClock()
    let woken = -1
    void sleep(clock, 70).then(() => (woken = clock.monotonic()))
    await clock.run(200)
    expect(woken).toBe(70)
  })

  test('rejects with the reason as soon as it is aborted, before or meanwhile', async () => {
    const clock = new VirtualClock()
    const abort = new AbortController()
    const reason = new Error('stop')
    const slept = sleep(clock, 1_000, abort.signal)
    abort.abort(reason)
    await expect(slept).rejects.toBe(reason)
    await expect(sleep(clock, 1_000, abort.signal)).rejects.toBe(reason)
    expect(clock.monotonic()).toBe(0)
  })
})

describe('until', () => {
  const emitter = (): EventEmitter<{ news: [] }> => new EventEmitter()

  test('is true at once, or at the event after which the condition holds', async () => {
    const clock = new VirtualClock()
    const events = emitter()
    let held = 0
    expect(await until(events, ['news'], () => true, { clock, ms: 10 })).toBe(true)
    const waited = until(events, ['news'], () => ++held === 3, { clock, ms: 1_000 })
    events.emit('news')
    events.emit('news')
    expect(await waited).toBe(true)
    expect(events.listenerCount('news')).toBe(0)
  })

  test('is false when the time is over, and leaves no listener', async () => {
    const clock = new VirtualClock()
    const events = emitter()
    const waited = until(events, ['news'], () => false, { clock, ms: 50 })
    await clock.run(100)
    expect(await waited).toBe(false)
    expect(events.listenerCount('news')).toBe(0)
  })

  test('rejects when it is aborted, before or meanwhile', async () => {
    const clock = new VirtualClock()
    const events = emitter()
    const abort = new AbortController()
    const options = { clock, ms: 50, signal: abort.signal }
    const waited = until(events, ['news'], () => false, options)
    abort.abort(new Error('stop'))
    await expect(waited).rejects.toThrow('stop')
    await expect(until(events, ['news'], () => false, options)).rejects.toThrow('stop')
    expect(events.listenerCount('news')).toBe(0)
  })
})

describe('the machine’s clock', () => {
  test('never goes back, and runs what it was given', async () => {
    const before = systemClock.monotonic()
    const cancelled = systemClock.after(0, () => {
      throw new Error('was cancelled')
    })
    cancelled.cancel()
    // The timer keeps no process alive, so this one has to.
    const keep = setInterval(() => {}, 1_000)
    await new Promise<void>((resolve) => systemClock.after(2, resolve))
    clearInterval(keep)
    expect(systemClock.monotonic()).toBeGreaterThan(before)
  })
})
