import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ItemName } from '../../core/mirror/copy.ts'
import type { Lister } from '../../core/mirror/exchange/shared-copy.ts'
import { fetchOrder, mostNamed } from '../../core/mirror/items/fetch-order.ts'
import { listChange, ListIntake, MAX_LISTED, partsOf } from '../../core/mirror/items/item-lists.ts'
import type { ListChange } from '../../core/mirror/items/item-lists.ts'
import { mirrorFiles } from '../../core/mirror/items/mirror-files.ts'
import { mirrorOf, mirrorRoom, roomOfMirror } from '../../core/mirror/items/shared-rooms.ts'
import { decodeWishes, encodeWishes } from '../../core/mirror/items/wish-file.ts'
import { listerName, MAX_LISTERS, MAX_WISHES, WishList } from '../../core/mirror/items/wish-list.ts'

const CHUNK = 65_536

function item(n: number, size = 1_000): ItemName {
  const root = Buffer.alloc(32)
  root.writeUInt32LE(n)
  return { root, size, chunk: CHUNK }
}

function items(count: number, from = 0): ItemName[] {
  return Array.from({ length: count }, (_, n) => item(from + n))
}

function lister(n: number, over: Partial<Lister> = {}): Lister {
  const key = Buffer.alloc(32)
  key.writeUInt32LE(n)
  return { key, node: false, address: 'here', paired: false, ...over }
}

function change(list: readonly ItemName[], over: Partial<ListChange> = {}): ListChange {
  return { fresh: false, list, gone: [], ...over }
}

const hex = ({ root }: ItemName): string => root.toString('hex')
const BASE = { now: 5, most: MAX_LISTED }

describe('lists of items', () => {
  test('what changed comes over in parts as it was', () => {
    fc.assert(
      fc.property(
        fc.option(fc.uniqueArray(fc.nat(60)), { nil: null }),
        fc.uniqueArray(fc.nat(60)),
        fc.integer({ min: 1, max: 9 }),
        (told, now, most) => {
          const before = told && new Set(told.map((n) => hex(item(n))))
          const names = now.map((n) => item(n))
          const said = listChange(before, names)
          const intake = new ListIntake()
          const parts = said ? [...partsOf(said, most)] : []
          const took = parts.map((part) => intake.take(part))
          expect(took.slice(0, -1)).toEqual(took.slice(0, -1).map(() => null))
          expect(took.at(-1) ?? null).toEqual(said)
          // Nothing is said only where nothing changed.
          const same = before?.size === names.length && names.every((name) => before.has(hex(name)))
          expect(said === null).toBe(same)
          for (const { list, gone } of parts) {
            expect(Math.max(list.length, gone.length)).toBeLessThanOrEqual(most)
          }
        },
      ),
    )
  })

  test('what is too much, and what no item can be, is left out', () => {
    const intake = new ListIntake()
    const part = { fresh: 1, more: 1, list: items(256), gone: [] }
    for (let n = 0; n < 400; n++) {
      expect(intake.take({ ...part, fresh: Number(n === 0), list: items(256, n * 256) })).toBeNull()
    }
    const odd = [
      { ...item(1), size: 0 },
      { ...item(2), chunk: 5 },
    ]
    const took = intake.take({ fresh: 0, more: 0, list: odd, gone: [] })
    expect(took!.list).toHaveLength(MAX_LISTED)
    expect(new ListIntake().take({ fresh: 0, more: 0, list: odd, gone: [] })!.list).toEqual([])
  })
})

