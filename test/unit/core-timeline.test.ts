import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { tryDecode } from '../../core/codec/codec.ts'
import { hash } from '../../core/crypto/hash.ts'
import { silentLogger } from '../../core/logger.ts'
import { LIMITS } from '../../core/room/allowance.ts'
import type { ContentLog } from '../../core/room/content-log.ts'
import type { KeyStatus } from '../../core/room/epochs/key-ring.ts'
import { textPayload } from '../../core/room/messages/payloads.ts'
import { FIRST_SILENT_KIND } from '../../core/room/record.ts'
import type { PlacedRecord } from '../../core/room/record-consumer.ts'
import { UNKNOWN } from '../../core/timeline/log-index.ts'
import { Timeline } from '../../core/timeline/timeline.ts'
import { until } from '../compliance/until.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { EPOCH_KEY, Logs } from './core-logs.ts'
import { ROOM } from './core-people.ts'

let logs: Logs
let clock: VirtualClock
let keys: Map<number, Buffer>
let statuses: Map<number, KeyStatus>
let limits: Map<string, number>
let reordered: number
let ended: number
let rebuilt: number
let taken: PlacedRecord[]
let hidden: Set<string>
const timelines: Timeline[] = []

beforeEach(async () => {
  logs = await Logs.open()
  clock = new VirtualClock()
  keys = new Map([[0, EPOCH_KEY]])
  statuses = new Map()
  limits = new Map()
  reordered = 0
  ended = 0
  rebuilt = 0
  taken = []
  hidden = new Set()
})

afterEach(async () => {
  for (const timeline of timelines.splice(0)) await timeline.close()
  await logs.close()
})

function timeline(): Timeline {
  const made = new Timeline({
    room: ROOM,
    keyStatus: (epoch) => statuses.get(epoch) ?? (keys.has(epoch) ? 'key' : 'pending'),
    epochKey: (epoch) => keys.get(epoch) ?? null,
    limitOf: (log) => limits.get(log) ?? Infinity,
    hides: (log) => hidden.has(log.hex),
    clock,
    logger: silentLogger,
    onplaced: (_, again) => {
      if (again) reordered++
    },
    onrecord: (record) => taken.push(record),
    onended: () => ended++,
    onrebuild: () => {
      rebuilt++
      taken.splice(0)
    },
  })
  timelines.push(made)
  return made
}

async function texts(view: Timeline): Promise<string[]> {
  const { positions } = view.page(null, 1_000)
  const bodies = await Promise.all(positions.map((position) => view.body(position)))
  return bodies.map((body) => (body && tryDecode(textPayload, body.payload)?.text) ?? '?')
}

/** The timeline reads real logs: its own time stands still meanwhile. */
async function shows(view: Timeline, count: number): Promise<void> {
  await until(`${count} records to be shown`, () => view.total === count)
}

/** A copy of a log as a peer has it, that gets `count` records of it. */
async function give(from: ContentLog, to: ContentLog, count: number): Promise<void> {
  const blocks = await Promise.all(
    Array.from({ length: count }, (_, seq) => from.core.get(seq) as Promise<Buffer>),
  )
  await to.store(blocks, Buffer.from(from.core.core.state.signature!))
}

