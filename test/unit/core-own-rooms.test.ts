import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { planOwnRooms, readRoomFact } from '../../core/self/own-rooms.ts'

const a = 'aa'.repeat(32)
const b = 'bb'.repeat(32)
const c = 'cc'.repeat(32)
const d = 'dd'.repeat(32)

test('a device enters the rooms of the others, leaves those that were left, and tells of its own', () => {
  const facts = new Map<string, unknown>([
    [a, { encryptionKey: b, name: 'Street' }],
    [b, { left: true }],
    [c, { left: true }],
  ])
  expect(planOwnRooms(facts, new Set([b, d]))).toEqual({
    enter: [{ key: a, encryptionKey: b, name: 'Street' }],
    leave: [b],
    tell: [d],
  })
  expect(planOwnRooms(facts, new Set([a]))).toEqual({ enter: [], leave: [], tell: [] })
})

test('anything else than a fact about a room is none', () => {
  expect(readRoomFact('short', { left: true })).toBeNull()
  expect(readRoomFact(a, { encryptionKey: 'x', name: 'y' })).toBeNull()
  expect(readRoomFact(a, { encryptionKey: b, name: 7 })).toEqual({ encryptionKey: b, name: '' })
  fc.assert(fc.property(fc.string(), fc.anything(), (key, value) => void readRoomFact(key, value)))
})
