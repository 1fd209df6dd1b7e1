import { describe, expect, test } from '@jest/globals'
import {
  MAX_REMEMBERED,
  PROBE_EVERY_MS,
  RememberedList,
} from '../../transports/lan/remembered-addresses.ts'

describe('remembered addresses', () => {
  test('are given newest first, at most 64 of them', () => {
    const list = new RememberedList(false)
    for (let i = 0; i < 100; i++) list.met(`10.0.${i}.1:4000`, i)
    expect(list.known()).toHaveLength(MAX_REMEMBERED)
    expect(list.known()[0]).toBe('10.0.99.1:4000')
    list.met('10.0.50.1:4000', 1_000)
    expect(list.known()[0]).toBe('10.0.50.1:4000')
  })

  test('keep their order over a restart', () => {
    const list = new RememberedList(false)
    const earlier = ['10.0.0.3:1', '10.0.0.2:1', '[fe80::1%eth0]:1']
    list.remember(earlier)
    expect(list.known()).toEqual(earlier)
  })

  test('are local addresses alone', () => {
    const list = new RememberedList(false)
    list.remember([
      '8.8.8.8:53',
      '127.0.0.1:4000',
      'example.org:1',
      '10.0.0.1',
      7 as unknown as string,
      '10.0.0.1:1',
    ])
    expect(list.known()).toEqual(['10.0.0.1:1'])
  })

  test('one host can not push out the others with its ports', () => {
    const list = new RememberedList(false)
    list.met('10.0.0.1:4000', 0)
    for (let port = 1; port < 1_000; port++) list.met(`10.0.0.66:${port}`, port)
    expect(list.has('10.0.0.1:4000')).toBe(true)
    expect(list.known()).toHaveLength(5)
  })

  test('those met outlive those handed in', () => {
    const list = new RememberedList(false)
    list.met('10.9.0.1:1', 0)
    list.remember(Array.from({ length: 64 }, (_, i) => `10.0.${i}.1:1`))
    list.met('10.9.0.2:1', 1)
    expect(list.has('10.9.0.1:1')).toBe(true)
    expect(list.known()).toHaveLength(MAX_REMEMBERED)
  })

  test('are due at once when handed in, then ever more rarely up to 30 s', () => {
    const list = new RememberedList(false)
    const address = '10.0.0.1:1'
    list.remember([address])
    expect(list.due(0)).toEqual([address])
    const waits: number[] = []
    for (let now = 0; waits.length < 8; now = list.nextDue() ?? now) {
      list.probed(address, now, 0.5)
      expect(list.due(now)).toEqual([])
      waits.push((list.nextDue() ?? now) - now)
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30, 30].map((seconds) => seconds * 1_000))
  })

  test('are all due when the network changed', () => {
    const list = new RememberedList(false)
    list.met('10.0.0.1:1', 0)
    expect(list.due(PROBE_EVERY_MS - 1)).toEqual([])
    list.probeAll()
    expect(list.due(1)).toEqual(['10.0.0.1:1'])
    list.forget('10.0.0.1:1')
    expect(list.nextDue()).toBeUndefined()
  })
})
