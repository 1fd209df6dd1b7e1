import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { HandshakeLimiter } from '../../core/connection/handshake-limiter.ts'

/** A limiter and, by name, which handshakes it dropped. */
function limiter(): {
  enter: (name: string, address: string) => () => void
  dropped: string[]
  size: () => number
} {
  const made = new HandshakeLimiter()
  const dropped: string[] = []
  return {
    enter: (name, address) => made.enter({ address, drop: () => dropped.push(name) }),
    dropped,
    size: () => made.size,
  }
}

describe('half-open handshakes', () => {
  test('A13: are capped at 8 an address, the oldest giving way', () => {
    const { enter, dropped, size } = limiter()
    for (let i = 0; i < 1_000; i++) enter(`flood ${i}`, '10.0.0.9')
    expect(size()).toBe(8)
    expect(dropped).toHaveLength(992)
    expect(dropped[0]).toBe('flood 0')
  })

  test('A13: are capped at 64 in all', () => {
    const { enter, size } = limiter()
    for (let i = 0; i < 1_000; i++) enter(`flood ${i}`, `10.0.${i % 250}.9`)
    expect(size()).toBe(64)
  })

  test('A13: an honest one is let in during a flood, and stays while others flood on', () => {
    const { enter, dropped } = limiter()
    for (let i = 0; i < 500; i++) enter(`flood ${i}`, `10.0.0.${i % 10}`)
    enter('honest', '10.0.1.1')
    for (let i = 500; i < 1_500; i++) enter(`flood ${i}`, `10.0.0.${i % 10}`)
    expect(dropped).not.toContain('honest')
  })

  test('what finished makes room, once', () => {
    const { enter, dropped, size } = limiter()
    const leaves = Array.from({ length: 8 }, (_, i) => enter(`${i}`, 'a'))
    leaves[3]!()
    leaves[3]!()
    expect(size()).toBe(7)
    enter('next', 'a')
    expect(dropped).toEqual([])
    enter('one more', 'a')
    expect(dropped).toEqual(['0'])
    // One that was dropped leaves too, when its stream has closed.
    leaves[0]!()
    expect(size()).toBe(8)
  })

  test('hold the caps through any coming and going', () => {
    const steps = fc.array(fc.record({ address: fc.nat(20), leave: fc.nat(3) }), { maxLength: 300 })
    fc.assert(
      fc.property(steps, (all) => {
        const { enter, size } = limiter()
        const leaves: (() => void)[] = []
        for (const { address, leave } of all) {
          leaves.push(enter('x', `${address}`))
          if (leave === 0) leaves.shift()!()
          expect(size()).toBeLessThanOrEqual(64)
        }
        for (const leave of leaves) leave()
        expect(size()).toBe(0)
      }),
    )
  })
})