describe('a timeline', () => {
  test('is not placed anew as often as somebody makes it wish', async () => {
    const ann = await logs.author('ann')
    await logs.write(ann, { text: 'one' }, { text: 'two' }, { text: 'three' })
    const view = timeline()
    view.add(ann, undefined)
    await shows(view, 3)
    ann.bound({ limit: 2, silenced: [] })
    view.rebuild()
    expect([rebuilt, view.outdated]).toEqual([1, false])
    await shows(view, 2)
    ann.bound({ limit: 1, silenced: [] })
    for (let n = 0; n < 20; n++) view.rebuild()
    expect([rebuilt, view.outdated]).toEqual([1, true])
    await clock.run(1_000)
    expect([rebuilt, view.outdated]).toEqual([2, false])
    await shows(view, 1)
    view.rebuild()
    expect([rebuilt, view.outdated]).toEqual([2, true])
    view.rebuild({ urgent: true })
    expect([rebuilt, view.outdated]).toEqual([3, false])
    for (let second = 0; second < 600; second++) {
      view.rebuild()
      await clock.run(1_000)
    }
    expect(rebuilt).toBeLessThan(25)
    await clock.run(300_000)
    view.rebuild()
    expect(view.outdated).toBe(false)
  })

  test('a log that never comes hides nothing, however much was written after it', async () => {
    const [ann, bob] = [await logs.author('ann'), await logs.author('bob')]
    const gone = hash([Buffer.from('a log that nobody has')])
    const more = Array.from({ length: 600 }, (_, n) => ({ text: `more ${n}` }))
    await logs.write(ann, { text: 'first', heads: [{ log: gone, length: 5 }] }, ...more)
    await logs.write(bob, { text: 'answer', heads: [{ log: ann.key, length: 601 }] })
    const view = timeline()
    view.add(ann, undefined)
    view.add(bob, undefined)
    await until('the records to wait', () => view.waiting > 0)
    await until('602 records to be shown', async () => {
      await clock.run(1_000)
      return view.total === 602
    })
    await clock.run(10_000)
    expect((await texts(view)).at(-1)).toBe('answer')
    expect(reordered).toBe(0)
  })

  test('shows what is in the logs, and what comes', async () => {
    const [ann, bob] = [await logs.author('ann', true), await logs.author('bob')]
    await logs.write(ann, { text: 'one' })
    const view = timeline()
    view.add(ann, undefined)
    view.add(bob, undefined)
    await shows(view, 1)
    await logs.write(bob, { text: 'two', heads: [{ log: ann.key, length: 1 }] })
    await logs.write(ann, { text: 'three', heads: [{ log: bob.key, length: 1 }] })
    await shows(view, 3)
    expect(await texts(view)).toEqual(['one', 'two', 'three'])
    expect(view.unreadAfter(null)).toBe(1)
  })

  test('nothing of a log that is hidden here is shown or counted, and all of it again afterwards', async () => {
    const [ann, bob] = [await logs.author('ann', true), await logs.author('bob')]
    await logs.write(ann, { text: 'one' })
    await logs.write(bob, { text: 'two', heads: [{ log: ann.key, length: 1 }] }, { text: 'three' })
    const view = timeline()
    view.add(ann, undefined)
    view.add(bob, undefined)
    await shows(view, 3)
    hidden.add(bob.hex)
    expect(await texts(view)).toEqual(['one'])
    expect([view.total, view.unreadAfter(null)]).toEqual([1, 0])
    const [first] = view.page(null, 1).positions
    expect(view.pageAfter(first!, 10)).toEqual([])
    hidden.clear()
    expect(await texts(view)).toEqual(['one', 'two', 'three'])
    expect([view.total, view.unreadAfter(null)]).toEqual([3, 2])
  })

  test('hands over each record as it is placed, and all of them again when they are placed anew', async () => {
    const [ann, bob] = [await logs.author('ann', true), await logs.author('bob')]
    await logs.write(ann, { text: 'one' }, { text: 'two' })
    await logs.write(bob, { text: 'three', heads: [{ log: ann.key, length: 2 }] })
    const view = timeline()
    view.add(ann, undefined)
    view.add(bob, undefined)
    const places = (): string[] => taken.map(({ log, seq }) => `${log.hex}/${seq}`).sort()
    const all = [`${ann.hex}/0`, `${ann.hex}/1`, `${bob.hex}/0`].sort()
    await shows(view, 3)
    expect(places()).toEqual(all)
    view.rebuild()
    expect(taken).toEqual([])
    await shows(view, 3)
    expect(places()).toEqual(all)
    expect(await texts(view)).toEqual(['one', 'two', 'three'])
  })

  test('what builds on a record that is away waits a while, is shown, and moves when it comes', async () => {
    const [ann, bob] = [await logs.author('ann'), await logs.author('bob')]
    const away = await logs.copy('ann')
    await logs.write(ann, { text: 'asked' })
    await logs.write(bob, { text: 'answered', heads: [{ log: ann.key, length: 1 }] })
    const view = timeline()
    view.add(away, undefined)
    view.add(bob, undefined)
    await until('the answer to wait', () => view.waiting === 1)
    await clock.run(1_000)
    expect([view.total, view.waiting]).toEqual([0, 1])
    await clock.run(2_000)
    expect([view.total, view.waiting]).toEqual([1, 0])
    // Not for good: a snapshot holds nothing of it.
    expect(view.save().every(({ lamports }) => lamports.length === 0)).toBe(true)
    await give(ann, away, 1)
    await shows(view, 2)
    expect(await texts(view)).toEqual(['asked', 'answered'])
    expect(reordered).toBe(1)
    expect(view.save().every(({ lamports }) => lamports.length === 1)).toBe(true)
  })

  test('what builds on a record that is here and was not looked at yet moves when that is read', async () => {
    const [ann, bob] = [await logs.author('ann'), await logs.author('bob')]
    const away = await logs.copy('ann')
    await logs.write(ann, { text: 'said' }, { text: 'asked' })
    await logs.write(bob, { text: 'answered', heads: [{ log: ann.key, length: 2 }] })
    const view = timeline()
    view.add(away, undefined)
    view.add(bob, undefined)
    await until('the answer to wait', () => view.waiting === 1)
    // A core holds a block for a moment before it says so.
    const silence = jest.spyOn(away.core, 'emit').mockReturnValue(false)
    await give(ann, away, 2)
    await clock.run(3_000)
    expect([view.total, view.waiting]).toEqual([1, 0])
    silence.mockRestore()
    away.core.emit('append')
    await shows(view, 3)
    expect(await texts(view)).toEqual(['said', 'asked', 'answered'])
    expect(view.settled).toBe(true)
  })

  test('what builds on a record whose key is to come moves when the key comes', async () => {
    const [ann, bob] = [await logs.author('ann'), await logs.author('bob')]
    const next = hash([Buffer.from('epoch 1')])
    await logs.write(ann, { text: 'said' }, { text: 'asked', epoch: 1, key: next })
    await logs.write(bob, { text: 'answered', heads: [{ log: ann.key, length: 2 }] })
    const view = timeline()
    view.add(ann, undefined)
    view.add(bob, undefined)
    await until('the answer to wait', () => view.waiting === 1)
    await clock.run(3_000)
    await shows(view, 2)
    keys.set(1, next)
    view.wake()
    await shows(view, 3)
    expect(await texts(view)).toEqual(['said', 'asked', 'answered'])
    expect(view.settled).toBe(true)
  })

  test('a record of an epoch whose key is not known waits for the key', async () => {
    const ann = await logs.author('ann')
    const next = hash([Buffer.from('epoch 1')])
    await logs.write(ann, { text: 'before' }, { text: 'after', epoch: 1, key: next })
    const view = timeline()
    view.add(ann, undefined)
    await shows(view, 1)
    keys.set(1, next)
    view.wake()
    await shows(view, 2)
    expect(await texts(view)).toEqual(['before', 'after'])
  })

  test('a record whose key is never for this device is placed at once and shows nothing', async () => {
    const [ann, bob] = [await logs.author('ann'), await logs.author('bob')]
    const next = hash([Buffer.from('epoch 1')])
    await logs.write(ann, { text: 'before' }, { epoch: 1, key: next }, { text: 'after' })
    await logs.write(bob, { text: 'answer', heads: [{ log: ann.key, length: 3 }] })
    statuses.set(1, 'never')
    const view = timeline()
    view.add(ann, undefined)
    view.add(bob, undefined)
    await shows(view, 3)
    expect(await texts(view)).toEqual(['before', 'after', 'answer'])
    // It came after all: everything is placed anew.
    statuses.clear()
    keys.set(1, next)
    view.rebuild()
    await shows(view, 4)
    expect(await texts(view)).toEqual(['before', 'record 1', 'after', 'answer'])
    // And it is deleted again.
    keys.delete(1)
    statuses.set(1, 'never')
    await clock.run(1_000)
    view.rebuild()
    await shows(view, 3)
    expect(await view.body({ log: view.index(ann.hex)!, seq: 1 })).toBeNull()
  })

  test('A22: nothing beyond the end of a log counts, and nobody waits for it', async () => {
    const [ann, bob] = [await logs.author('ann'), await logs.author('bob')]
    await logs.write(ann, { text: 'one' }, { text: 'two' }, { text: 'late' })
    await logs.write(bob, { text: 'answer', heads: [{ log: ann.key, length: 3 }] })
    const first = timeline()
    for (const log of [ann, bob]) first.add(log, undefined)
    await shows(first, 4)
    // This one had the late record before it was cut off.
    ann.bound({ limit: 2, silenced: [] })
    limits.set(ann.hex, 2)
    first.rebuild()
    await shows(first, 3)
    expect(await texts(first)).toEqual(['one', 'two', 'answer'])
    expect([first.index(ann.hex)!.length, ann.reach, first.waiting]).toEqual([2, 2, 0])
    // And this one hears of the end first: both show the same, for good, at once.
    const second = timeline()
    for (const log of [ann, bob]) second.add(log, undefined)
    await shows(second, 3)
    expect(await texts(second)).toEqual(await texts(first))
    const placed = (view: Timeline): unknown => view.save().map(({ lamports }) => [...lamports])
    expect(placed(second)).toEqual(placed(first))
    expect(placed(second)).toEqual([[1, 2], [3]])
    await logs.write(ann, { text: 'later still' })
    await logs.write(bob, { text: 'on' })
    await shows(second, 4)
    expect((await texts(second)).at(-1)).toBe('on')
  })

  test('what is silenced is placed and shows nothing, nor does anyone learn from it', async () => {
    const ann = await logs.author('ann')
    ann.bound({ limit: Infinity, silenced: [[1, 3]] })
    await logs.write(ann, { text: 'one' }, { text: 'two' }, { text: 'three' }, { text: 'four' })
    const view = timeline()
    view.add(ann, undefined)
    await shows(view, 2)
    expect(await texts(view)).toEqual(['one', 'four'])
    expect(taken.map(({ seq }) => seq)).toEqual([0, 3])
  })

  test('placing anew in the middle of reading loses and doubles nothing', async () => {
    const ann = await logs.author('ann')
    const view = timeline()
    view.add(ann, undefined)
    await logs.write(ann, {}, {})
    await shows(view, 2)
    const get = ann.core.get.bind(ann.core)
    let begun = false
    ann.core.get = (seq: number, options?: object) => {
      if (!begun) {
        begun = true
        view.rebuild()
      }
      return get(seq, options)
    }
    await logs.write(ann, {})
    await shows(view, 3)
    expect(await texts(view)).toEqual(['record 0', 'record 1', 'record 2'])
    expect(taken.map(({ seq }) => seq)).toEqual([0, 1, 2])
  })

  test('A7: altered, copied and alien blocks are hidden; what comes after them is shown', async () => {
    const [ann, bob] = [await logs.author('ann'), await logs.author('bob')]
    const good = logs.seal(ann, 0, { text: 'mine' })
    const altered = Buffer.from(good)
    altered[40]! ^= 1
    const wrongKey = logs.seal(ann, 2, { key: hash([EPOCH_KEY]) })
    const last = logs.seal(ann, 5, { text: 'last' })
    await ann.core.append([good, altered, wrongKey, good, Buffer.from('not a record'), last])
    await bob.core.append([good])
    const view = timeline()
    view.add(ann, undefined)
    view.add(bob, undefined)
    await shows(view, 2)
    expect(await texts(view)).toEqual(['mine', 'last'])
    const placed = (): number[] => [ann, bob].map(({ hex }) => view.index(hex)!.length)
    await until('both to be read', () => placed().join() === '6,1')
    expect(view.total).toBe(2)
  })

  test('a kind it does not know is shown as such, a silent one is not', async () => {
    const ann = await logs.author('ann')
    await logs.write(ann, { kind: 99 }, { kind: FIRST_SILENT_KIND }, { text: 'text' })
    const view = timeline()
    view.add(ann, undefined)
    await until('all to be read', () => view.index(ann.hex)!.length === 3)
    expect(view.total).toBe(2)
    expect(view.index(ann.hex)!.kind(0)).toBe(UNKNOWN)
  })

  test('goes on from what it saved', async () => {
    const [ann, bob] = [await logs.author('ann'), await logs.author('bob')]
    for (let n = 0; n < 20; n++) {
      await logs.write(ann, { text: `a${n}`, heads: [{ log: bob.key, length: n }] })
      await logs.write(bob, { text: `b${n}`, heads: [{ log: ann.key, length: n + 1 }] })
    }
    const view = timeline()
    for (const log of [ann, bob]) view.add(log, undefined)
    await shows(view, 40)
    const saved = view.save()
    await logs.write(ann, { text: 'new', heads: [{ log: bob.key, length: 20 }] })
    await shows(view, 41)
    const again = timeline()
    for (const log of [ann, bob]) {
      again.add(
        log,
        saved.find(({ key }) => key.equals(log.key)),
      )
    }
    expect(again.total).toBe(40)
    await shows(again, 41)
    expect(await texts(again)).toEqual(await texts(view))
  })

  test('a log that is shorter than what was saved of it is read anew', async () => {
    const ann = await logs.author('ann')
    await logs.write(ann, { text: 'one' })
    const saved = {
      key: ann.key,
      lamports: Uint32Array.from([1, 2, 3]),
      kinds: Uint8Array.from([1, 1, 1]),
    }
    const view = timeline()
    view.add(ann, saved)
    expect(view.total).toBe(0)
    await shows(view, 1)
    expect(await texts(view)).toEqual(['one'])
  })

  test('what is over the allowance of its log is hidden, and a log that goes on has ended', async () => {
    const few = { ...LIMITS, records: 6, over: 3 }
    const [ann, bob] = [await logs.author('ann', false, { limits: few }), await logs.author('bob')]
    await logs.write(ann, ...Array.from({ length: 20 }, (_, n) => ({ text: `a${n}` })))
    // What counts no more is waited for by nobody.
    await logs.write(bob, { text: 'answer', heads: [{ log: ann.key, length: 15 }] })
    const view = timeline()
    view.add(ann, undefined)
    view.add(bob, undefined)
    await until('the log to end', () => ended > 0)
    expect(ann.limit).toBe(9)
    limits.set(ann.hex, ann.limit)
    view.rebuild()
    await shows(view, 7)
    expect(await texts(view)).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'answer'])
    await until('all that counts to be placed', () => view.index(ann.hex)!.length === 9)
    expect(view.waiting).toBe(0)
  })

  test('what leans on time that has not passed waits for it', async () => {
    // Two records of 110 bytes fit; a third does 80 s later.
    const ann = await logs.author('ann', false, {
      limits: { ...LIMITS, bytes: 250, byteRate: 1, ahead: 0 },
    })
    const sentAt = clock.now()
    const three = { text: 'three', sentAt: sentAt + 90_000 }
    await logs.write(ann, { text: 'one', sentAt }, { text: 'two', sentAt }, three)
    const view = timeline()
    view.add(ann, undefined)
    await shows(view, 2)
    await clock.run(61_000)
    const bob = await logs.author('bob')
    await logs.write(bob, { text: 'looked at since' })
    view.add(bob, undefined)
    await shows(view, 3)
    expect(await texts(view)).not.toContain('three')
    await clock.run(60_000)
    await shows(view, 4)
  })

  test('a member that lets out record after record has all placed anew now and then only', async () => {
    const [ann, bob] = [await logs.author('ann'), await logs.author('bob')]
    const away = await logs.copy('ann')
    const count = 40
    const signatures: Buffer[] = []
    for (let n = 0; n < count; n++) {
      await logs.write(ann, { text: `a${n}` })
      signatures.push(Buffer.from(ann.core.core.state.signature!))
      await logs.write(bob, { text: `b${n}`, heads: [{ log: ann.key, length: n + 1 }] })
    }
    const view = timeline()
    view.add(away, undefined)
    view.add(bob, undefined)
    await until('the answers to wait', () => view.waiting > 0)
    await clock.run(3_000)
    await shows(view, count)
    for (let n = 1; n <= count; n++) {
      await away.store([(await ann.core.get(n - 1)) as Buffer], signatures[n - 1]!)
      await clock.run(100)
    }
    await clock.run(20_000)
    await shows(view, 2 * count)
    expect(reordered).toBeLessThan(count / 4)
    expect((await texts(view)).slice(-2)).toEqual([`a${count - 1}`, `b${count - 1}`])
  })
})

