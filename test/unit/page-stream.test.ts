import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { retryDelay } from '../../web-ui/src/api/retry-delay.ts'
import { SseParser } from '../../web-ui/src/api/sse-parser.ts'
import { Serial } from '../../web-ui/src/state/serial.ts'

const STREAM =
  ': hello\n\nid: 7\nevent: room\ndata: {"roomId":"a"}\n\n:beat\n\nid: 8\r\nevent: peers\r\ndata: {}\r\n\r\ndata: one\ndata: two\n\n'
const EVENTS = [
  { id: '7', event: 'room', data: '{"roomId":"a"}' },
  { id: '8', event: 'peers', data: '{}' },
  { id: null, event: 'message', data: 'one\ntwo' },
]

test('events come out the same however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 12 }), (cuts) => {
      const parser = new SseParser()
      const at = [0, ...cuts.toSorted((a, b) => a - b), STREAM.length]
      const events = at.slice(1).flatMap((end, i) => parser.push(STREAM.slice(at[i], end)))
      expect(events).toEqual(EVENTS)
    }),
  )
})

test('a frame without end is given up instead of filling the memory', () => {
  const parser = new SseParser()
  const flood = (): void => {
    for (let i = 0; i < 100; i += 1) parser.push('x'.repeat(100_000))
  }
  expect(flood).toThrow(RangeError)
})

test('tries come at growing distances, up to a limit', () => {
  const delays = [1, 2, 3, 4, 5, 6, 50].map(retryDelay)
  expect(delays).toEqual([400, 800, 1600, 3200, 6400, 8000, 8000])
})

test('tasks run one after the other, whatever one of them does', async () => {
  const serial = new Serial()
  const seen: string[] = []
  const slow = serial.run(async () => {
    await Promise.resolve()
    seen.push('slow')
    throw new Error('no')
  })
  const quick = serial.run(async () => seen.push('quick'))
  await expect(slow).rejects.toThrow('no')
  await quick
  expect(seen).toEqual(['slow', 'quick'])
})
