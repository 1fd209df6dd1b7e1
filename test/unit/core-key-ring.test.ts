import { describe, expect, test } from '@jest/globals'
import { seededRandom } from '../../core/random.ts'
import { sealKeys } from '../../core/room/epochs/key-box.ts'
import { keysForNewcomer } from '../../core/room/epochs/key-cover.ts'
import { keyExpiry } from '../../core/room/epochs/key-expiry.ts'
import { KeyRing } from '../../core/room/epochs/key-ring.ts'
import { makeRotation } from '../../core/room/epochs/rotation.ts'
import type { RoomRecord } from '../../core/room/room-record.ts'
import { deviceOf, EpochRoom, FIRST, idOf, ROOM, START } from './core-epoch-room.ts'

const random = seededRandom(7)
const HOUR = 3_600_000

type Kept = Pick<RoomRecord, 'epochs' | 'forgotten' | 'inUse' | 'superseded'>

function ringOf(name: string, record: Kept = { epochs: {} }): KeyRing {
  return new KeyRing({ record, device: deviceOf(name), room: ROOM })
}

function founder(name = 'ann', record: Kept = { epochs: { 0: FIRST.toString('hex') } }): KeyRing {
  return ringOf(name, record)
}

function rotate(room: EpochRoom, ring: KeyRing, at = START): number {
  ring.fill(room.state)
  const facts = { state: room.state, held: ring.keys, room: ROOM, device: idOf('ann') }
  room.take(makeRotation({ ...facts, at, random }))
  ring.fill(room.state)
  return room.epoch
}

/** A member's device lets another in. */
function admit(room: EpochRoom, ring: KeyRing, name: string): void {
  room.enter(name)
  const keys = keysForNewcomer(room.state, ring.writing(), ring.keys)
  if (keys.length > 0) {
    room.hand(idOf(name), room.epoch, sealKeys(keys, deviceOf(name).publicKey, ROOM)!)
  }
}

