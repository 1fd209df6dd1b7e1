import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { PorchlightError } from '../../core/errors.ts'
import { PRIORITIES } from '../../core/files/swarm/fetch.ts'
import { STALLED_AFTER } from '../../core/files/swarm/stall.ts'
import type { Conditions } from '../../transports/memory/index.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { MemoryHeld } from './core-swarm-held.ts'
import { Street } from './core-swarm-street.ts'
import type { Neighbour } from './core-swarm-street.ts'

const KIB = 1024
const CHUNK = 64 * KIB
const LAN: Partial<Conditions> = { bandwidth: 10_000_000, latency: 5 }

let clock: VirtualClock
let street: Street

beforeEach(() => {
  clock = new VirtualClock()
})

afterEach(() => street.close())

async function neighbours<N extends string>(
  conditions: Partial<Conditions>,
  ...names: N[]
): Promise<Record<N, Neighbour>> {
  street = new Street(clock, conditions)
  const all = await street.neighbours(...names)
  await clock.run(100)
  return Object.fromEntries(all.map((one) => [one.name, one])) as Record<N, Neighbour>
}

async function holds(what: string, condition: () => boolean, limit = 60_000): Promise<void> {
  if (!(await clock.runUntil(condition, limit))) throw new Error(`it did not come to ${what}`)
}

const whole = (held: MemoryHeld) => (): boolean => held.have.isFull
const twice = (held: MemoryHeld): number => [...held.written.values()].filter((n) => n > 1).length
const given = (from: Neighbour, item: MemoryHeld): number => from.items.get(item.root)!.reads
/** Only these paths are there. */
const paths = (...groups: Neighbour[][]): void =>
  street.network.partition(groups.map((group) => group.map(({ name }) => name)))

