import { EventEmitter } from 'node:events'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { silentLogger } from '../../core/logger.ts'
import { KIND_PERSONAL } from '../../core/room/record.ts'
import type { Room } from '../../core/room/room.ts'
import { PersonalCache } from '../../core/self/personal-cache.ts'
import { PersonalMerge } from '../../core/self/personal-merge.ts'
import type { RoomOrder } from '../../core/self/personal-merge.ts'
import { decodeFact, encodeFact } from '../../core/self/personal-record.ts'
import type { PersonalFact } from '../../core/self/personal-record.ts'
import { PersonalRoom } from '../../core/self/personal-room.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const ANN = 'a1'.repeat(32)
const OWN = 'aa'.repeat(32)
const OTHER = 'bb'.repeat(32)

/** A room whose records are placed in the order in which they come. */
class FakeRoom extends EventEmitter {
  readonly membership = { joined: true }
  readonly written: PersonalFact[] = []
  readonly merge = new PersonalMerge(() => ANN)
  readonly #order: string[] = []
  fault: Error | null = null

  ready(): Promise<void> {
    return Promise.resolve()
  }

  /** The order of its records. */
  readonly reading: RoomOrder = {
    has: ({ log, seq }) => this.#order.includes(`${log} ${seq}`),
    compare: (a, b) =>
      this.#order.indexOf(`${a.log} ${a.seq}`) - this.#order.indexOf(`${b.log} ${b.seq}`),
  }

  write(kind: number, payload: Buffer): Promise<void> {
    if (kind !== KIND_PERSONAL) return Promise.reject(new Error(`kind ${kind}`))
    if (this.fault) return Promise.reject(this.fault)
    const fact = decodeFact(payload)!
    this.written.push(fact)
    this.place(OWN, fact)
    return Promise.resolve()
  }

  place(log: string, fact: PersonalFact): void {
    const seq = this.#order.filter((place) => place.startsWith(log)).length
    this.#order.push(`${log} ${seq}`)
    const body = { sentAt: 0, kind: KIND_PERSONAL, heads: [], payload: encodeFact(fact) }
    this.merge.take({ log: { hex: log, person: ANN }, seq, body } as never)
    this.emit('placed')
  }
}

let clock: VirtualClock
let room: FakeRoom
let cache: PersonalCache
let personal: PersonalRoom
let safe: boolean

beforeEach(async () => {
  clock = new VirtualClock()
  room = new FakeRoom()
  safe = true
  cache = new PersonalCache({ saved: undefined, save: () => Promise.resolve() })
  personal = new PersonalRoom({
    room: room as unknown as Room,
    merge: room.merge,
    safe: () => safe,
    cache,
    clock,
    logger: silentLogger,
    save: () => Promise.resolve(),
  })
  await clock.run(0)
})

describe('what is shared among own devices', () => {
  test('a draft is written every two seconds at most, and then the newest', async () => {
    for (let n = 1; n <= 100; n++) {
      await cache.set('draft', 'room', 'x'.repeat(n))
      await clock.run(100)
    }
    await clock.run(10_000)
    expect(room.written.length).toBeGreaterThan(1)
    expect(room.written.length).toBeLessThanOrEqual(6)
    expect(room.written.at(-1)!.json).toBe(JSON.stringify('x'.repeat(100)))
    expect(cache.unsent()).toEqual([])
  })

  test('what was not let in yet waits; a failed write is tried again', async () => {
    room.membership.joined = false
    await cache.set('contact', 'ann', 1)
    await clock.run(60_000)
    expect(room.written).toEqual([])
    room.membership.joined = true
    room.fault = new Error('the disk is full')
    room.emit('changed')
    await clock.run(1_000)
    expect(cache.unsent()).toHaveLength(1)
    room.fault = null
    await clock.run(10_000)
    expect(room.written).toEqual([{ topic: 'contact', key: 'ann', json: '1' }])
  })

  test('what another device wrote is learnt, and deleted when it was deleted there', async () => {
    room.place(OTHER, { topic: 'contact', key: 'ann', json: '{"blocked":true}' })
    await clock.run(0)
    expect(cache.get('contact', 'ann')).toEqual({ blocked: true })
    room.place(OTHER, { topic: 'contact', key: 'ann', json: null })
    await clock.run(0)
    expect(cache.get('contact', 'ann')).toBeUndefined()
    expect(room.written).toEqual([])
  })

  test('a write that came in between and is later in the order counts after ours was sent', async () => {
    const write = room.write.bind(room)
    room.write = async (kind, payload) => {
      await write(kind, payload)
      room.place(OTHER, { topic: 'draft', key: 'room', json: '"theirs"' })
      // It is learnt of before the write counts as done.
      await new Promise((resolve) => setImmediate(resolve))
    }
    await cache.set('draft', 'room', 'ours')
    await clock.run(5_000)
    expect(cache.get('draft', 'room')).toBe('theirs')
  })

  test('while somebody else is in the room nothing is written or learnt', async () => {
    safe = false
    await cache.set('contact', 'ann', 1)
    room.place(OTHER, { topic: 'room', key: 'aa'.repeat(32), json: '{"left":true}' })
    room.emit('changed')
    await clock.run(60_000)
    expect(room.written).toEqual([])
    expect(cache.get('room', 'aa'.repeat(32))).toBeUndefined()
    safe = true
    personal.wake()
    await clock.run(10_000)
    expect(room.written).toHaveLength(1)
    expect(cache.get('room', 'aa'.repeat(32))).toEqual({ left: true })
  })

  test('closed, it writes nothing more', async () => {
    await cache.set('draft', 'room', 'late')
    await personal.close()
    await clock.run(10_000)
    expect(room.written).toEqual([])
    expect(cache.unsent()).toHaveLength(1)
  })
})
