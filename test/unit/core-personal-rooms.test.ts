import { EventEmitter } from 'node:events'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { EMPTY_ROOM } from '../../core/control/room-state.ts'
import type { DeviceEntry, PersonEntry } from '../../core/control/room-state.ts'
import { silentLogger } from '../../core/logger.ts'
import type { Room } from '../../core/room/room.ts'
import { PersonalCache } from '../../core/self/personal-cache.ts'
import { PersonalRooms } from '../../core/self/personal-rooms.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const [ANN, BOB] = ['a1'.repeat(32), 'b0'.repeat(32)]
const [LAPTOP, PHONE, TABLET, BOBS] = ['11', '22', '33', '44'].map((two) => two.repeat(32))

class FakeRoom extends EventEmitter {
  readonly record: { key: string }
  readonly personal = true
  readonly membership = { joined: true, standing: 'joined' }
  readonly reading = { has: (): boolean => true, compare: (): number => 0 }
  readonly control
  written = 0

  constructor(key: string, devices: string[], joined = true) {
    super()
    this.record = { key: key.repeat(32) }
    this.control = { key: Buffer.from(this.record.key, 'hex'), state: EMPTY_ROOM }
    this.hold(devices, joined)
  }

  /** Who is in from now on. */
  hold(devices: string[], joined: boolean, dropped: string[] = []): void {
    const entry = (id: string): DeviceEntry => {
      const standing = dropped.includes(id) ? 'removed' : 'in'
      const person = id === BOBS ? BOB : ANN
      return { person, standing, dropped: standing === 'removed' } as DeviceEntry
    }
    const all = [...devices, ...dropped].map((id) => [id, entry(id)] as const)
    const persons = new Map(all.map(([, { person }]) => [person!, {} as PersonEntry]))
    this.control.state = { ...EMPTY_ROOM, persons, devices: new Map(all as never) }
    Object.assign(this.membership, { joined, standing: joined ? 'joined' : 'waiting' })
    this.emit('state')
    this.emit('changed')
  }

  ready(): Promise<void> {
    return Promise.resolve()
  }

  write(): Promise<void> {
    this.written++
    return Promise.resolve()
  }
}

let clock: VirtualClock
let rooms: FakeRoom[]
let left: FakeRoom[]
let faults: unknown[]
let facts: PersonalCache
let own: PersonalRooms
/** What entering leads to. */
let coming: FakeRoom
let onleave: () => Promise<void>

beforeEach(async () => {
  clock = new VirtualClock()
  ;[rooms, left, faults] = [[], [], []]
  onleave = () => Promise.resolve()
  facts = new PersonalCache({ saved: undefined, save: () => Promise.resolve() })
  own = new PersonalRooms({
    facts,
    person: () => ANN,
    rooms: () => rooms as unknown as Room[],
    create: () => Promise.resolve(open(coming)),
    enter: () => Promise.resolve(open(coming)),
    leave: async (room) => {
      await onleave()
      left.push(room as never)
      rooms = rooms.filter((other) => other !== (room as never))
      own.left(room)
    },
    save: () => Promise.resolve(),
    onshared: () => {},
    onfault: (error) => faults.push(error),
    clock,
    logger: silentLogger,
  })
  own.begin()
  await facts.set('contact', 'carl', { verified: true })
})

function open(room: FakeRoom): Room {
  rooms.push(room)
  own.consumers(room.record as never)
  own.opened(room as unknown as Room)
  return room as unknown as Room
}

async function offer(room: FakeRoom, devices = 2): Promise<void> {
  coming = room
  const known = { room: room.control.key, encryptionKey: Buffer.alloc(32), name: '' }
  await own.propose({ ...known, kind: 'personal' }, devices)
  await clock.run(10_000)
}

