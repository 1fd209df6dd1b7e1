import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Connection } from '../../core/connection/connection.ts'
import { ChunkServer } from '../../core/files/swarm/chunk-server.ts'
import type { Wanted } from '../../core/files/swarm/chunk-server.ts'
import { CHUNK, MANIFEST, MAX_WANTS, REFUSED } from '../../core/files/swarm/messages.ts'
import type { PieceMessage, RefuseMessage } from '../../core/files/swarm/messages.ts'
import { silentLogger } from '../../core/logger.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { MemoryHeld } from './core-swarm-held.ts'

const KIB = 1024
const CHUNK_BYTES = 64 * KIB + 16

let clock: VirtualClock
let item: MemoryHeld
let pieces: { id: number; bytes: number }[]
let refused: [id: number, reason: string][]
let talking: boolean
let corked: number
let drained: boolean
let room: () => void
let server: ChunkServer

beforeEach(() => {
  clock = new VirtualClock()
  item = MemoryHeld.whole(20 * 64 * KIB)
  pieces = []
  refused = []
  talking = false
  corked = 0
  drained = true
  const connection = {
    closed: false,
    mux: {
      get corked() {
        return corked
      },
    },
    get roomy() {
      return drained
    },
    drained: () => new Promise<void>((resolve) => (room = resolve)),
  }
  server = new ChunkServer({
    onsent: () => {},
    connection: connection as unknown as Connection,
    send: {
      piece: {
        send: ({ id, data }: PieceMessage) => {
          pieces.push({ id, bytes: data.byteLength })
          return true
        },
      },
      refuse: {
        send: ({ id, reason }: RefuseMessage) => {
          refused.push([id, REFUSED[reason]!])
          return true
        },
      },
    },
    clock,
    logger: silentLogger,
    yields: () => talking,
  })
})

afterEach(() => server.close())

function want(id: number, part: Partial<Wanted> = {}): boolean {
  return server.want({ id, held: () => item, what: CHUNK, index: id, offset: 0, ...part })
}

const sent = (id?: number): number =>
  pieces.filter((piece) => id === undefined || piece.id === id).reduce((n, p) => n + p.bytes, 0)

describe('what a peer wants', () => {
  test('goes out in its order, each as long as it is, and never more than was granted', async () => {
    for (const id of [3, 1, 2]) expect(want(id)).toBe(true)
    await clock.run(100)
    expect(sent()).toBe(0)
    expect(item.reads).toBe(0)
    server.grant(100_000)
    await clock.run(100)
    expect(sent()).toBe(100_000)
    expect(server.grant(1_000_000)).toBe(true)
    await clock.run(100)
    expect([3, 1, 2].map((id) => sent(id))).toEqual([CHUNK_BYTES, CHUNK_BYTES, CHUNK_BYTES])
    expect([...new Set(pieces.map(({ id }) => id))]).toEqual([3, 1, 2])
    expect(item.open).toBe(0)
  })

  test('is cut finely under a small grant, and never into more than 64 KiB', async () => {
    want(1)
    server.grant(8_000)
    await clock.run(100)
    expect(Math.max(...pieces.map(({ bytes }) => bytes))).toBeLessThanOrEqual(1_000)
    server.grant(10_000_000)
    want(2)
    await clock.run(100)
    expect(Math.max(...pieces.map(({ bytes }) => bytes))).toBeLessThanOrEqual(64 * KIB)
  })

  test('goes on where the peer has the beginning', async () => {
    server.grant(1_000_000)
    want(1, { offset: 60_000 })
    want(2, { what: MANIFEST, index: 0, offset: 32 })
    await clock.run(100)
    expect(sent(1)).toBe(CHUNK_BYTES - 60_000)
    expect(sent(2)).toBe(19 * 32)
  })

  test('is refused in its turn, with the reason', async () => {
    server.grant(1_000_000)
    const changed = MemoryHeld.whole(64 * KIB, 64 * KIB, 2)
    changed.broken = 'changed'
    const rejecting = MemoryHeld.whole(64 * KIB, 64 * KIB, 3)
    rejecting.read = () => Promise.reject(new Error('too many open files'))
    const lost = MemoryHeld.whole(64 * KIB, 64 * KIB, 4)
    lost.lose('gone')
    want(1)
    want(2, { held: () => null })
    want(3, { held: () => changed, index: 0 })
    want(4, { held: () => rejecting, index: 0 })
    want(5, { held: () => lost, index: 0 })
    want(6, { index: 20 })
    want(7, { offset: CHUNK_BYTES })
    want(8, { held: () => item.empty(), what: MANIFEST })
    want(9)
    await clock.run(100)
    expect(refused).toEqual([
      [2, 'none'],
      [3, 'changed'],
      [4, 'busy'],
      [5, 'gone'],
      [6, 'none'],
      [7, 'none'],
      [8, 'none'],
    ])
    expect([sent(1), sent(9)]).toEqual([CHUNK_BYTES, CHUNK_BYTES])
  })

  test('is not answered to one who may not have it any more when its turn comes', async () => {
    let member = true
    want(1)
    for (const id of [2, 3]) want(id, { held: () => (member ? item : null) })
    server.grant(CHUNK_BYTES)
    await clock.run(100)
    member = false
    server.grant(1_000_000)
    await clock.run(100)
    expect(sent()).toBe(CHUNK_BYTES)
    expect(refused).toEqual([
      [2, 'none'],
      [3, 'none'],
    ])
    expect(item.open).toBe(0)
  })

  test('ends when it is taken back', async () => {
    for (const id of [1, 2, 3]) want(id)
    server.grant(10_000)
    await clock.run(10)
    server.cancel([1, 2, 99])
    server.grant(1_000_000)
    await clock.run(100)
    expect([sent(1), sent(2), sent(3)]).toEqual([10_000, 0, CHUNK_BYTES])
    expect(item.open).toBe(0)
  })
})

