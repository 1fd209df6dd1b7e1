import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  DiscoveryTable,
  MAX_NEIGHBOURS,
  MAX_NEIGHBOURS_PER_SOURCE,
  isPlausible,
} from '../../transports/lan/discovery-table.ts'
import type { Sighting } from '../../transports/lan/discovery-table.ts'

const idOf = (n: number): string => n.toString(16).padStart(16, '0')

function sighting(n: number, host: string, port = 4000): Sighting {
  return { id: idOf(n), host, address: `${host}:${port}`, generation: 0 }
}

describe('the table of neighbours', () => {
  test('10,000 forged announcements leave it bounded, and those met stay', () => {
    const kept = new Set([idOf(1), idOf(2)])
    const table = new DiscoveryTable(({ id }) => kept.has(id))
    table.heard(sighting(1, '10.0.0.1'), 0)
    table.heard(sighting(2, '10.0.0.2'), 0)
    for (let i = 0; i < 10_000; i++) {
      table.heard(sighting(1_000 + i, `10.1.${(i >> 8) & 255}.${i & 255}`), i)
      table.heard(sighting(100_000 + i, '10.0.0.1'), i)
    }
    expect(table.size).toBe(MAX_NEIGHBOURS)
    expect(table.get(idOf(1))).toBeDefined()
    expect(table.get(idOf(2))).toBeDefined()
    const fromOne = [...table.all()].filter(({ source }) => source === '10.0.0.1')
    expect(fromOne.length).toBeLessThanOrEqual(MAX_NEIGHBOURS_PER_SOURCE)
  })

  test('many nodes on this very computer find each other', () => {
    const table = new DiscoveryTable(() => true)
    for (let i = 0; i < 100; i++) table.heard(sighting(i, '127.0.0.1', 4_000 + i), i)
    expect(table.size).toBe(64)
  })

  test('the least recently heard gives way, and nothing when all are kept', () => {
    const table = new DiscoveryTable(() => false)
    for (let i = 0; i < MAX_NEIGHBOURS; i++) table.heard(sighting(i, `10.2.${i}.1`), i)
    table.heard(sighting(0, '10.2.0.1'), 999)
    table.heard(sighting(9_999, '10.3.0.1'), 1_000)
    expect(table.get(idOf(0))).toBeDefined()
    expect(table.get(idOf(1))).toBeUndefined()
    const full = new DiscoveryTable(() => true)
    for (let i = 0; i < MAX_NEIGHBOURS; i++) full.heard(sighting(i, `10.2.${i}.1`), i)
    expect(full.heard(sighting(9_999, '10.3.0.1'), 1_000)).toBeUndefined()
    expect(full.size).toBe(MAX_NEIGHBOURS)
  })

  test('forged addresses of an instance never push out the one where it was met', () => {
    const table = new DiscoveryTable(() => true)
    const neighbour = table.heard(sighting(1, '10.0.0.1'), 0)!
    neighbour.routes[0]!.proven = true
    for (let i = 2; i < 100; i++) table.heard(sighting(1, `10.0.0.${i}`), i)
    expect(neighbour.routes.length).toBeLessThanOrEqual(4)
    expect(neighbour.routes.map(({ address }) => address)).toContain('10.0.0.1:4000')
  })

  test('only a host that told of an instance may say that it leaves', () => {
    const table = new DiscoveryTable(() => false)
    table.heard(sighting(1, '10.0.0.1'), 0)
    table.left(idOf(1), '10.0.0.66')
    expect(table.get(idOf(1))).toBeDefined()
    table.left(idOf(1), '10.0.0.1')
    expect(table.get(idOf(1))).toBeUndefined()
  })

  test('one that leaves while linked is kept until it says hello again', () => {
    const table = new DiscoveryTable(() => true)
    const neighbour = table.heard(sighting(1, '10.0.0.1'), 0)!
    table.left(idOf(1), '10.0.0.1')
    expect(neighbour.gone).toBe(true)
    table.heard(sighting(1, '10.0.0.1'), 1)
    expect(neighbour.gone).toBe(false)
  })

  test('any mix of announcements keeps both bounds', () => {
    const event = fc.record({ n: fc.nat(600), host: fc.nat(40), leave: fc.boolean() })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 800 }), (events) => {
        const table = new DiscoveryTable(({ id }) => id.endsWith('7'))
        events.forEach(({ n, host, leave }, now) => {
          const from = `10.0.0.${host}`
          if (leave) table.left(idOf(n), from)
          else table.heard(sighting(n, from), now)
        })
        const counts = new Map<string, number>()
        for (const { source } of table.all()) counts.set(source, (counts.get(source) ?? 0) + 1)
        expect(table.size).toBeLessThanOrEqual(MAX_NEIGHBOURS)
        for (const count of counts.values())
          expect(count).toBeLessThanOrEqual(MAX_NEIGHBOURS_PER_SOURCE)
      }),
      { numRuns: 200 },
    )
  })

  test('what comes from elsewhere, or from this very instance, is not noted', () => {
    expect(isPlausible(sighting(1, '10.0.0.1'), idOf(2), false)).toBe(true)
    expect(isPlausible(sighting(1, '10.0.0.1'), idOf(1), false)).toBe(false)
    expect(isPlausible(sighting(1, '8.8.8.8'), idOf(2), false)).toBe(false)
    expect(isPlausible(sighting(1, '127.0.0.1'), idOf(2), false)).toBe(false)
  })
})
