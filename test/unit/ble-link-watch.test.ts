import { expect, test } from '@jest/globals'
import type { Clock } from '../../core/clock.ts'
import { Watch } from '../../transports/ble/link/watch.ts'

/** Time that moves by hand, and a timer that rings when it is told to, in time or late. */
class HandClock implements Clock {
  #now = 0
  #fn: (() => void) | null = null
  /** When the timer is due. */
  due = 0

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  after(ms: number, fn: () => void): { cancel(): void } {
    this.due = this.#now + ms
    this.#fn = fn
    return { cancel: () => (this.#fn = null) }
  }

  ring(late = 0): void {
    this.#now = this.due + late
    this.#fn?.()
  }
}

test('a computer that stood still itself does not take that for silence of the other end', () => {
  const clock = new HandClock()
  const did: string[] = []
  const watch = new Watch(clock, {
    facts: () => ({ open: true, blocked: false, roundTrip: 50 }),
    sayHello: () => did.push('hello'),
    saySomething: () => {
      did.push('ping')
      watch.said()
    },
    end: (why) => did.push(why),
  })
  clock.ring()
  clock.ring(7_000)
  expect(did).toEqual(['ping'])
  // Then it is asleep no more, and still hears nothing.
  for (let n = 0; n < 9 && did.at(-1) !== 'silent'; n++) clock.ring()
  expect(did.at(-1)).toBe('silent')
  expect(clock.now()).toBeLessThanOrEqual(7_000 + 1_500 + 5_000)
})
