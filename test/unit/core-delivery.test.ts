import { describe, expect, test } from '@jest/globals'
import { DeliveryBook } from '../../core/room/delivery.ts'

function book(): DeliveryBook {
  const made = new DeliveryBook()
  made.add('mine')
  return made
}

describe('delivery', () => {
  test('counts the devices that hold a record, and each once', () => {
    const held = book()
    expect(held.of('mine', 0)).toEqual({ state: 'saved', devices: 0 })
    expect(held.note('a', 'mine', 3, 5)).toBe(true)
    expect(held.note('b', 'mine', 1, 5)).toBe(true)
    expect(held.note('a', 'mine', 3, 5)).toBe(false)
    expect([0, 1, 2, 3].map((seq) => held.of('mine', seq).devices)).toEqual([2, 1, 1, 0])
    expect(held.of('mine', 2)).toEqual({ state: 'delivered', devices: 1 })
    expect(held.of('mine', 3)).toEqual({ state: 'saved', devices: 0 })
  })

  test('A8: a device that claims what was never written says nothing', () => {
    const held = book()
    expect(held.note('liar', 'mine', 6, 5)).toBe(false)
    expect(held.note('liar', 'mine', Number.MAX_SAFE_INTEGER, 5)).toBe(false)
    expect(held.of('mine', 0).devices).toBe(0)
  })

  test('A8: claims about logs of others change nothing', () => {
    const held = book()
    expect(held.note('a', 'theirs', 2, 5)).toBe(false)
    expect(held.of('theirs', 0)).toEqual({ state: 'saved', devices: 0 })
    expect(JSON.parse(held.save().toString())).toEqual({ mine: {} })
  })

  test('what is held is never unheld, and outlives a restart', () => {
    const held = book()
    held.note('a', 'mine', 4, 5)
    expect(held.note('a', 'mine', 2, 5)).toBe(false)
    const again = new DeliveryBook()
    again.load(held.save())
    expect(again.of('mine', 3)).toEqual({ state: 'delivered', devices: 1 })
    // Adding it anew, as when the room opens twice, forgets nothing.
    again.add('mine')
    expect(again.of('mine', 3).devices).toBe(1)
  })
})