describe('a key ring', () => {
  test('opens the box of each rotation that is for it, and keeps the keys over a restart', () => {
    const room = new EpochRoom('ann', 'bob')
    const ann = founder()
    const [one, two] = [rotate(room, ann), rotate(room, ann)]
    const record: Kept = { epochs: {} }
    const bob = ringOf('bob', record)
    expect(bob.status(one)).toBe('pending')
    expect(bob.writing()).toBeNull()
    expect(bob.fill(room.state)).toBe(true)
    expect(bob.key(two)).toEqual(ann.key(two))
    expect(bob.writing()).toEqual({ epoch: two, key: ann.key(two) })
    expect(bob.fill(room.state)).toBe(false)
    const again = ringOf('bob', JSON.parse(JSON.stringify(record)) as Kept)
    expect(again.key(one)).toEqual(ann.key(one))
    expect(again.status(one)).toBe('key')
  })

  test('A20: who was removed before it gets no key of a rotation, whatever stands in the log', () => {
    const room = new EpochRoom('ann', 'bob', 'eve')
    const ann = founder()
    const eve = founder('eve')
    const known = rotate(room, ann)
    eve.fill(room.state)
    expect(eve.status(known)).toBe('key')
    room.remove('eve')
    const after = rotate(room, ann)
    expect(eve.fill(room.state)).toBe(false)
    expect(eve.status(after)).toBe('never')
    // Not with the boxes of others, nor with a link: those lead back only.
    const entry = room.epochs.get(after)!
    const boxes = new Map([...entry.boxes.values()].map((box) => [idOf('eve').slice(0, 16), box]))
    room.epochs.set(after, { ...entry, boxes })
    expect(founder('eve').fill(room.state)).toBe(true)
    expect(eve.fill(room.state)).toBe(false)
    expect(eve.status(after)).toBe('never')
    const bob = ringOf('bob')
    bob.fill({ ...room.state, epochs: new Map([...room.epochs].slice(0, 2)) })
    expect(bob.writing()!.epoch).toBe(known)
  })

  test('history all: a newcomer reads back to the first record, over links and rotations beside each other', () => {
    const room = new EpochRoom('ann', 'bob')
    const ann = founder()
    const bob = founder('bob')
    const parted = rotate(room, ann)
    // Bob rotated elsewhere at the same time; then both meet, and Ann's device rotates once more.
    const elsewhere = new EpochRoom('ann', 'bob')
    const beside = rotate(elsewhere, bob)
    room.epochs.set(beside, elsewhere.epochs.get(beside)!)
    ann.fill(room.state)
    const merged = rotate(room, ann)
    admit(room, ann, 'cleo')
    const cleo = ringOf('cleo')
    cleo.fill(room.state)
    for (const epoch of [0, parted, beside, merged]) {
      expect([epoch, cleo.key(epoch)]).toEqual([epoch, ann.key(epoch)])
    }
    expect(room.sealedKeys.get(idOf('cleo'))).toHaveLength(1)
  })

  test('a newcomer between two such rotations gets both from whoever lets it in', () => {
    const room = new EpochRoom('ann', 'bob')
    const [ann, bob] = [founder(), founder('bob')]
    const elsewhere = new EpochRoom('ann', 'bob')
    const beside = rotate(elsewhere, bob)
    room.epochs.set(beside, elsewhere.epochs.get(beside)!)
    const current = rotate(room, ann)
    room.epochs.set(current, {
      ...room.epochs.get(current)!,
      links: room.epochs.get(current)!.links.slice(0, 1),
    })
    admit(room, ann, 'cleo')
    const cleo = ringOf('cleo')
    cleo.fill(room.state)
    expect([0, beside, current].map((epoch) => cleo.status(epoch))).toEqual(['key', 'key', 'key'])
  })

  test('history joined: a newcomer gets nothing of before, and all from the next rotation on', () => {
    const room = new EpochRoom('ann')
    room.settings = { ...room.settings, history: 'joined' }
    const ann = founder()
    const before = rotate(room, ann)
    admit(room, ann, 'bob')
    const bob = ringOf('bob')
    expect(bob.fill(room.state)).toBe(false)
    expect(bob.writing()).toBeNull()
    const after = rotate(room, ann)
    bob.fill(room.state)
    expect([0, before, after].map((epoch) => bob.status(epoch))).toEqual(['never', 'never', 'key'])
  })

  test('a key that is not the rotation’s own is refused, from a link or from a member', () => {
    const room = new EpochRoom('ann', 'bob')
    const ann = founder()
    const epoch = rotate(room, ann)
    const entry = room.epochs.get(epoch)!
    room.epochs.set(epoch, { ...entry, boxes: new Map() })
    const wrong = [{ epoch, key: Buffer.alloc(32, 9) }]
    room.hand(idOf('bob'), epoch, sealKeys(wrong, deviceOf('bob').publicKey, ROOM)!)
    const bob = ringOf('bob')
    expect(bob.fill(room.state)).toBe(false)
    expect(bob.status(epoch)).toBe('never')
    const right = [{ epoch, key: ann.key(epoch)! }]
    room.hand(idOf('bob'), epoch, sealKeys(right, deviceOf('bob').publicKey, ROOM)!)
    expect(bob.fill(room.state)).toBe(true)
    expect(bob.key(0)).toEqual(FIRST)
  })

  test('a key that is not the first epoch’s own is refused, and the right one taken after it', () => {
    const room = new EpochRoom('ann', 'bob')
    const give = (key: Buffer): void => {
      room.hand(idOf('bob'), 0, sealKeys([{ epoch: 0, key }], deviceOf('bob').publicKey, ROOM)!)
    }
    const bob = ringOf('bob')
    give(Buffer.alloc(32, 9))
    expect(bob.fill(room.state)).toBe(false)
    expect(bob.writing()).toBeNull()
    give(FIRST)
    expect(bob.fill(room.state)).toBe(true)
    expect(bob.writing()).toEqual({ epoch: 0, key: FIRST })
  })

  test('a key whose rotation comes later is taken then', () => {
    const room = new EpochRoom('ann', 'bob')
    const ann = founder()
    const early = new EpochRoom('ann', 'bob')
    const epoch = rotate(room, ann)
    const key = [{ epoch, key: ann.key(epoch)! }]
    early.hand(idOf('bob'), 0, sealKeys(key, deviceOf('bob').publicKey, ROOM)!)
    const bob = ringOf('bob')
    expect(bob.fill(early.state)).toBe(false)
    early.epochs.set(epoch, { ...room.epochs.get(epoch)!, boxes: new Map() })
    expect(bob.fill(early.state)).toBe(true)
  })

  test('while the room’s key is not here it writes in the newest that is', () => {
    const room = new EpochRoom('ann', 'bob')
    const ann = founder()
    const one = rotate(room, ann)
    const two = rotate(room, ann)
    room.epochs.set(two, { ...room.epochs.get(two)!, boxes: new Map() })
    const bob = founder('bob')
    bob.fill(room.state)
    expect(bob.writing()?.epoch).toBe(one)
  })
})

