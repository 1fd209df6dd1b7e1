import { describe, expect, test } from '@jest/globals'
import { giveWay } from '../../core/session/guest-choice.ts'

const idle = (n: number): { n: number; met: boolean; awaited: boolean } => ({
  n,
  met: false,
  awaited: false,
})

describe('when too many know a room and are no members', () => {
  test('nobody goes while there is space', () => {
    expect(giveWay([idle(1), idle(2)], 2)).toEqual([])
  })

  test('those that nothing is to come of go first, the oldest of them before', () => {
    const waiting = { n: 0, met: false, awaited: true }
    const flood = Array.from({ length: 66 }, (_, n) => idle(n + 1))
    expect(giveWay([waiting, ...flood], 64)).toEqual(flood.slice(0, 3))
    const all = [waiting, { ...waiting, n: 1 }, idle(2)]
    expect(giveWay(all, 1)).toEqual([all[2], all[0]])
  })

  test('who is being paired stays, as long as they are few', () => {
    const pairing = { n: 0, met: true, awaited: false }
    expect(giveWay([pairing, idle(1), idle(2)], 1)).toEqual([idle(1)])
    const many = Array.from({ length: 100 }, (_, n) => ({ ...pairing, n }))
    expect(giveWay(many, 64)).toEqual(many.slice(8, 36))
  })
})
