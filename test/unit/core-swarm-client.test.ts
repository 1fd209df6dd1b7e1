import { beforeEach, describe, expect, test } from '@jest/globals'
import { Assembly, MANIFEST_KEY } from '../../core/files/swarm/assembly.ts'
import { ChunkClient } from '../../core/files/swarm/chunk-client.ts'
import { CHUNK, MANIFEST, MAX_WANTS } from '../../core/files/swarm/messages.ts'
import type { GrantMessage, WantMessage } from '../../core/files/swarm/messages.ts'
import { FIRST_WINDOW } from '../../core/files/swarm/window.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const ITEM = { tag: Buffer.alloc(16, 1), root: Buffer.alloc(32, 2) }

let clock: VirtualClock
let wants: WantMessage[]
let granted: number
let cancelled: number[]
let whole: number[]
let refused: number[]
let client: ChunkClient<string>

beforeEach(() => {
  clock = new VirtualClock()
  wants = []
  granted = 0
  cancelled = []
  whole = []
  refused = []
  client = new ChunkClient<string>({
    ongrant: () => {},
    send: {
      want: { send: (want: WantMessage) => wants.push(want) > 0 },
      grant: { send: ({ limit }: GrantMessage) => (granted = limit) > 0 },
      cancel: { send: ({ ids }: { ids: number[] }) => cancelled.push(...ids) > 0 },
    },
    clock,
    talks: () => false,
    source: {},
    onbytes: () => {},
    onwhole: ({ id }) => void whole.push(id),
    onrefused: ({ id }) => void refused.push(id),
  })
})

function ask(key: number, length = 10_000): Assembly {
  const assembly = new Assembly(key, length, (bytes) => Buffer.alloc(bytes))
  client.ask('taker', assembly, ITEM)
  return assembly
}

const piece = (id: number, bytes: number): boolean =>
  client.piece({ id, data: Buffer.alloc(bytes, id) })

describe('what is asked of a source', () => {
  test('is told with what is here of it, under a grant', () => {
    ask(MANIFEST_KEY)
    const begun = new Assembly(7, 10_000, (bytes) => Buffer.alloc(bytes))
    begun.add(Buffer.alloc(4_000), {})
    client.ask('taker', begun, ITEM)
    expect(granted).toBe(FIRST_WINDOW)
    expect(wants).toEqual([
      { id: 1, ...ITEM, what: MANIFEST, index: 0, offset: 0 },
      { id: 2, ...ITEM, what: CHUNK, index: 7, offset: 4_000 },
    ])
    expect(client.awaited).toBe(16_000)
  })

  test('is enough to fill the way, and no more than a peer may be asked for', () => {
    for (let key = 0; client.hungry; key++) ask(key)
    expect(client.awaited).toBeGreaterThanOrEqual(FIRST_WINDOW)
    expect(client.awaited).toBeLessThan(3 * FIRST_WINDOW + 10_000)
    const small = client.wants.length
    expect(small).toBeLessThan(MAX_WANTS)
    for (let key = 0; key < MAX_WANTS - small; key++) ask(key, 1)
    expect(client.hungry).toBe(false)
  })

  test('comes in order, in pieces, and more is granted as it comes', () => {
    ask(1)
    ask(2)
    expect(piece(1, 6_000)).toBe(true)
    expect(granted).toBeGreaterThan(FIRST_WINDOW)
    expect(piece(1, 4_000)).toBe(true)
    expect(whole).toEqual([1])
    expect(piece(2, 10_000)).toBe(true)
    expect(whole).toEqual([1, 2])
    expect(client.awaited).toBe(0)
    expect(client.silence).toBe(0)
  })

  test('is refused in order', () => {
    ask(1)
    ask(2)
    expect(client.refuse({ id: 1, reason: 0 })).toBe(true)
    expect(refused).toEqual([1])
    expect(client.awaited).toBe(10_000)
    expect(piece(2, 10_000)).toBe(true)
  })

  test('and is not answered makes for silence', async () => {
    ask(1)
    await clock.run(4_000)
    expect(client.silence).toBe(4_000)
    piece(1, 1)
    expect(client.silence).toBe(0)
  })
})

describe('a source that breaks the rules is known by', () => {
  test('more bytes than belong to the answer', () => {
    ask(1)
    expect(piece(1, 10_001)).toBe(false)
  })

  test('more bytes than were granted', () => {
    ask(1, 1_000_000)
    expect(piece(1, FIRST_WINDOW + 1)).toBe(false)
  })

  test('pieces without bytes', () => {
    ask(1)
    expect(piece(1, 0)).toBe(false)
  })

  test('answers to what was never asked, after some', () => {
    ask(1)
    let passed = 0
    while (piece(1_000 + passed, 1)) passed++
    expect(passed).toBeLessThan(100)
    let refusals = 0
    while (client.refuse({ id: 5_000 + refusals, reason: 0 })) refusals++
    expect(refusals).toBeLessThan(100)
  })
})

describe('what is taken back', () => {
  test('may still be on its way, as much as there was, and counts as nothing', () => {
    const first = ask(1)
    ask(2)
    piece(1, 4_000)
    const out = client.cancel(({ id }) => id === 1)
    expect(out.map(({ assembly }) => assembly)).toEqual([first])
    expect(cancelled).toEqual([1])
    expect(first.at).toBe(4_000)
    expect(client.awaited).toBe(10_000)
    expect(piece(1, 6_000)).toBe(true)
    expect(first.at).toBe(4_000)
    expect(piece(1, 1)).toBe(false)
  })

  test('is over once something behind it is answered', () => {
    for (const key of [1, 2, 3]) ask(key)
    client.cancel(({ id }) => id === 1)
    expect(piece(2, 10_000)).toBe(true)
    // Forgotten: it counts as never asked for.
    let passed = 0
    while (piece(1, 1)) passed++
    expect(passed).toBeLessThan(100)
  })

  test('may be refused as well', () => {
    ask(1)
    client.cancel(() => true)
    expect(client.refuse({ id: 1, reason: 0 })).toBe(true)
    expect(refused).toEqual([])
  })

  test('without end is not remembered without end', () => {
    for (let n = 0; n < 5_000; n++) {
      ask(1, 100)
      client.cancel(() => true)
    }
    // The newest still may come.
    expect(piece(5_000, 100)).toBe(true)
    expect(client.awaited).toBe(0)
  })
})