describe('keys that are kept for a while', () => {
  function aged(keepFor: number): { room: EpochRoom; ann: KeyRing; ids: number[]; record: Kept } {
    const room = new EpochRoom('ann')
    room.settings = { ...room.settings, rotateEvery: HOUR, keepFor }
    const record: Kept = { epochs: { 0: FIRST.toString('hex') } }
    const ann = founder('ann', record)
    const ids = [0, 1, 2, 3].map((n) => (n === 0 ? 0 : rotate(room, ann, START + n * HOUR)))
    return { room, ann, ids, record }
  }

  test('A23: go so long after their epoch ended, never the current one, and never come back', () => {
    const { room, ann, ids, record } = aged(2 * HOUR)
    const statuses = (): string[] => ids.map((id) => ann.status(id))
    expect(ann.nextExpiry(room.state)).toBe(START + 3 * HOUR)
    expect(ann.expire(room.state, START + 3 * HOUR - 1)).toBe(false)
    expect(ann.expire(room.state, START + 4 * HOUR)).toBe(true)
    expect(statuses()).toEqual(['never', 'never', 'key', 'key'])
    expect(ann.expire(room.state, START + 1_000 * HOUR)).toBe(true)
    expect(statuses()).toEqual(['never', 'never', 'never', 'key'])
    expect(ann.nextExpiry(room.state)).toBeNull()
    // Its own boxes stand in the log still.
    expect(ann.fill(room.state)).toBe(false)
    const again = ringOf('ann', JSON.parse(JSON.stringify(record)) as Kept)
    again.fill(room.state)
    expect(ids.map((id) => again.status(id))).toEqual(['never', 'never', 'never', 'key'])
    expect(Object.keys(record.epochs)).toEqual([String(ids[3])])
  })

  test('A23: no link leads back to a key that is to go', () => {
    const { room, ann, ids } = aged(2 * HOUR)
    expect([...room.epochs.values()].flatMap(({ links }) => links)).toEqual([])
    admit(room, ann, 'bob')
    const bob = ringOf('bob')
    bob.fill(room.state)
    // A newcomer gets what is kept now, and it goes there at the same time.
    expect(ids.map((id) => bob.status(id))).toEqual(['key', 'key', 'key', 'key'])
    bob.expire(room.state, START + 4 * HOUR)
    expect(ids.map((id) => bob.status(id))).toEqual(['never', 'never', 'key', 'key'])
  })

  test('claimed times out of order put off nothing and hurry nothing', () => {
    const { room, ids } = aged(HOUR)
    // The second rotation claims the far future, the third says when it was.
    const second = room.epochs.get(ids[1]!)!
    room.epochs.set(ids[1]!, { ...second, at: START + 1_000 * HOUR })
    const expiry = keyExpiry(room.state, ids, new Map())
    expect(expiry.get(0)).toBe(START + 3 * HOUR)
    // One that claims the past ends none before it began.
    room.epochs.set(ids[2]!, { ...room.epochs.get(ids[2]!)!, at: 0 })
    expect(keyExpiry(room.state, ids, new Map()).get(0)).toBe(START + HOUR)
    expect(expiry.has(ids[3]!)).toBe(false)
  })

  test('a rotation that claims the past ends no key at once', () => {
    const room = new EpochRoom('ann', 'bob')
    room.settings = { ...room.settings, keepFor: HOUR }
    const record: Kept = { epochs: { 0: FIRST.toString('hex') } }
    const ann = founder('ann', record)
    const later = START + 100 * HOUR
    ann.fill(room.state)
    expect(ann.note(room.state, later)).toBe(true)
    expect(ann.note(room.state, later)).toBe(false)
    // By the clock of whoever made it the first key has been of no use for years.
    rotate(room, ann, 0)
    expect(ann.note(room.state, later)).toBe(true)
    expect(ann.expire(room.state, later)).toBe(false)
    expect(ann.nextExpiry(room.state)).toBe(later + HOUR / 2)
    const again = founder('ann', JSON.parse(JSON.stringify(record)) as Kept)
    again.fill(room.state)
    expect(again.expire(room.state, later + HOUR / 2 - 1)).toBe(false)
    expect(again.expire(room.state, later + HOUR / 2)).toBe(true)
    expect(again.status(0)).toBe('never')
  })

  test('A23: no clock of this device that was ahead, and no order that changes, keeps a key', () => {
    const room = new EpochRoom('ann', 'bob')
    room.settings = { ...room.settings, keepFor: HOUR }
    const ann = founder()
    ann.fill(room.state)
    ann.note(room.state, START)
    const next = rotate(room, ann)
    ann.note(room.state, START + 1_000_000 * HOUR)
    expect(ann.note(room.state, START)).toBe(true)
    for (let hours = 0; hours < 4; hours++) {
      for (const epoch of [0, next]) ann.note({ ...room.state, epoch }, START + hours * HOUR)
    }
    expect(ann.nextExpiry(room.state)).toBe(START + HOUR)
  })

  test('a rotation that lost against one beside it goes too', () => {
    const { room, ids } = aged(HOUR)
    const beside = { ...room.epochs.get(ids[3]!)!, id: 77, at: START + 3 * HOUR + 5 }
    room.epochs.set(77, beside)
    expect(keyExpiry(room.state, [77], new Map()).get(77)).toBe(START + 4 * HOUR + 5)
    room.settings = { ...room.settings, keepFor: null }
    expect(keyExpiry(room.state, [0, 77], new Map()).size).toBe(0)
  })
})
