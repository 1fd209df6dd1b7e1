import { describe, expect, test } from '@jest/globals'
import { seededRandom, systemRandom } from '../../core/random.ts'

describe('seeded chance', () => {
  test('repeats for the same seed, and differs for others', () => {
    const [one, same, other] = [seededRandom(7), seededRandom(7), seededRandom(8)]
    const bytes = one.bytes(64)
    expect(same.bytes(64)).toEqual(bytes)
    expect(other.bytes(64)).not.toEqual(bytes)
    expect(one.bytes(64)).not.toEqual(bytes)
    expect(one.float()).not.toBe(seededRandom(7).float())
  })

  test.each([
    ['seeded', seededRandom(1)],
    ['the system’s', systemRandom],
  ])('%s is spread over its whole range', (_, random) => {
    const floats = Array.from({ length: 4_000 }, () => random.float())
    expect(floats.every((value) => value >= 0 && value < 1)).toBe(true)
    const mean = floats.reduce((sum, value) => sum + value, 0) / floats.length
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.05)
    expect(new Set(random.bytes(8_192)).size).toBe(256)
    expect(random.bytes(0)).toHaveLength(0)
  })
})
