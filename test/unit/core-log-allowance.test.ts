import { expect, test } from '@jest/globals'
import { entryCost, MAX_BYTES, MAX_ENTRIES, usedUp } from '../../core/control/log-allowance.ts'
import { encodeOperation } from '../../core/control/operation.ts'
import { seededRandom } from '../../core/random.ts'
import { makeRotation } from '../../core/room/epochs/rotation.ts'
import { EpochRoom, idOf, ROOM } from './core-epoch-room.ts'

test('ten years of a new key each day, for fifty devices and by one of them, fit twice', () => {
  const names = Array.from({ length: 50 }, (_, n) => `d${n}`)
  const room = new EpochRoom(...names)
  const held = new Map([[0, Buffer.alloc(32, 1)]])
  const facts = { state: room.state, held, room: ROOM, device: idOf('d0'), at: 0 }
  const rotation = encodeOperation(makeRotation({ ...facts, random: seededRandom(1) }))
  const days = 3_653
  const cost = days * entryCost(rotation.byteLength, 2)
  expect(2 * days).toBeLessThan(MAX_ENTRIES)
  expect(2 * cost).toBeLessThan(MAX_BYTES)
  expect(usedUp(days, days * (rotation.byteLength + 200))).toBeLessThan(0.5)
})
