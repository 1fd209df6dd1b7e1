import { expect, test } from '@jest/globals'
import { VirtualClock } from '../sim/virtual-clock.ts'

test('timers run in order of their time, then of their making, and none that was cancelled', async () => {
  const clock = new VirtualClock()
  const ran: string[] = []
  const times = [30, 10, 20, 10, 5, 40, 10, 30]
  times.forEach((ms, i) => clock.after(ms, () => ran.push(`${clock.monotonic()}:${i}`)))
  clock.after(15, () => ran.push('cancelled')).cancel()
  clock.after(20, () => clock.after(0, () => ran.push(`${clock.monotonic()}:nested`)))
  await clock.run(30)
  const expected = ['5:4', '10:1', '10:3', '10:6', '20:2', '20:nested', '30:0', '30:7']
  expect(ran).toEqual(expected)
  expect(clock.monotonic()).toBe(30)
  await clock.run(10)
  expect(ran).toEqual([...expected, '40:5'])
})

test('what a timer sets off runs before the next one', async () => {
  const clock = new VirtualClock()
  const ran: string[] = []
  clock.after(1, () => void Promise.resolve().then(() => setImmediate(() => ran.push('effect'))))
  clock.after(2, () => ran.push('next'))
  await clock.run(2)
  expect(ran).toEqual(['effect', 'next'])
})

test('running until a condition stops there, and says when it did not come', async () => {
  const clock = new VirtualClock()
  let rung = false
  clock.after(70, () => (rung = true))
  expect(await clock.runUntil(() => rung, 50)).toBe(false)
  expect(clock.monotonic()).toBe(50)
  expect(await clock.runUntil(() => rung, 1_000)).toBe(true)
  expect(clock.monotonic()).toBe(70)
})

test('a skewed wall clock moves no timer', async () => {
  const clock = new VirtualClock({ start: 1_000 })
  const other = clock.skewed(-500)
  let ran = 0
  other.after(10, () => ran++)
  clock.skew(86_400_000)
  await clock.run(10)
  expect(ran).toBe(1)
  expect([clock.now(), other.now()]).toEqual([86_401_010, 86_400_510])
  expect(other.monotonic()).toBe(10)
})