describe('several sources', () => {
  test('of 10 MB/s each give nearly 30 MB/s, each its share', async () => {
    const { a, b, c, d } = await neighbours(LAN, 'a', 'b', 'c', 'd')
    const item = MemoryHeld.whole(64 * 1024 * KIB, 256 * KIB)
    for (const one of [a, b, c]) one.add(item.part(() => true))
    const from = clock.monotonic()
    const { held, fetch } = d.fetch(item)
    await holds('half of it', () => held.have.count > 128)
    expect(fetch.rate).toBeGreaterThan(25_000_000)
    await holds('all of it', whole(held))
    const seconds = (clock.monotonic() - from) / 1_000
    expect(item.descriptor.size / seconds).toBeGreaterThan(27_000_000)
    for (const one of [a, b, c]) expect(given(one, item)).toBeGreaterThan(70)
    expect(twice(held)).toBe(0)
  })

  test('give by their speed, and the last chunks do not wait for the slowest', async () => {
    const { a, b, c } = await neighbours(LAN, 'a', 'b', 'c')
    street.network.shape({ bandwidth: 30_000, latency: 30 }, { between: ['a', 'c'] })
    const item = a.add(MemoryHeld.whole(300 * CHUNK))
    b.add(item.part(() => true))
    const { held } = c.fetch(item)
    await holds('all of it', whole(held), 5_000)
    expect(given(a, item)).toBeGreaterThan(0)
    expect(given(b, item)).toBeGreaterThan(280)
  })

  test('one that drips the manifest is not waited for', async () => {
    const { a, b, c } = await neighbours(LAN, 'a', 'b', 'c')
    street.network.shape({ bandwidth: 2_000, latency: 30 }, { between: ['a', 'c'] })
    const item = a.add(MemoryHeld.whole(2_000 * CHUNK))
    const { held } = c.fetch(item)
    await clock.run(3_000)
    expect(held.manifest).toBeNull()
    b.add(item.part(() => true))
    // From the first it would take half a minute.
    await holds('the manifest', () => held.manifest !== null, 5_000)
  })

  test('one that drips what somebody reads is not waited for', async () => {
    const { a, b, c } = await neighbours(LAN, 'a', 'b', 'c')
    street.network.shape({ bandwidth: 5_000, latency: 30 }, { between: ['a', 'c'] })
    const item = a.add(MemoryHeld.whole(400 * CHUNK))
    const { held, fetch } = c.fetch(item)
    await holds('the manifest', () => held.manifest !== null)
    fetch.focus(0, 2)
    await clock.run(1_000)
    b.add(item.part(() => true))
    // From the first a chunk takes 13 s.
    await holds('what is read', () => held.have.has(0) && held.have.has(1), 4_000)
    expect(given(b, item)).toBeGreaterThan(0)
  })

  test('several that drip what somebody reads are not waited for', async () => {
    const { a, b, c, d } = await neighbours(LAN, 'a', 'b', 'c', 'd')
    street.network.shape({ bandwidth: 3_000, latency: 30 }, { between: ['a', 'd'] })
    street.network.shape({ bandwidth: 5_000, latency: 30 }, { between: ['b', 'd'] })
    const item = MemoryHeld.whole(4 * CHUNK)
    a.add(item.part(() => true))
    const held = d.add(item.part(() => false))
    d.fetch(item).fetch.focus(0, 1)
    await clock.run(2_000)
    const second = b.add(item.part(() => true))
    await clock.run(2_000)
    expect(second.reads).toBeGreaterThan(0)
    const third = c.add(item.part(() => true))
    // From the second it takes 13 s.
    await holds('what is read', () => held.have.has(0), 4_000)
    expect(third.reads).toBeGreaterThan(0)
  })

  test('what somebody reads first is asked of another first, and what he reads later is not', async () => {
    const { a, b, c } = await neighbours(LAN, 'a', 'b', 'c')
    street.network.shape({ bandwidth: 5_000, latency: 30 }, { between: ['a', 'c'] })
    const item = a.add(MemoryHeld.whole(40 * 4 * KIB, 4 * KIB))
    const { held, fetch } = c.fetch(item)
    // A film from its beginning.
    fetch.focus(0, 40)
    await holds('the manifest', () => held.manifest !== null)
    await clock.run(500)
    const order: number[] = []
    held.on('gained', (index) => order.push(index))
    const others = b.add(item.part((index) => index < 4))
    await holds('the beginning', () => [0, 1, 2, 3].every((index) => held.have.has(index)), 2_000)
    expect(others.reads).toBeGreaterThan(0)
    // The first was nearly here.
    expect(order).toEqual([1, 2, 3, 0])
  })

  test('that leave and come back are used again, and what they began is finished', async () => {
    const { a, b, c } = await neighbours({ bandwidth: 200_000, latency: 5 }, 'a', 'b', 'c')
    const item = a.add(MemoryHeld.whole(20 * CHUNK))
    b.add(item.part(() => true))
    const { held, fetch } = c.fetch(item)
    await holds('a part', () => held.have.count > 2)
    street.network.sever('a', 'c')
    await holds('the end of a link', () => fetch.sources === 1)
    paths([a], [b], [c])
    await holds('nobody', () => fetch.sources === 0 && fetch.reason === 'no-source')
    const here = held.have.count
    expect(here).toBeLessThan(20)
    paths([a, b, c])
    await holds('both', () => fetch.sources === 2)
    expect(fetch.reason).toBeNull()
    await holds('all of it', whole(held))
    // Nothing was fetched from its beginning that was broken off in the middle.
    const bytes = a.links.get('c')!.connection
    expect(bytes.closed).toBe(false)
    expect(twice(held)).toBe(0)
  })

  test('that went in the middle of a chunk leave its beginning to the next', async () => {
    const { a, b, c } = await neighbours({ bandwidth: 50_000, latency: 5 }, 'a', 'b', 'c')
    const item = a.add(MemoryHeld.whole(64 * KIB - 20, 64 * KIB))
    b.add(item.part(() => true))
    paths([a, c], [b])
    const { held } = c.fetch(item)
    await clock.run(1_000)
    paths([b, c], [a])
    const from = clock.monotonic()
    await holds('all of it', whole(held))
    // The rest alone: the whole would take 1.3 s.
    expect(clock.monotonic() - from).toBeLessThan(800)
    expect(given(a, item)).toBe(1)
  })

  test('one that sends wrong bytes is dropped, and the others go on', async () => {
    const { a, b, c } = await neighbours(LAN, 'a', 'b', 'c')
    const item = a.add(MemoryHeld.whole(100 * CHUNK))
    const lies = b.add(item.part(() => true))
    for (let index = 0; index < 100; index++) lies.wrong.add(index)
    const { held, fetch } = c.fetch(item)
    await holds('all of it', whole(held))
    expect(fetch.complete).toBe(true)
    const asked = lies.reads
    expect(asked).toBeGreaterThan(0)
    expect(c.swarm.sources(item.root)).toBe(0)
    // Not in another session either, for an hour.
    const second = a.add(MemoryHeld.whole(50 * CHUNK, CHUNK, 2))
    const more = b.add(second.part(() => true))
    street.network.sever('b', 'c')
    await clock.run(1_000)
    expect(c.links.has('b')).toBe(true)
    const next = c.fetch(second)
    await holds('all of the second', whole(next.held))
    expect(more.reads).toBe(0)
  })

  test('of which all send wrong bytes leave the item damaged, until a good one comes', async () => {
    const { a, b, c } = await neighbours(LAN, 'a', 'b', 'c')
    const item = a.add(MemoryHeld.whole(4 * CHUNK))
    const lies = b.add(item.part(() => true))
    lies.wrong.add(2)
    paths([b, c], [a])
    const { held, fetch } = c.fetch(item)
    await holds('its end', () => fetch.reason === 'damaged')
    expect(held.have.has(2)).toBe(false)
    paths([a, b, c])
    await holds('all of it', whole(held))
  })

  test('of which one was wrong and another helped leave the item without a source, and not damaged', async () => {
    const { a, b, c } = await neighbours(LAN, 'a', 'b', 'c')
    const item = a.add(MemoryHeld.whole(4 * CHUNK).part((index) => index < 3))
    const lies = b.add(MemoryHeld.whole(4 * CHUNK))
    for (let index = 0; index < 4; index++) lies.wrong.add(index)
    paths([b, c], [a])
    const { held, fetch } = c.fetch(item)
    await holds('its end', () => fetch.reason === 'damaged')
    paths([a, b, c])
    await holds('what the other has', () => held.have.count === 3)
    await holds('the reason', () => fetch.reason === 'no-source')
    expect(held.have.has(3)).toBe(false)
  })

  test('a manifest that is another’s is not taken', async () => {
    const { a, b } = await neighbours(LAN, 'a', 'b')
    const item = MemoryHeld.whole(4 * CHUNK)
    const lies = item.part(() => true)
    lies.manifest = Buffer.alloc(lies.manifest!.byteLength, 1)
    a.add(lies)
    const { held, fetch } = b.fetch(item)
    await holds('its end', () => fetch.reason === 'damaged')
    expect(held.manifest).toBeNull()
  })

  test('of which one never says what it has leave the reason told nonetheless', async () => {
    const { a, b, c } = await neighbours(LAN, 'a', 'b', 'c')
    const item = MemoryHeld.whole(4 * CHUNK)
    const lies = a.add(item.part(() => true))
    lies.manifest = Buffer.alloc(lies.manifest!.byteLength, 1)
    // Who is no member for it gets no answer.
    b.member = false
    b.links.get('c')!.link.update()
    const { fetch } = c.fetch(item)
    const told: unknown[] = []
    fetch.on('change', () => told.push(fetch.reason))
    await holds('an end of the wait', () => told.at(-1) === 'damaged')
    expect(told.slice(0, -1)).not.toContain('damaged')
  })

  test('of which one sends another manifest leave the item in doubt until the right one comes', async () => {
    const { a, b, c } = await neighbours(LAN, 'a', 'b', 'c')
    const item = MemoryHeld.whole(4 * CHUNK)
    const lies = a.add(item.part(() => true))
    lies.manifest = Buffer.alloc(lies.manifest!.byteLength, 1)
    const { held, fetch } = c.fetch(item)
    let doubted = 0
    fetch.on('change', () => (doubted = fetch.doubted))
    await holds('the wrong manifest', () => fetch.reason === 'damaged')
    // It says to have all, and gives no manifest.
    const slow = item.part(() => true)
    const { manifest } = slow
    slow.manifest = null
    b.add(slow)
    await clock.run(3_000)
    const before = doubted
    await holds('news of the doubt', () => doubted > before + 5_000)
    slow.manifest = manifest
    b.swarm.changed(item.root)
    await holds('all of it', whole(held))
    expect(fetch.doubted).toBe(0)
  })

  test('one that stalls is asked of elsewhere, and again later', async () => {
    const { a, b, c } = await neighbours(LAN, 'a', 'b', 'c')
    const item = a.add(MemoryHeld.whole(60 * CHUNK))
    const stuck = b.add(item.part(() => true))
    let free = (): void => {}
    const gate = new Promise<void>((resolve) => (free = resolve))
    stuck.reading = () => gate
    const { held } = c.fetch(item)
    await holds('all of it', whole(held), STALLED_AFTER + 3_000)
    expect(stuck.reads).toBeGreaterThan(0)
    free()
    // It rests for a while, and then has its part of the next again.
    await clock.run(6_000)
    const second = a.add(MemoryHeld.whole(60 * CHUNK, CHUNK, 2))
    const more = b.add(second.part(() => true))
    const next = c.fetch(second)
    await holds('all of the second', whole(next.held))
    expect(more.reads).toBeGreaterThan(5)
  })

  test('one that stalls is waited for while nobody else has it', async () => {
    const { a, b } = await neighbours(LAN, 'a', 'b')
    const item = a.add(MemoryHeld.whole(10 * CHUNK))
    let free = (): void => {}
    const gate = new Promise<void>((resolve) => (free = resolve))
    item.reading = () => gate
    const { held, fetch } = b.fetch(item)
    await clock.run(60_000)
    expect(fetch.reason).toBeNull()
    free()
    await holds('all of it', whole(held), 2_000)
  })

  test('that were changed or are gone count only while nobody else has what is missing', async () => {
    const { a, b, c } = await neighbours(LAN, 'a', 'b', 'c')
    const item = a.add(MemoryHeld.whole(10 * CHUNK))
    item.broken = 'changed'
    paths([a, c], [b])
    const { held, fetch } = c.fetch(item)
    await holds('the reason', () => fetch.reason === 'source-changed')
    b.add(MemoryHeld.whole(10 * CHUNK))
    paths([a, b, c])
    await holds('all of it', whole(held))

    const gone = a.add(MemoryHeld.whole(10 * CHUNK, CHUNK, 2))
    gone.broken = 'gone'
    const next = c.fetch(gone)
    await holds('the second reason', () => next.fetch.reason === 'source-gone')
    paths([a], [b, c])
    await holds('nobody', () => next.fetch.reason === 'no-source')
    // Who comes later hears it too.
    paths([a, b, c])
    await holds('it again', () => next.fetch.reason === 'source-gone')
    expect(next.held.have.count).toBe(0)
  })

  test('of which one chunk can not be read any more still give the others', async () => {
    const { a, b } = await neighbours(LAN, 'a', 'b')
    const item = a.add(MemoryHeld.whole(10 * CHUNK))
    item.have.clear(3)
    item.problem = 'source-changed'
    const { held } = b.fetch(item)
    await holds('all but it', () => held.have.count === 9)
    expect(held.have.has(3)).toBe(false)
  })

  test('pass on what they gain: three who fetch at once from one make it faster for all', async () => {
    const { a, b, c, d } = await neighbours(
      { bandwidth: 1_000_000, latency: 5 },
      'a',
      'b',
      'c',
      'd',
    )
    const item = a.add(MemoryHeld.whole(100 * CHUNK))
    const all = [b, c, d].map((one) => one.fetch(item).held)
    await holds('all of it everywhere', () => all.every((held) => held.have.isFull))
    // Each chunk left its origin about once, not three times.
    expect(item.reads).toBeLessThan(180)
  })
})