describe('text goes first', () => {
  test('while it is under way, no piece goes out', async () => {
    talking = true
    server.grant(1_000_000)
    want(1)
    await clock.run(5_000)
    expect(sent()).toBe(0)
    talking = false
    await clock.run(100)
    expect(sent()).toBe(CHUNK_BYTES)
  })

  test('while the link is corked, no piece goes out: all would be gathered into one frame', async () => {
    corked = 1
    server.grant(1_000_000)
    want(1)
    await clock.run(5_000)
    expect(sent()).toBe(0)
    corked = 0
    await clock.run(100)
    expect(sent()).toBe(CHUNK_BYTES)
  })

  test('pieces wait for room on the link', async () => {
    drained = false
    server.grant(1_000_000)
    want(1)
    await clock.run(5_000)
    expect(sent()).toBe(0)
    drained = true
    room()
    await clock.run(100)
    expect(sent()).toBe(CHUNK_BYTES)
  })
})

describe('a peer that takes nothing costs little', () => {
  test('one that wants too much at once is told off', () => {
    for (let id = 0; id < MAX_WANTS; id++) expect(want(id % 20)).toBe(true)
    expect(want(1)).toBe(false)
  })

  test('a grant never goes back', () => {
    expect(server.grant(1_000)).toBe(true)
    expect(server.grant(1_000)).toBe(true)
    expect(server.grant(999)).toBe(false)
  })

  test('what was read for one that grants no more is put away, and read again when it does', async () => {
    for (const id of [1, 2, 3, 4]) want(id)
    server.grant(10_000)
    await clock.run(1_000)
    expect(item.open).toBeGreaterThan(0)
    expect(item.mostOpen).toBeLessThanOrEqual(3)
    await clock.run(10_000)
    expect(item.open).toBe(0)
    await clock.run(60_000)
    expect(item.reads).toBeLessThanOrEqual(3)
    server.grant(1_000_000)
    await clock.run(100)
    expect([1, 2, 3, 4].map((id) => sent(id))).toEqual(Array(4).fill(CHUNK_BYTES))
    expect(item.open).toBe(0)
  })

  test('one that takes back whatever was read for it is busy business after a while', async () => {
    server.grant(1)
    let busy = 0
    for (let id = 1; id <= 3_000 && busy === 0; id++) {
      want(id, { index: id % 20 })
      await Promise.resolve()
      server.cancel([id])
      await clock.run(0)
      server.grant(id + 1)
      busy = refused.filter(([, reason]) => reason === 'busy').length
    }
    want(9_999, { index: 1 })
    await clock.run(1)
    expect(item.reads).toBeLessThan(1_300)
    // It is forgiven with time.
    await clock.run(60_000)
    server.grant(10_000_000)
    want(10_000, { index: 1 })
    await clock.run(100)
    expect(sent(10_000)).toBe(CHUNK_BYTES)
  })

  test('after its end nothing is held for it', async () => {
    for (const id of [1, 2, 3]) want(id)
    server.grant(10_000)
    await clock.run(10)
    server.close()
    await clock.run(100)
    expect(item.open).toBe(0)
    expect(sent()).toBe(10_000)
  })
})