describe('a list of wishes', () => {
  test('an item stays as long as somebody names it', () => {
    const wishes = new WishList()
    const [ann, ben] = [lister(1), lister(2)]
    expect(wishes.change(ann, change(items(3)), BASE)).toEqual({ dropped: [], changed: true })
    expect(wishes.change(ann, change(items(3), { fresh: true }), BASE).changed).toBe(false)
    wishes.change(ben, change(items(2)), BASE)
    const left = wishes.change(ann, change([], { gone: [hex(item(0)), hex(item(2))] }), BASE)
    expect(left.dropped.map(({ rootHex }) => rootHex)).toEqual([hex(item(2))])
    expect([wishes.countOf(listerName(ann)), wishes.countOf(listerName(ben))]).toEqual([1, 2])
    expect(wishes.forget(listerName(ben)).map(({ rootHex }) => rootHex)).toEqual([hex(item(0))])
    expect(wishes.change(ann, change([], { fresh: true }), BASE).dropped).toHaveLength(1)
    expect([wishes.size, [...wishes.roots()].length]).toEqual([0, 0])
  })

  test('A17: one names so many and no more, and all together too; who lies of a size names another item', () => {
    const wishes = new WishList()
    wishes.change(lister(0), change(items(1_000)), { now: 5, most: 256 })
    expect(wishes.size).toBe(256)
    for (let n = 1; n <= MAX_LISTERS + 5; n++) {
      wishes.change(lister(n), change(items(MAX_LISTED, n * MAX_LISTED)), BASE)
    }
    expect([wishes.size, wishes.listers.size]).toEqual([MAX_WISHES, MAX_LISTERS])
    const other = new WishList()
    other.change(lister(1), change([item(1, 5)]), BASE)
    other.change(lister(2), change([item(1, 6)]), BASE)
    expect(other.of(hex(item(1)))).toHaveLength(2)
  })

  test('comes back from its file; damaged ones are none, and no other', () => {
    const wishes = new WishList()
    wishes.change(lister(1, { paired: true }), change(items(4)), BASE)
    wishes.change(lister(2, { node: true, address: '192.0.2' }), change(items(2, 3)), BASE)
    for (const wish of wishes.of(hex(item(3)))) wish.payer = listerName(lister(1))
    const bytes = encodeWishes(wishes)
    const back = decodeWishes(bytes)!
    expect([...back]).toEqual([...wishes])
    expect([...back.listers]).toEqual([...wishes.listers])
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(bytes.length - 1), (noise, at) => {
        decodeWishes(noise)
        const wrong = Buffer.from(bytes)
        wrong[at]! ^= 1 + (noise[0] ?? 0)
        decodeWishes(wrong)
        expect(decodeWishes(bytes.subarray(0, at))).toBeNull()
      }),
    )
  })
})

describe('what is fetched', () => {
  test('small before large, of those alike the newest first', () => {
    const sizes = [900_000, 40_000, 1_000_000, 10, 5_000_000]
    const wishes = sizes.map((size, n) => ({ item: item(n, size) }))
    expect(fetchOrder(wishes).map((wish) => wish.item.size)).toEqual([
      10, 40_000, 1_000_000, 900_000, 5_000_000,
    ])
  })

  test('of what is said of one item, what most say, those who share a room first; what failed lately rests', () => {
    const wish = (by: string[], restsUntil = 0): { by: Set<string>; restsUntil: number } => ({
      by: new Set(by),
      restsUntil,
    })
    const [few, many, known] = [wish(['a']), wish(['b', 'c']), wish(['friend'])]
    const paired = (name: string): boolean => name === 'friend'
    expect(mostNamed([few, many], paired, 1)).toBe(many)
    expect(mostNamed([few, many, known], paired, 1)).toBe(known)
    expect(mostNamed([few, wish(['b', 'c'], 9)], paired, 1)).toBe(few)
    expect(mostNamed([wish(['b'], 9)], paired, 1)).toBeNull()
  })

  test('a room’s files go to nodes that it names, a mirror’s come from who deposits or holds it, and go to all who know it', () => {
    const tag = Buffer.alloc(16, 1)
    const node = { key: Buffer.alloc(32, 2) }
    const peer = { node, key: Buffer.alloc(32, 3) }
    const [device, other] = [node.key.toString('hex'), peer.key.toString('hex')]
    const files = { id: 'room', names: (name: string) => name === device }
    const base = { tag, id: 'ab', depositor: null }
    const room = { scope: 'mirror', kind: 'room', files } as never
    const held = { scope: 'mirror', kind: 'held', guard: {} } as never
    const member = true
    const roomId = mirrorRoom('ab')
    const at = (shared: never, theirs: 'room' | 'held' | 'carried' | null, over = {}) =>
      roomOfMirror({ ...base, shared, theirs, ...over }, peer)
    expect(at(room, 'held')).toEqual({ tag, roomId: 'room', device, member })
    expect(
      roomOfMirror({ ...base, shared: room, theirs: 'held' }, { ...peer, node: null }),
    ).toBeNull()
    expect([at(room, 'room'), at(room, 'carried'), at(room, null)]).toEqual([null, null, null])
    const depositor = Buffer.alloc(32, 4)
    const by = depositor.toString('hex')
    expect(at(held, 'room', { depositor })).toEqual({ tag, roomId, device: by, member })
    expect(at(held, 'held')).toEqual({ tag, roomId, device, member })
    expect(at(held, 'room')).toEqual({ tag, roomId, device: other, member, takesOnly: true })
    expect(at({ ...(held as object), scope: 'carry' } as never, 'room')).toBeNull()
    expect([mirrorOf(roomId), mirrorOf('ab')]).toEqual(['ab', null])
  })

  test('is summed up for people', () => {
    expect(mirrorFiles(5, ['kept', 'waiting', 'share', 'kept'])).toEqual({
      named: 5,
      kept: 2,
      refused: 1,
      reason: expect.stringMatching(/one device/),
    })
    expect(mirrorFiles(0, [])).toEqual({ named: 0, kept: 0, refused: 0 })
  })
})