describe('a full disk', () => {
  test('stops the fetch until it is tried again', async () => {
    const { a, b } = await neighbours(LAN, 'a', 'b')
    const item = a.add(MemoryHeld.whole(40 * CHUNK))
    const { held, fetch } = b.fetch(item)
    await holds('a part', () => held.have.count > 3)
    held.full = true
    await holds('the reason', () => fetch.reason === 'disk-full')
    const here = held.have.count
    await clock.run(60_000)
    expect(held.have.count).toBe(here)
    expect(fetch.reason).toBe('disk-full')
    held.full = false
    fetch.retry()
    await holds('all of it', whole(held))
    expect(twice(held)).toBe(0)
  })

  test('is told for the manifest too', async () => {
    const { a, b } = await neighbours(LAN, 'a', 'b')
    const item = a.add(MemoryHeld.whole(40 * CHUNK))
    const { held, fetch } = b.fetch(item)
    held.full = true
    await holds('the reason', () => fetch.reason === 'disk-full')
    expect(held.manifest).toBeNull()
    held.full = false
    fetch.retry()
    await holds('all of it', whole(held))
  })
})

test('what can not be read or written is logged by its code, without a name or path', async () => {
  const { a, b } = await neighbours(LAN, 'a', 'b')
  const item = a.add(MemoryHeld.whole(4 * CHUNK))
  const failed = (): Promise<void> => {
    const cause = Object.assign(new Error("EIO: i/o error, read '/home/ann/plan.pdf'"), {
      code: 'EIO',
    })
    return Promise.reject(new PorchlightError('INTERNAL', `Not done: ${cause.message}.`, { cause }))
  }
  item.reading = failed
  const { held } = b.fetch(item)
  await holds('the first log', () => a.logged.length > 0)
  item.reading = () => Promise.resolve()
  held.writing = failed
  await holds('the second log', () => b.logged.length > 0)
  expect(a.logged[0]).toEqual({ event: 'file-read', fields: { error: 'INTERNAL (EIO)' } })
  expect(b.logged[0]).toEqual({ event: 'file-write', fields: { error: 'INTERNAL (EIO)' } })
})

