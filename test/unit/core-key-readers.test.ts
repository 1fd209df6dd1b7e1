import { describe, expect, test } from '@jest/globals'
import { PREFIX } from '../../core/control/operation.ts'
import { seededRandom } from '../../core/random.ts'
import { KeyReaders } from '../../core/room/epochs/key-readers.ts'
import { KeyRing } from '../../core/room/epochs/key-ring.ts'
import { makeRotation } from '../../core/room/epochs/rotation.ts'
import { deviceOf, EpochRoom, FIRST, idOf, ROOM, START } from './core-epoch-room.ts'

const random = seededRandom(7)

interface Side {
  readonly ring: KeyRing
  readonly readers: KeyReaders
}

/** A device that was there from the beginning. */
function sideOf(name: string): Side {
  const record = { epochs: { 0: FIRST.toString('hex') } }
  const ring = new KeyRing({ record, device: deviceOf(name), room: ROOM })
  return { ring, readers: new KeyReaders({ ring, room: ROOM }) }
}

function rotate(room: EpochRoom, { ring }: Side): number {
  const parts = { device: idOf('ann'), room: ROOM, at: START, random }
  room.take(makeRotation({ state: room.state, held: ring.keys, ...parts }))
  ring.fill(room.state)
  return room.epoch
}

function opened(room: EpochRoom, { readers }: Side, name: string, epochs: number[]): boolean[] {
  // A room's state is a picture that never changes.
  const known = new Map(room.epochs)
  return epochs.map((epoch) => readers.opens(known, idOf(name), epoch))
}

describe('who can open an epoch', () => {
  test('who was boxed its key, or that of a later one that links it', () => {
    const room = new EpochRoom('ann', 'bob')
    const ann = sideOf('ann')
    const one = rotate(room, ann)
    room.enter('cleo')
    const two = rotate(room, ann)
    for (const name of ['ann', 'bob', 'cleo']) {
      expect(opened(room, ann, name, [0, one, two])).toEqual([true, true, true])
    }
    room.enter('dan')
    expect(opened(room, ann, 'dan', [0, one, two])).toEqual([false, false, false])
    room.hand(idOf('dan'), two, Buffer.alloc(9))
    expect(opened(room, ann, 'dan', [0, one, two])).toEqual([true, true, true])
    expect(opened(room, ann, 'bob', [99])).toEqual([false])
  })

  test('A8: nobody by a box that holds anything else', () => {
    const room = new EpochRoom('ann', 'bob', 'cleo')
    const ann = sideOf('ann')
    const one = rotate(room, ann)
    const entry = room.epochs.get(one)!
    const prefix = (name: string): string => idOf(name).slice(0, 2 * PREFIX)
    const boxes = new Map(entry.boxes).set(prefix('bob'), entry.boxes.get(prefix('cleo'))!)
    room.epochs.set(one, { ...entry, boxes })
    expect(opened(room, ann, 'bob', [one])).toEqual([false])
    expect(opened(room, ann, 'cleo', [one])).toEqual([true])
    // What a member grants it then is its own.
    room.hand(idOf('bob'), one, Buffer.alloc(9))
    expect(opened(room, ann, 'bob', [one])).toEqual([true])
  })

  test('A8: nobody by a link that leads nowhere, or by one that this device can not follow', () => {
    const room = new EpochRoom('ann', 'bob')
    const ann = sideOf('ann')
    const one = rotate(room, ann)
    room.enter('cleo')
    const two = rotate(room, ann)
    const entry = room.epochs.get(two)!
    expect(opened(room, ann, 'cleo', [one, two])).toEqual([true, true])
    const links = entry.links.map(({ epoch, link }) => ({ epoch, link: Buffer.from(link).fill(1) }))
    room.epochs.set(two, { ...entry, links })
    expect(opened(room, ann, 'cleo', [one, two])).toEqual([false, true])
    expect(opened(room, sideOf('bob'), 'cleo', [one, two])).toEqual([false, false])
  })

  test('links in circles, between epochs of one depth, lead nowhere and cost little', () => {
    const room = new EpochRoom('ann', 'bob')
    const ann = sideOf('ann')
    const first = room.epochs.get(0)!
    for (let id = 1; id <= 1_000; id++) {
      const links = [(id % 1_000) + 1, 0].map((epoch) => ({ epoch, link: Buffer.alloc(72) }))
      room.epochs.set(id, { ...first, id, depth: 1, parent: 0, handed: new Set(), links })
    }
    room.enter('cleo')
    for (let id = 0; id <= 1_000; id++) expect(opened(room, ann, 'cleo', [id])).toEqual([false])
  })
})
