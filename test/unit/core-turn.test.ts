import { describe, expect, test } from '@jest/globals'
import { doubling } from '../../core/doubling.ts'
import { seededRandom, shuffle } from '../../core/random.ts'
import { Turn } from '../../core/turn.ts'

describe('a turn', () => {
  test('comes after those before it, however they ended, and its end can be waited for', async () => {
    const turn = new Turn()
    const seen: number[] = []
    const failed = turn.run(async () => {
      await Promise.resolve()
      seen.push(1)
      throw new Error('one')
    })
    const done = turn.run(async () => seen.push(2))
    await expect(failed).rejects.toThrow('one')
    await turn.over()
    expect(seen).toEqual([1, 2])
    expect(await done).toBe(2)
  })
})

test('a wait doubles up to the longest', () => {
  expect([0, 1, 2, 3, 4, 100].map((time) => doubling(time, 5, 30))).toEqual([5, 5, 10, 20, 30, 30])
})

test('a shuffled list has the same things, in an order that the seed gives', () => {
  const list = (): number[] => Array.from({ length: 50 }, (_, n) => n)
  const one = shuffle(list(), seededRandom(1))
  expect(one).not.toEqual(list())
  expect(one.toSorted((a, b) => a - b)).toEqual(list())
  expect(shuffle(list(), seededRandom(1))).toEqual(one)
})
