import { describe, expect, test } from '@jest/globals'
import type { RoomView } from '../../core/api.ts'
import type { Clock } from '../../core/clock.ts'
import { seededRandom } from '../../core/random.ts'
import { Credentials } from '../../node-app/api/credentials.ts'
import { EventLog } from '../../node-app/api/event-log.ts'
import { allowedHosts, tokenInQuery } from '../../node-app/api/guard.ts'
import { findRoom } from '../../node-app/api/references.ts'

function at(time: { now: number }): Clock {
  return { now: () => time.now, monotonic: () => time.now, after: () => ({ cancel() {} }) }
}

describe('credentials', () => {
  test('a code is good once, for ten minutes', () => {
    const time = { now: 0 }
    const credentials = new Credentials(at(time), seededRandom(1))
    const [early, late] = [credentials.issueCode(), credentials.issueCode()]
    time.now = 599_999
    expect(credentials.redeem(early)).toBe(credentials.pageToken)
    expect(() => credentials.redeem(early)).toThrow(expect.objectContaining({ status: 401 }))
    time.now = 600_000
    expect(() => credentials.redeem(late)).toThrow(expect.objectContaining({ status: 401 }))
  })

  test('many codes push out the oldest', () => {
    const credentials = new Credentials(at({ now: 0 }), seededRandom(1))
    const codes = Array.from({ length: 17 }, () => credentials.issueCode())
    expect(() => credentials.redeem(codes[0]!)).toThrow('fresh one')
    expect(credentials.redeem(codes[1]!)).toBe(credentials.pageToken)
  })

  test('wrong codes shut the door for a minute, even to a good one', () => {
    const time = { now: 0 }
    const credentials = new Credentials(at(time), seededRandom(1))
    const good = credentials.issueCode()
    for (let i = 0; i < 20; i++) expect(() => credentials.redeem('x')).toThrow('fresh one')
    expect(() => credentials.redeem(good)).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
    time.now = 60_000
    expect(credentials.redeem(good)).toBe(credentials.pageToken)
  })

  test('each run has a token of its own', () => {
    const [a, b] = [1, 2].map((seed) => new Credentials(at({ now: 0 }), seededRandom(seed)))
    expect(a!.callerOf(`Bearer ${a!.token}`)).toBe('program')
    expect(a!.callerOf(`Bearer ${a!.pageToken}`)).toBe('page')
    expect(a!.callerOf(`Bearer ${b!.token}`)).toBeUndefined()
    expect(a!.token.length).toBeGreaterThanOrEqual(43)
  })
})

describe('event log', () => {
  test('gives what follows, nothing at the end, and says what is lost', () => {
    const log = new EventLog(100, 3)
    for (const roomId of ['a', 'b', 'c', 'd']) log.append('room', { roomId })
    expect(log.after(104)).toBeUndefined()
    expect(log.after(103)).toEqual({ id: 104, event: 'room', data: '{"roomId":"d"}' })
    expect(log.after(101)).toMatchObject({ id: 102 })
    for (const id of [100, 0, 105, -1, 1.5, Number.NaN]) expect(log.after(id)).toBe('lost')
  })

  test('what is told anew replaces what was told of it before, wherever a reader is', () => {
    const log = new EventLog(0, 1000, 10_000)
    const files = (roomId: string, key?: string): void =>
      log.append('files', { roomId, files: [] }, key)
    files('a', 'a')
    log.append('peers', {})
    files('b', 'b')
    for (let i = 0; i < 500; i++) files('a', 'a')
    files('c')
    // None was lost for all their bytes, and each reader sees the last alone.
    expect(log.after(0)).toMatchObject({ id: 2, event: 'peers' })
    expect(log.after(2)).toMatchObject({ id: 3, data: expect.stringContaining('"b"') })
    expect(log.after(3)).toMatchObject({ id: 503, data: expect.stringContaining('"a"') })
    expect(log.after(250)).toMatchObject({ id: 503 })
    expect(log.after(503)).toMatchObject({ id: 504 })
    expect(log.after(504)).toBeUndefined()
    log.forget()
    files('a', 'a')
    expect(log.after(505)).toMatchObject({ id: 506 })
  })

  test('is bounded in bytes', () => {
    const log = new EventLog(0, 1000, 100)
    for (let i = 0; i < 10; i++) log.append('room', { roomId: 'x'.repeat(30) })
    expect(log.after(7)).toBe('lost')
    expect(log.after(8)).toMatchObject({ id: 9 })
  })
})

describe('room reference', () => {
  const room = (id: string, name: string): RoomView => ({
    id,
    name,
    role: 'member',
    state: 'joined',
    members: 1,
    unread: 0,
    mentions: 0,
    messages: 0,
    missing: 0,
  })
  const rooms = [
    room('abcd01', 'harbour'),
    room('abce02', 'ab'),
    room('ffff03', 'twin'),
    room('ffff04', 'twin'),
  ]

  test.each([
    ['abcd01', 'abcd01'],
    ['abcd', 'abcd01'],
    ['ABCD', 'abcd01'],
    ['harbour', 'abcd01'],
  ])('%s is one room', (reference, id) => {
    expect(findRoom(reference, rooms).id).toBe(id)
  })

  test.each([
    ['abc', 'AMBIGUOUS'],
    ['twin', 'AMBIGUOUS'],
    // The name of one is the beginning of another's id: neither is guessed.
    ['ab', 'AMBIGUOUS'],
    ['nobody', 'NOT_FOUND'],
    ['', 'NOT_FOUND'],
    ['HARBOUR', 'NOT_FOUND'],
  ])('"%s" is none: %s', (reference, code) => {
    expect(() => findRoom(reference, rooms)).toThrow(expect.objectContaining({ code }))
  })
})

describe('guard', () => {
  test('a port of its own is part of the name, but for the usual one', () => {
    expect(allowedHosts(4747)).toEqual(['127.0.0.1:4747', 'localhost:4747', '[::1]:4747'])
    expect(allowedHosts(80)).toContain('localhost')
  })

  test('a token in an address is seen under many names', () => {
    for (const query of ['?token=a', '?x=1&TOKEN=a', '?access_token', '?code=a', '?t%6fken=a']) {
      expect(tokenInQuery(`/api/v1/status${query}`)).toBe(true)
    }
    for (const target of ['/', '/token', '/?limit=5&before=token']) {
      expect(tokenInQuery(target)).toBe(false)
    }
  })
})