describe('what is first', () => {
  const SLOW: Partial<Conditions> = { bandwidth: 500_000, latency: 5 }

  test('is what somebody reads, then what somebody asked for; what comes by itself waits', async () => {
    const { a, b } = await neighbours(SLOW, 'a', 'b')
    const items = [1, 2, 3].map((seed) => a.add(MemoryHeld.whole(20 * CHUNK, CHUNK, seed)))
    const [auto, asked, reading] = PRIORITIES.toReversed().map((priority, n) =>
      b.fetch(items[n]!, { priority }),
    )
    const order: string[] = []
    for (const [name, one] of Object.entries({ auto, asked, reading })) {
      one!.fetch.on('complete', () => order.push(name))
    }
    await holds('all', () => order.length === 3)
    expect(order).toEqual(['reading', 'asked', 'auto'])
  })

  test('takes the place of what is under way', async () => {
    const { a, b } = await neighbours(SLOW, 'a', 'b')
    const item = a.add(MemoryHeld.whole(8 * 1024 * KIB, 1024 * KIB))
    const slow = b.fetch(item, { priority: 'auto' })
    await clock.run(800)
    const small = a.add(MemoryHeld.whole(CHUNK, CHUNK, 2))
    const from = clock.monotonic()
    const urgent = b.fetch(small)
    await holds('the small one', whole(urgent.held))
    // A chunk of the other takes 2 s.
    expect(clock.monotonic() - from).toBeLessThan(1_000)
    await holds('the large one', whole(slow.held))
    expect(twice(slow.held)).toBe(0)
  })

  test('is the place at which somebody reads', async () => {
    const { a, b } = await neighbours(SLOW, 'a', 'b')
    const item = a.add(MemoryHeld.whole(100 * CHUNK))
    const { held, fetch } = b.fetch(item)
    await holds('a part', () => held.have.count > 2)
    const at = [...held.have.bytes()].findIndex((byte) => byte === 0) * 8
    const before = held.have.count
    fetch.focus(at, at + 4)
    expect(fetch.priority).toBe('reading')
    await holds('it', () => [0, 1, 2, 3].every((n) => held.have.has(at + n)))
    expect(held.have.count - before).toBeLessThan(10)
    fetch.unfocus()
    expect(fetch.priority).toBe('asked')
    await holds('all of it', whole(held))
    expect(twice(held)).toBe(0)
  })

  test('is the place to which somebody goes back', async () => {
    const { a, b } = await neighbours({ bandwidth: 50_000, latency: 5 }, 'a', 'b')
    const item = a.add(MemoryHeld.whole(100 * 4 * KIB, 4 * KIB))
    const { held, fetch } = b.fetch(item)
    fetch.focus(60, 100)
    await holds('a part', () => held.have.has(60))
    const before = held.have.count
    fetch.focus(10, 100)
    await holds('it', () => held.have.has(10))
    // No more than what was as good as here.
    expect(held.have.count - before).toBeLessThanOrEqual(2)
  })

  test('is a folder’s table of contents: nothing else can be stored before', async () => {
    const { a, b } = await neighbours(SLOW, 'a', 'b')
    const item = a.add(MemoryHeld.whole(20 * CHUNK))
    const held = b.add(item.empty())
    held.usable = 2
    held.on('gained', () => {
      if (held.have.count === 2) held.usable = 20
    })
    b.fetch(item)
    await holds('the table', () => held.have.count === 2)
    expect(held.have.has(0) && held.have.has(1)).toBe(true)
    await holds('all of it', whole(held))
  })
})