describe('the room of own devices', () => {
  test('of two that were begun apart this device leaves its own, once it was let in', async () => {
    const mine = new FakeRoom('bb', [LAPTOP!])
    const theirs = new FakeRoom('cc', [PHONE!, TABLET!], false)
    open(mine)
    await offer(theirs)
    expect(own.room).toBe(mine)
    expect([left, theirs.written]).toEqual([[], 0])
    theirs.hold([PHONE!, TABLET!, LAPTOP!], true)
    await clock.run(10_000)
    expect(own.room).toBe(theirs)
    expect(left).toEqual([mine])
    expect(theirs.written).toBe(1)
  })

  test('a key that leads nowhere takes nobody out of theirs, nor do many', async () => {
    const mine = new FakeRoom('bb', [LAPTOP!])
    open(mine)
    for (const key of ['a1', 'a2', 'a3', 'a4', 'a5']) await offer(new FakeRoom(key, [], false))
    expect(own.room).toBe(mine)
    expect(left).toEqual([])
    expect(rooms.length).toBeLessThanOrEqual(4)
  })

  test('a room with anybody else in it is none: nothing is told there', async () => {
    const mine = new FakeRoom('bb', [LAPTOP!])
    const group = new FakeRoom('cc', [PHONE!, TABLET!, BOBS!], false)
    open(mine)
    await offer(group)
    group.hold([PHONE!, TABLET!, LAPTOP!, BOBS!], true)
    await clock.run(10_000)
    expect(own.room).toBe(mine)
    expect(left).toEqual([group])
    expect(group.written).toBe(0)
  })

  test('restored into a group, a device tells it nothing and takes a better room, or begins one', async () => {
    const group = new FakeRoom('cc', [PHONE!, BOBS!], false)
    await offer(group)
    group.hold([PHONE!, LAPTOP!, BOBS!], true)
    await clock.run(10_000)
    expect(group.written).toBe(0)
    coming = new FakeRoom('dd', [LAPTOP!])
    expect(await own.get()).toBe(coming)
    await clock.run(10_000)
    expect(own.room).toBe(coming)
    expect(left).toEqual([group])
    expect((coming as FakeRoom).written).toBe(1)
  })

  test('while a device is in that was cut off elsewhere, nothing is told', async () => {
    const porch = new FakeRoom('ee', [LAPTOP!])
    porch.hold([LAPTOP!], true, [PHONE!])
    rooms.push(porch)
    const thief = new FakeRoom('cc', [PHONE!, LAPTOP!])
    open(thief)
    await clock.run(10_000)
    expect(thief.written).toBe(0)
    thief.hold([LAPTOP!], true, [PHONE!])
    await clock.run(10_000)
    expect(thief.written).toBe(1)
  })

  test('a room that could not be left does not hold up what is shared, and is left later', async () => {
    const mine = new FakeRoom('bb', [LAPTOP!])
    const theirs = new FakeRoom('cc', [PHONE!, TABLET!], false)
    open(mine)
    await offer(theirs)
    onleave = () => Promise.reject(new Error('the disk is full'))
    theirs.hold([PHONE!, TABLET!, LAPTOP!], true)
    await clock.run(10_000)
    expect([own.room, theirs.written, faults.length > 0]).toEqual([theirs, 1, true])
    onleave = () => Promise.resolve()
    own.wake()
    await clock.run(10_000)
    expect(left).toEqual([mine])
  })

  test('letting go waits for what is under way', async () => {
    let done = (): void => {}
    onleave = () => new Promise((resolve) => (done = resolve))
    open(new FakeRoom('bb', [LAPTOP!]))
    const theirs = new FakeRoom('cc', [PHONE!, TABLET!], false)
    await offer(theirs)
    theirs.hold([PHONE!, TABLET!, LAPTOP!], true)
    await clock.run(10_000)
    let over = false
    const detached = own.detach().then(() => (over = true))
    await clock.run(10_000)
    expect(over).toBe(false)
    done()
    await detached
    expect(own.room).toBeNull()
  })
})
