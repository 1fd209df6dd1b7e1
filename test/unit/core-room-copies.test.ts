import { expect, test } from '@jest/globals'
import { EmptyCopy } from '../../core/mirror/member/empty-copy.ts'
import { RoomCopies } from '../../core/mirror/member/room-copies.ts'
import type { RoomCopiesOptions } from '../../core/mirror/member/room-copies.ts'
import type { Room } from '../../core/room/room.ts'

const farewells = { open: () => [] } as unknown as RoomCopiesOptions['farewells']

function roomOf(secret: string): Room {
  const room = { id: 'r', record: { encryptionKey: secret }, control: { key: Buffer.alloc(32, 1) } }
  return room as unknown as Room
}

test('a room that was opened anew is another, though its keys are the same', () => {
  let rooms = [roomOf('ab')]
  const copies = new RoomCopies({ rooms: () => rooms, farewells, copyOf: () => new EmptyCopy('x') })
  expect(copies.follow()).toBe(true)
  expect(copies.follow()).toBe(false)
  const [before] = copies.copies()
  rooms = [roomOf('ab')]
  expect(copies.follow()).toBe(true)
  expect(copies.copies()[0]).not.toBe(before)
  rooms = []
  expect(copies.follow()).toBe(true)
  expect(copies.copies()).toEqual([])
})
