import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { IncomingMessage } from 'node:http'
import { ApiServer } from './api-server.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { until } from './until.ts'

let server: ApiServer
let open: IncomingMessage[]

beforeEach(async () => {
  open = []
  server = await ApiServer.start()
})
afterEach(async () => {
  for (const response of open) response.destroy()
  await server.close()
})

interface Seen {
  id: number
  event: string
  data: { roomId?: string }
}

/** Opens the stream and collects its events; `ready` once the id to resume from has come. */
async function listen(
  lastId?: number | string,
): Promise<{ seen: Seen[]; response: IncomingMessage; text: () => string }> {
  const headers = lastId === undefined ? {} : { 'last-event-id': String(lastId) }
  const response = await server.open('GET', '/api/v1/events', { ...server.bearer, ...headers })
  open.push(response)
  const seen: Seen[] = []
  let rest = ''
  let text = ''
  response.setEncoding('utf8')
  response.on('error', () => {})
  response.on('data', (chunk: string) => {
    text += chunk
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop()!
    for (const block of blocks) {
      const field = (name: string): string | undefined =>
        new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
      const event = field('event')
      if (event === undefined) continue
      seen.push({
        id: Number(field('id')),
        event,
        data: JSON.parse(field('data')!) as { roomId?: string },
      })
    }
  })
  await until(() => response.statusCode !== 200 || text.includes('id: '))
  return { seen, response, text: () => text }
}

describe('event stream', () => {
  test('carries every kind of the engine’s events, with its payload', async () => {
    const { seen, response } = await listen()
    expect(response.headers['content-type']).toMatch('text/event-stream')
    expect(response.headers['content-security-policy']).toContain("default-src 'none'")
    const message = server.engine.message('m1', 'hello')
    server.engine.emit('room', 'r1')
    server.engine.emit('timeline', { roomId: 'r1', messages: [message], overflow: false })
    server.engine.emit('delivery', 'r1')
    server.engine.emit('peers')
    server.engine.emit('transports')
    server.engine.emit('people')
    server.engine.emit('pairing')
    server.engine.emit('mirrors')
    await until(() => seen.length === 8)
    expect(seen.map(({ event, data }) => [event, data])).toEqual([
      ['room', { roomId: 'r1' }],
      ['timeline', { roomId: 'r1', messages: [message], overflow: false }],
      ['delivery', { roomId: 'r1' }],
      ['peers', {}],
      ['transports', {}],
      ['people', {}],
      ['pairing', {}],
      ['mirrors', {}],
    ])
    expect(new Set(seen.map(({ id }) => id)).size).toBe(8)
  })

  test('resumes after the last event that was seen, losing and doubling none', async () => {
    const first = await listen()
    server.engine.emit('room', 'r1')
    await until(() => first.seen.length === 1)
    first.response.destroy()
    for (const id of ['r2', 'r3', 'r4']) server.engine.emit('room', id)
    const second = await listen(first.seen[0]!.id)
    server.engine.emit('room', 'r5')
    await until(() => second.seen.length >= 4)
    expect(second.seen.map(({ data }) => data.roomId)).toEqual(['r2', 'r3', 'r4', 'r5'])
  })

  test('the id at the start lets a reader resume that saw no event', async () => {
    const first = await listen()
    const id = Number(/id: (\d+)/.exec(first.text())![1])
    first.response.destroy()
    server.engine.emit('room', 'r1')
    const second = await listen(id)
    await until(() => second.seen.length === 1)
    expect(second.seen[0]!.event).toBe('room')
  })

  test.each([
    ['of an earlier run', 17],
    ['from the future', 9_000_000_000_000_000],
    ['that is none', 'abc'],
  ])('an id %s is answered with a reset', async (_what, id) => {
    const { seen } = await listen(id)
    await until(() => seen.length === 1)
    expect(seen[0]).toMatchObject({ event: 'reset', data: {} })
    server.engine.emit('peers')
    await until(() => seen.length === 2)
    expect(seen[1]!.id).toBe(seen[0]!.id + 1)
  })

  test('one that lost events for good is told to reset, then goes on', async () => {
    const first = await listen()
    server.engine.emit('room', 'r1')
    await until(() => first.seen.length === 1)
    first.response.destroy()
    for (let i = 0; i < 2000; i++) server.engine.emit('peers')
    const second = await listen(first.seen[0]!.id)
    await until(() => second.seen.length === 1)
    expect(second.seen[0]!.event).toBe('reset')
    server.engine.emit('room', 'r2')
    await until(() => second.seen.length === 2)
    expect(second.seen[1]!.event).toBe('room')
  })

  test('a reader that takes nothing holds up nobody, and is told to reset when it fell behind', async () => {
    const slow = await listen()
    slow.response.pause()
    const quick = await listen()
    const text = 'x'.repeat(16_000)
    const messages = Array.from({ length: 60 }, (_, i) => server.engine.message(`m${i}`, text))
    for (let i = 0; i < 40; i++) {
      server.engine.emit('timeline', { roomId: 'r1', messages, overflow: false })
      await until(() => quick.seen.length === i + 1)
    }
    slow.response.resume()
    await until(() => slow.seen.some(({ event }) => event === 'reset'))
    expect(slow.seen.length).toBeLessThan(40)
  })

  test('a reader that takes nothing for long is dropped; one that does is not', async () => {
    await server.close()
    const clock = new VirtualClock()
    server = await ApiServer.start(undefined, undefined, clock)
    const [slow, quick] = [await listen(), await listen()]
    slow.response.pause()
    const message = server.engine.message('m1', 'x'.repeat(16_000))
    const messages = Array.from({ length: 64 }, () => message)
    for (let i = 0; i < 20; i++) {
      server.engine.emit('timeline', { roomId: 'r1', messages, overflow: false })
      await until(() => quick.seen.length === i + 1)
    }
    expect(server.events.streams).toBe(2)
    await clock.run(60_000)
    await until(() => server.events.streams === 1)
    expect(quick.response.destroyed).toBe(false)
    await until(() => quick.text().endsWith(':\n\n'))
  })

  test('at most 32 are open at once, and one that closed makes room', async () => {
    for (let i = 0; i < 32; i++) await listen()
    const refused = await server.call('GET', '/api/v1/events')
    expect(refused.status).toBe(503)
    expect(refused.json().error.code).toBe('OVERLOADED')
    open.pop()!.destroy()
    await until(() => server.events.streams === 31)
    expect((await listen()).response.statusCode).toBe(200)
  })
})
