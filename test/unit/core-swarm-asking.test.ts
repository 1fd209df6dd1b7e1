import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { MAX_CHUNKS } from '../../core/files/descriptor.ts'
import { chosen, inTurns, MAX_FOLLOWED } from '../../core/files/swarm/interests.ts'
import type { Candidate, PeerFacts } from '../../core/files/swarm/interests.ts'
import { KINDS, MAX_ROOTS } from '../../core/files/swarm/messages.ts'
import type { Kind } from '../../core/files/swarm/messages.ts'
import { lacking, RemoteItems } from '../../core/files/swarm/remote-items.ts'
import type { Interest } from '../../core/files/swarm/remote-items.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { MemoryHeld } from './core-swarm-held.ts'
import { ROOM, Street, TAG } from './core-swarm-street.ts'
import type { Neighbour } from './core-swarm-street.ts'

const CHUNK = 64 * 1024

describe('what a peer is asked about', () => {
  const nobody: PeerFacts = { item: () => undefined, rested: () => false, turn: true }
  const candidate = (n: number, chunks: number | null = null): Candidate => ({
    root: String(n),
    room: ROOM,
    chunks,
  })
  const many = (length: number, chunks: number | null = null): Candidate[] =>
    Array.from({ length }, (_, n) => candidate(n, chunks))
  const roots = (all: readonly Candidate[]): number[] => all.map(({ root }) => Number(root))

  test('is of each room the first, then of each the second', () => {
    expect(inTurns([['a', 'b', 'c'], ['d'], [], ['e', 'f']])).toEqual([
      'a',
      'd',
      'e',
      'b',
      'f',
      'c',
    ])
    expect(inTurns([])).toEqual([])
  })

  test('is all, or the most wanted and as many of the others as there is room for', () => {
    expect(chosen(many(MAX_ROOTS), nobody)).toHaveLength(MAX_ROOTS)
    expect(roots(chosen(many(1_000), nobody))).toEqual([...Array(MAX_ROOTS).keys()])
  })

  test('gives way, when it is answered, to what the peer was not asked about for a while', () => {
    const all = many(600)
    const answered: Partial<PeerFacts> = {
      item: (root) => (Number(root) < 256 ? { kind: 'none' } : undefined),
      rested: (root) => Number(root) >= 256 && Number(root) < 400,
    }
    const next = roots(chosen(all, { ...nobody, ...answered }))
    expect(next.slice(0, 128)).toEqual([...Array(128).keys()])
    expect(next.slice(128)).toEqual([...Array(128).keys()].map((n) => 400 + n))
    // All stays until it is time for others.
    const still = roots(chosen(all, { ...nobody, ...answered, turn: false }))
    expect(still).toEqual([...Array(256).keys()])
    // With none that were not asked about, what it tells of stays.
    const rested = { ...answered, rested: (root: string) => Number(root) >= 256 }
    expect(roots(chosen(all, { ...nobody, ...rested }))).toEqual([...Array(256).keys()])
  })

  test('keeps what is fetched and may be had of it', () => {
    const all = [...many(200), ...many(300, 4).map(({ root }) => candidate(Number(root) + 200, 4))]
    const peer = {
      ...nobody,
      item: (root: string) => (root === '450' ? { kind: 'all' as Kind } : undefined),
    }
    expect(roots(chosen(all, peer))).toContain(450)
  })

  test('is of bounded number and size, each once', () => {
    const kind = fc.option(fc.constantFrom(...KINDS), { nil: null })
    const known = fc.array(
      fc.option(
        kind.map((one) => ({ kind: one })),
        { nil: undefined },
      ),
    )
    const chunks = fc.option(fc.integer({ min: 1, max: MAX_CHUNKS }), { nil: null })
    fc.assert(
      fc.property(
        fc.array(chunks, { maxLength: 600, size: 'max' }),
        known,
        fc.boolean(),
        (all, items, turn) => {
          const peer = {
            item: (root: string) => items[Number(root) % (items.length + 1)],
            rested: (root: string) => Number(root) % 3 === 0,
            turn,
          }
          const out = chosen(
            all.map((count, n) => candidate(n, count)),
            peer,
          )
          expect(out).toHaveLength(Math.min(MAX_ROOTS, all.length))
          expect(new Set(roots(out)).size).toBe(out.length)
          const followed = out.reduce((sum, one) => sum + (one.chunks ?? 0), 0)
          expect(followed).toBeLessThanOrEqual(MAX_FOLLOWED)
        },
      ),
    )
  })

  test('and was answered is known for a while, for when there is too much to ask', async () => {
    const clock = new VirtualClock()
    const send = { send: () => true } as never
    const items = new RemoteItems({ ask: send, forget: send }, clock)
    const root = Buffer.alloc(32, 1)
    const hex = root.toString('hex')
    const one = new Map<string, Interest>([[hex, { tag: TAG, root, chunks: null }]])
    items.follow(one)
    items.follow(new Map())
    // It had not said anything.
    expect(items.rested(hex)).toBe(false)
    items.follow(one)
    items.onhas({ tag: TAG, root, kind: KINDS.indexOf('none'), bits: Buffer.alloc(0) })
    items.follow(new Map())
    expect(items.rested(hex)).toBe(true)
    await clock.run(10 * 60_000)
    expect(items.rested(hex)).toBe(false)
  })

  test('has only some of what it said to have all of, when it refuses a chunk', () => {
    const item = { tag: TAG, root: TAG, kind: 'all' as Kind, trouble: null, since: 0, bits: null }
    const unfollowed = { ...item, chunks: null }
    lacking(unfollowed, 3)
    expect(unfollowed).toMatchObject({ kind: 'some', bits: null })
    const followed = { ...item, chunks: 9 }
    lacking(followed, 3)
    expect(followed).toMatchObject({ kind: 'some', bits: { count: 8 } })
  })
})

