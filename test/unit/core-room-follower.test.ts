import { EventEmitter } from 'node:events'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { EMPTY_ROOM } from '../../core/control/room-state.ts'
import type { Room } from '../../core/room/room.ts'
import { PersonalCache } from '../../core/self/personal-cache.ts'
import { RoomFollower } from '../../core/self/room-follower.ts'

const KEY = 'ab'.repeat(32)
const record = { key: KEY, encryptionKey: 'cd'.repeat(32), name: 'Porch' }

let facts: PersonalCache
let rooms: Room[]
let left: string[]
let leaving: Promise<void>
let follower: RoomFollower

function open(entered: boolean): void {
  const room = Object.assign(new EventEmitter(), {
    record,
    personal: false,
    membership: { joined: true },
    control: { state: EMPTY_ROOM },
  })
  rooms.push(room as unknown as Room)
  follower.watch(room as unknown as Room, entered)
}

async function settled(): Promise<void> {
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve))
}

beforeEach(() => {
  facts = new PersonalCache({ saved: undefined, save: () => Promise.resolve() })
  ;[rooms, left, leaving] = [[], [], Promise.resolve()]
  follower = new RoomFollower({
    facts,
    rooms: () => rooms,
    shared: () => true,
    self: () => ({ person: 'a1'.repeat(32), device: '11'.repeat(32) }),
    enter: () => Promise.reject(new Error('nothing is to be entered')),
    leave: async (room) => {
      await leaving
      left.push(room.record.key)
      rooms = rooms.filter((other) => other !== room)
    },
    onfault: (error) => {
      throw error
    },
  })
})

describe('a room that the person left on another device', () => {
  beforeEach(() => facts.set('room', KEY, { left: true }))

  test('is left when it is found at the start, and does not come back by that', async () => {
    open(false)
    follower.begin()
    await settled()
    expect(left).toEqual([KEY])
    expect(facts.get('room', KEY)).toEqual({ left: true })
  })

  test('comes back on all when it is entered again on one', async () => {
    follower.begin()
    open(true)
    await settled()
    expect(left).toEqual([])
    expect(facts.get('room', KEY)).toEqual({ encryptionKey: record.encryptionKey, name: 'Porch' })
  })

  test('is waited for where the rooms are let go of meanwhile', async () => {
    let done = (): void => {}
    leaving = new Promise((resolve) => (done = resolve))
    open(false)
    follower.begin()
    await settled()
    let over = false
    const paused = follower.pause().then(() => (over = true))
    await settled()
    expect(over).toBe(false)
    done()
    await paused
    expect(left).toEqual([KEY])
  })
})
