import { expect, test } from '@jest/globals'
import { BoundedMap } from '../../core/bounded-map.ts'

test('the oldest goes, and what is put in again is the newest', () => {
  const map = new BoundedMap<string, number>(2)
  map.set('a', 1).set('b', 2).set('a', 3).set('c', 4)
  expect([...map]).toEqual([
    ['a', 3],
    ['c', 4],
  ])
})
