import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../core/clock.ts'
import { mirrorId } from '../../core/mirror/mirror-keys.ts'
import { until } from '../compliance/until.ts'
import { MirrorStreet } from './core-mirror-street.ts'
import { pairOf } from './core-people.ts'
import { SignedLogs } from './core-signed-logs.ts'
import type { SignedLog } from './core-signed-logs.ts'

const KEY = Buffer.alloc(32, 1)
const ID = mirrorId(KEY)

let logs: SignedLogs
let log: SignedLog
let other: SignedLog
let street: MirrorStreet

beforeAll(async () => {
  logs = await SignedLogs.open()
  log = await logs.author('ann', ...Array.from({ length: 60 }, () => 300))
  other = await logs.author('bob', 100, 200)
})

afterAll(() => logs.close())

beforeEach(() => {
  street = new MirrorStreet(systemClock, { latency: 2 })
})

afterEach(() => street.close())

describe('the exchange', () => {
  test('R12: the sender goes before the receiver comes: the node between hands on what it can not read', async () => {
    const [ann, node, cleo] = await Promise.all(
      ['ann', 'node', 'cleo'].map((name) => street.device(name)),
    )
    street.network.partition([['ann', 'node'], ['cleo']])
    await node!.offer()
    const room = ann!.room(KEY)
    room.add(log)
    room.add(other)
    const link = await street.met(ann!, node!)
    const kept = await link.deposit(KEY, { depositor: pairOf('ann at the node') })
    expect(kept).toMatchObject({ refused: null })
    const hex = log.key.toString('hex')
    await until(
      'the node to say that it has all',
      () => link.stored(ID).get(hex)?.at(-1)?.to === 60 && link.stored(ID).size === 2,
    )
    expect(node!.shelf.get(ID)!.end(log)).toBe(60)
    street.network.partition([['ann'], ['node', 'cleo']])
    const late = cleo!.room(KEY)
    await until('all of it', () => late.end(log) === 60 && late.end(other) === 2)
    // It goes on, while both are there.
    street.network.partition([['ann', 'node', 'cleo']])
    await until('ann', () => ann!.links.get('node')?.link.matched(ID))
    await log.grow(50)
    room.add(log)
    await until('the newest', () => late.end(log) === 61)
    expect([...ann!.logged, ...node!.logged, ...cleo!.logged]).toEqual([])
  })
})
