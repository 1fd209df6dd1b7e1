import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  HalfOpen,
  MAX_HALF_OPEN,
  MAX_HALF_OPEN_PER_ADDRESS,
} from '../../transports/lan/half-open.ts'

test('an address with too many loses its own oldest', () => {
  const halfOpen = new HalfOpen<number>()
  for (let i = 0; i < MAX_HALF_OPEN_PER_ADDRESS; i++) expect(halfOpen.add(i, 'flood')).toEqual([])
  expect(halfOpen.add(99, 'flood')).toEqual([0])
  expect(halfOpen.add(100, 'flood')).toEqual([1])
})

test('an honest one outlives a flood from many addresses', () => {
  const halfOpen = new HalfOpen<string>()
  const dropped: string[] = []
  for (let i = 0; i < 500; i++) dropped.push(...halfOpen.add(`early ${i}`, `10.0.0.${i % 20}`))
  dropped.push(...halfOpen.add('honest', '10.0.0.99'))
  for (let i = 0; i < 5_000; i++) dropped.push(...halfOpen.add(`late ${i}`, `10.0.0.${i % 20}`))
  expect(dropped).not.toContain('honest')
  expect(halfOpen.size).toBe(MAX_HALF_OPEN)
})

test('any order of coming and going keeps both bounds', () => {
  const event = fc.record({ host: fc.nat(30), finish: fc.option(fc.nat(500), { nil: undefined }) })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 500 }), (events) => {
      const halfOpen = new HalfOpen<number>()
      const hosts = new Map<number, number>()
      events.forEach(({ host, finish }, at) => {
        hosts.set(at, host)
        for (const victim of halfOpen.add(at, String(host))) hosts.delete(victim)
        if (finish === undefined) return
        halfOpen.delete(finish)
        hosts.delete(finish)
      })
      expect(halfOpen.entries()).toEqual([...hosts.keys()])
      expect(halfOpen.size).toBeLessThanOrEqual(MAX_HALF_OPEN)
      const counts = new Map<number, number>()
      for (const host of hosts.values()) counts.set(host, (counts.get(host) ?? 0) + 1)
      for (const count of counts.values())
        expect(count).toBeLessThanOrEqual(MAX_HALF_OPEN_PER_ADDRESS)
    }),
    { numRuns: 500 },
  )
})