describe('with more items than a peer can be asked about', () => {
  let clock: VirtualClock
  let street: Street

  beforeEach(() => {
    clock = new VirtualClock()
  })

  afterEach(() => street.close())

  async function neighbours(): Promise<[Neighbour, Neighbour]> {
    street = new Street(clock, { bandwidth: 10_000_000, latency: 5 })
    const all = await street.neighbours('a', 'b')
    await clock.run(100)
    return all as [Neighbour, Neighbour]
  }

  async function holds(what: string, condition: () => boolean, limit: number): Promise<void> {
    if (!(await clock.runUntil(condition, limit))) throw new Error(`it did not come to ${what}`)
  }

  const nowhere = (b: Neighbour, many: number): void => {
    for (let seed = 0; seed < many; seed++) b.fetch(MemoryHeld.unknown(seed))
  }

  test('what was asked for last comes at once', async () => {
    const [a, b] = await neighbours()
    const item = a.add(MemoryHeld.whole(4 * CHUNK))
    nowhere(b, 300)
    await clock.run(1_000)
    const { held } = b.fetch(item)
    await holds('the item', () => held.have.isFull, 3_000)
    expect(held.problem).toBeNull()
  })

  test('what was asked for comes before what is fetched by itself', async () => {
    const [a, b] = await neighbours()
    const item = a.add(MemoryHeld.whole(4 * CHUNK))
    const { held } = b.fetch(item)
    for (let seed = 0; seed < 300; seed++) b.fetch(MemoryHeld.unknown(seed), { priority: 'auto' })
    await holds('the item', () => held.have.isFull, 3_000)
    expect(held.problem).toBeNull()
  })

  test('what was asked for first has its turn', async () => {
    const [a, b] = await neighbours()
    const item = a.add(MemoryHeld.whole(4 * CHUNK))
    const { held } = b.fetch(item)
    nowhere(b, 1_000)
    await holds('the item', () => held.have.isFull, 120_000)
    expect(b.ended).toEqual([])
  })

  test('each room has its share', async () => {
    const [a, b] = await neighbours()
    const rooms = [ROOM, 'second', 'third']
    a.rooms = b.rooms = rooms
    for (const { link } of [...a.links.values(), ...b.links.values()]) link.update()
    const item = a.add(MemoryHeld.whole(4 * CHUNK))
    for (const [n, room] of rooms.entries()) {
      const others = Array.from({ length: 128 }, (_, k) => MemoryHeld.unknown(n * 1_000 + k).root)
      b.swarm.watch(room, room === 'third' ? [item.root, ...others] : others)
    }
    // Before anything has to give way.
    await holds('the source', () => b.swarm.sources(item.root) === 1, 400)
    expect(a.ended).toEqual([])
  })

  test('chunks are followed where there is something to be had', async () => {
    const [a, b] = await neighbours()
    const item = MemoryHeld.whole(4 * CHUNK)
    a.add(item.part((index) => index < 2))
    const { held } = b.fetch(item)
    for (let seed = 0; seed < 64; seed++) b.fetch(MemoryHeld.unknown(seed, MAX_CHUNKS))
    await holds('what is there', () => held.have.count === 2, 5_000)
    expect(held.have.has(2)).toBe(false)
  })

  test('a part is asked for once it is known which, and not in vain', async () => {
    const [a, b] = await neighbours()
    const item = MemoryHeld.whole(4 * CHUNK)
    a.add(item.part((index) => index < 2))
    let asked = 0
    const { client } = b.links.get('a')!.link
    const ask = client.ask.bind(client)
    client.ask = (...args) => {
      asked++
      ask(...args)
    }
    const { held } = b.fetch(item)
    // These are as many chunks as can be followed, and come over no way that is here.
    const large = Array.from({ length: 64 }, (_, seed) => {
      const one = a.add(MemoryHeld.unknown(seed, MAX_CHUNKS))
      one.manifest = Buffer.alloc(32)
      one.have.set(0)
      return b.fetch(one.empty(), { allows: () => false }).fetch
    })
    await clock.run(10_000)
    expect(b.swarm.sources(item.root)).toBe(1)
    expect(asked).toBe(0)
    large[5]!.stop()
    await holds('what is there', () => held.have.count === 2, 5_000)
    await clock.run(10_000)
    // The manifest and two chunks.
    expect(asked).toBe(3)
  })
})