describe('blocks of this device', () => {
  test('are placed without being read back from the store', async () => {
    const log = await logs.author('ann', true)
    const read: number[] = []
    const get = log.core.get.bind(log.core)
    log.core.get = ((seq: number, options?: object) => {
      read.push(seq)
      return get(seq, options)
    }) as typeof get
    const view = timeline()
    view.add(log, undefined)
    await log.append([logs.seal(log, 0, { text: 'one' }), logs.seal(log, 1, { text: 'two' })])
    await shows(view, 2)
    expect(await texts(view)).toEqual(['one', 'two'])
    expect(read).toEqual([])
    // Once only: what is placed anew comes from the store.
    view.rebuild()
    await shows(view, 2)
    expect(read).toEqual([0, 1])
  })

  test('that could not be written are forgotten', async () => {
    const log = await logs.author('ann', true)
    const append = log.core.append.bind(log.core)
    log.core.append = () => Promise.reject(new Error('no space'))
    await expect(log.append([logs.seal(log, 0, { text: 'lost' })])).rejects.toThrow('no space')
    log.core.append = append
    await logs.write(log, { text: 'kept' })
    const view = timeline()
    view.add(log, undefined)
    await shows(view, 1)
    expect(await texts(view)).toEqual(['kept'])
  })
})
