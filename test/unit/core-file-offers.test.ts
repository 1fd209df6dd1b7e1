import { expect, test } from '@jest/globals'
import type { ItemRef } from '../../core/files/descriptor.ts'
import { Offers } from '../../core/files/offers.ts'
import type { Room } from '../../core/room/room.ts'

const ROOT = Buffer.alloc(32, 7)
const root = ROOT.toString('hex')
const PATIENCE = 10_000

function said(author: string, size: number): { author: string; item: ItemRef } {
  return { author, item: { root: ROOT, key: Buffer.alloc(32), size, chunk: 65_536, contents: 0 } }
}

function roomOf(...offers: ReturnType<typeof said>[]): Room {
  return { conversation: { files: { offers: () => offers } } } as unknown as Room
}

const [first, second, third] = [said('ann', 1), said('bob', 2), said('cem', 3)]

test('what proved wrong gives way to the next, and is tried again once all did', () => {
  const offers = new Offers()
  const room = roomOf(first, second)
  expect(offers.best(room, root)).toBe(first)
  expect(offers.refute(room, first.item)).toBe(true)
  expect(offers.best(room, root)).toBe(second)
  expect(offers.refute(room, second.item)).toBe(false)
  expect(offers.best(room, root)).toBe(first)
  expect(offers.best(roomOf(), root)).toBeNull()
})

test('of each author the first word counts', () => {
  const offers = new Offers()
  const room = roomOf(first, said('ann', 4), second)
  expect(offers.refute(room, first.item)).toBe(true)
  expect(offers.best(room, root)).toBe(second)
})

test('what is in doubt for too long gives way, and comes back when its turn is there', () => {
  const offers = new Offers()
  const room = roomOf(first, second, third)
  expect(offers.doubt(room, first.item, PATIENCE - 1)).toBe(false)
  expect(offers.doubt(room, first.item, PATIENCE)).toBe(true)
  expect(offers.best(room, root)).toBe(second)
  expect(offers.refute(room, second.item)).toBe(true)
  expect(offers.best(room, root)).toBe(third)
  expect(offers.doubt(room, third.item, PATIENCE)).toBe(true)
  // It has longer now: whoever gives the true one may be slow.
  expect(offers.best(room, root)).toBe(first)
  expect(offers.doubt(room, first.item, PATIENCE)).toBe(false)
  expect(offers.doubt(room, first.item, 2 * PATIENCE)).toBe(true)
  expect(offers.best(room, root)).toBe(third)
  // What proved wrong is not believed again while another may be true.
  expect(offers.refute(room, third.item)).toBe(true)
  expect(offers.best(room, root)).toBe(first)
})

test('a doubt alone ends nothing while no other message says otherwise', () => {
  const offers = new Offers()
  expect(offers.doubt(roomOf(first), first.item, 1e9)).toBe(false)
  const room = roomOf(first, second)
  offers.refute(room, second.item)
  expect(offers.doubt(room, first.item, 1e9)).toBe(false)
  expect(offers.best(room, root)).toBe(first)
})