describe('a fetch', () => {
  test('uses only transports that are allowed', async () => {
    const { a, b } = await neighbours(LAN, 'a', 'b')
    const item = a.add(MemoryHeld.whole(4 * CHUNK))
    const { held, fetch } = b.fetch(item, { allows: (transport) => transport !== 'memory' })
    await clock.run(5_000)
    expect(held.manifest).toBeNull()
    expect(fetch.sources).toBe(1)
    expect(b.swarm.sources(item.root, () => false)).toBe(0)
    expect(fetch.reason).toBe('no-source')
    fetch.stop()
    const next = b.fetch(item)
    await holds('all of it', whole(next.held))
  })

  test('that was stopped asks for nothing more, and gives what it held in memory back', async () => {
    const { a, b } = await neighbours(LAN, 'a', 'b')
    const item = a.add(MemoryHeld.whole(100 * CHUNK))
    const { held, fetch } = b.fetch(item)
    await holds('a part', () => held.have.count > 10)
    fetch.stop()
    await clock.run(1_000)
    const here = held.have.count
    const reads = item.reads
    await clock.run(5_000)
    expect(held.have.count).toBe(here)
    expect(item.reads).toBe(reads)
    expect(item.open).toBe(0)
    const next = b.fetch(item)
    await holds('all of it', whole(next.held))
    expect(twice(held)).toBe(0)
  })

  test('with a slow disk is not given more than memory allows', async () => {
    const { a, b } = await neighbours({}, 'a', 'b')
    const item = a.add(MemoryHeld.whole(64 * 1024 * KIB, 1024 * KIB))
    const held = b.add(item.empty())
    held.writing = async () => {
      await new Promise<void>((resolve) => clock.after(50, resolve))
    }
    b.fetch(item)
    await holds('all of it', whole(held))
    expect(held.mostBuffers).toBeLessThan(18 * 1024 * KIB)
  })

  test('tells how it goes', async () => {
    const { a, b } = await neighbours({ bandwidth: 500_000, latency: 5 }, 'a', 'b')
    const item = a.add(MemoryHeld.whole(40 * CHUNK))
    const { held, fetch } = b.fetch(item)
    let changes = 0
    let complete = 0
    fetch.on('change', () => changes++)
    fetch.on('complete', () => complete++)
    await holds('half of it', () => held.have.count === 20)
    expect(fetch.sources).toBe(1)
    expect(fetch.reason).toBeNull()
    expect(fetch.rate).toBeGreaterThan(400_000)
    expect(fetch.rate).toBeLessThan(600_000)
    await holds('all of it', () => complete === 1)
    expect(fetch.complete).toBe(true)
    // Some times a second.
    expect(changes).toBeGreaterThan(10)
    expect(changes).toBeLessThan(60)
  })

  test('that takes the place of another goes on where somebody reads', async () => {
    const { a, b } = await neighbours({ bandwidth: 500_000, latency: 5 }, 'a', 'b')
    const item = a.add(MemoryHeld.whole(100 * CHUNK))
    const { held, fetch } = b.fetch(item, { priority: 'auto' })
    let stopped = 0
    fetch.on('stopped', () => stopped++)
    await holds('the manifest', () => held.manifest !== null)
    const at = [...held.have.bytes()].findIndex((byte) => byte === 0) * 8
    fetch.focus(at, at + 3)
    const next = b.fetch(item, { priority: 'asked' })
    expect(stopped).toBe(1)
    expect(next.fetch.priority).toBe('reading')
    const before = held.have.count
    await holds('it', () => [0, 1, 2].every((n) => held.have.has(at + n)))
    expect(held.have.count - before).toBeLessThan(8)
    next.fetch.unfocus()
    expect(next.fetch.priority).toBe('asked')
  })

  test('says that it ended when its item is closed, and nothing when all is here', async () => {
    const { a, b } = await neighbours(LAN, 'a', 'b')
    const item = a.add(MemoryHeld.whole(40 * CHUNK))
    const held = b.add(item.empty())
    let closed = true
    held.writing = async () => {
      if (closed) throw new PorchlightError('CLOSED', 'It is closed.')
    }
    let stopped = 0
    b.fetch(item).fetch.on('stopped', () => stopped++)
    await holds('its end', () => stopped === 1)
    closed = false
    b.fetch(item).fetch.on('stopped', () => stopped++)
    await holds('all of it', whole(held))
    await clock.run(100)
    expect(stopped).toBe(1)
  })

  test('of what a peer must not have gets nothing', async () => {
    const { a, b } = await neighbours(LAN, 'a', 'b')
    const item = a.add(MemoryHeld.whole(4 * CHUNK))
    a.member = false
    a.links.get('b')!.link.update()
    const { held, fetch } = b.fetch(item)
    await clock.run(10_000)
    expect(held.manifest).toBeNull()
    expect(fetch.reason).toBe('no-source')
    // What it asked while it was none yet is answered once it is a member.
    a.member = true
    a.links.get('b')!.link.update()
    await holds('all of it', whole(held))
  })
})
