import { afterEach, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../core/clock.ts'
import { until } from '../compliance/until.ts'
import { MemoryHeld } from './core-swarm-held.ts'
import type { Neighbour } from './core-swarm-street.ts'
import { ROOM, Street } from './core-swarm-street.ts'

const KIB = 1024
let street: Street

function begin(
  ...args: ConstructorParameters<typeof Street> extends [unknown, ...infer R] ? R : never
): Street {
  street = new Street(systemClock, ...args)
  return street
}

afterEach(() => street.close())

function expectSame(held: MemoryHeld, original: MemoryHeld): void {
  expect(held.have.isFull).toBe(true)
  for (const [index, bytes] of original.chunks) {
    expect(held.chunks.get(index)!.equals(bytes)).toBe(true)
  }
}

const apart = (one: Neighbour, ...from: Neighbour[]): void => {
  const names = from.map(({ name }) => name)
  street.network.partition([[one.name], names])
}

describe('an item', () => {
  test('comes whole from one that has it, manifest first, each byte once', async () => {
    const [a, b] = (await begin().neighbours('a', 'b')) as [Neighbour, Neighbour]
    const item = a.add(MemoryHeld.whole(40 * 64 * KIB + 5))
    const { held, fetch } = b.fetch(item)
    await until('the item', () => held.have.isFull && fetch.complete)
    expectSame(held, item)
    expect([...held.written.values()].every((times) => times === 1)).toBe(true)
    expect(held.manifest!.equals(item.manifest!)).toBe(true)
    expect(held.buffers).toBe(0)
    expect(item.open).toBe(0)
    expect(item.mostOpen).toBeLessThanOrEqual(3)
  })

  test('that somebody begins to hold later is told to who asked', async () => {
    const [a, b] = (await begin().neighbours('a', 'b')) as [Neighbour, Neighbour]
    const item = MemoryHeld.whole(100 * KIB)
    const { held, fetch } = b.fetch(item)
    await until('the answer', () => fetch.reason === 'no-source')
    a.add(item)
    await until('the item', () => held.have.isFull)
    b.swarm.watch(ROOM, [item.root])
    await until('the source', () => b.swarm.sources(item.root) === 1)
  })

  test('goes on with what a fetch of before had still been writing', async () => {
    const [a, b] = (await begin().neighbours('a', 'b')) as [Neighbour, Neighbour]
    const item = a.add(MemoryHeld.whole(5 * 64 * KIB))
    const held = b.add(item.part((index) => index === 0))
    held.usable = 1
    const { fetch } = b.fetch(item)
    await until('the source', () => fetch.sources === 1)
    // All that came with the source was looked at once another item is here.
    const { held: other } = b.fetch(a.add(MemoryHeld.whole(40 * 64 * KIB, 64 * KIB, 2)))
    await until('the other item', () => other.have.isFull)
    held.usable = 5
    held.emit('gained', 0)
    await until('the item', () => held.have.isFull)
    expectSame(held, item)
  })

  test('that is all here is fetched at once', async () => {
    const [, b] = (await begin().neighbours('a', 'b')) as [Neighbour, Neighbour]
    const item = b.add(MemoryHeld.whole(64 * KIB))
    const { fetch } = b.fetch(item)
    let complete = false
    fetch.on('complete', () => (complete = true))
    await until('its end', () => complete)
  })

  test('of a single byte, and one whose last chunk is whole', async () => {
    const [a, b] = (await begin().neighbours('a', 'b')) as [Neighbour, Neighbour]
    for (const [size, seed] of [
      [1 + 3, 1],
      [128 * KIB, 2],
    ] as const) {
      const item = a.add(MemoryHeld.whole(size, 64 * KIB, seed))
      const { held } = b.fetch(item)
      await until('the item', () => held.have.isFull)
      expectSame(held, item)
    }
  })

  test('comes from several at once, and not twice', async () => {
    const [a, b, c, d] = (await begin({ bandwidth: 4_000_000, latency: 2 }).neighbours(
      'a',
      'b',
      'c',
      'd',
    )) as Neighbour[]
    const item = MemoryHeld.whole(120 * 64 * KIB)
    for (const one of [a!, b!, c!]) one.add(item.part(() => true))
    const { held, fetch } = d!.fetch(item)
    await until('three sources', () => fetch.sources === 3)
    await until('the item', () => held.have.isFull)
    expectSame(held, item)
    for (const one of [a!, b!, c!]) expect(one.items.get(item.root)!.reads).toBeGreaterThan(20)
    expect([...held.written.values()].every((times) => times === 1)).toBe(true)
  })

  test('is passed on by who does not have all of it yet', async () => {
    const [a, b, c] = (await begin().neighbours('a', 'b', 'c')) as [Neighbour, Neighbour, Neighbour]
    const item = a.add(MemoryHeld.whole(30 * 64 * KIB))
    const half = b.add(item.part((index) => index < 15))
    apart(a, b, c)
    street.network.partition([['b', 'c'], ['a']])
    const { held, fetch } = c.fetch(item)
    await until('half of it', () => held.have.count === 15)
    await until('a reason', () => fetch.reason === 'no-source')
    // What it gains is told at once to who waits for it.
    street.network.partition([['a', 'b'], ['c']])
    const second = b.fetch(item)
    await until('all at the one between', () => second.held.have.isFull)
    street.network.partition([['b', 'c'], ['a']])
    await until('all of it', () => held.have.isFull)
    expect(half.have.isFull).toBe(true)
    expectSame(held, item)
  })
})
