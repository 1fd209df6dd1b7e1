import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { frameOf, frameOfAll, messagesOf } from '../../core/connection/mux-frames.ts'
import type { MuxMessage } from '../../core/connection/mux-frames.ts'
import { Outbox } from '../../core/connection/outbox.ts'
import { Assembly, pieceCodec } from '../../core/connection/pieces.ts'
import { BULK, HISTORY, TEXT, Urgencies, URGENT } from '../../core/connection/urgency.ts'
import type { Urgency } from '../../core/connection/urgency.ts'

const PIECES = 9
const MOST = 200
const LIMIT = 64 * 1024

/** The type of a message says how urgent it is. */
const byType = (_: number, type: number): Urgency => type as Urgency

function message(channel: number, urgency: number, bytes: number, mark = 0): MuxMessage {
  return { channel, body: Buffer.concat([Buffer.from([urgency, mark]), Buffer.alloc(bytes, mark)]) }
}

/** What the other end reads, in its order. */
class Reader {
  readonly read: MuxMessage[] = []
  readonly lengths: number[] = []
  readonly #assembly = new Assembly()

  take(frame: Buffer): void {
    this.lengths.push(frame.byteLength)
    for (const one of messagesOf(frame)) {
      if (one.channel !== PIECES) this.read.push(one)
      else {
        const state = { buffer: one.body, start: 1, end: one.body.byteLength }
        const whole = this.#assembly.add(pieceCodec.decode(state), LIMIT)
        if (whole !== null && whole !== 'too-long') this.read.push(...messagesOf(whole))
      }
    }
  }

  drain(outbox: Outbox, frames = Infinity, pieces: number | null = PIECES): void {
    for (let n = 0; n < frames; n++) {
      const frame = outbox.next(MOST, pieces)
      if (!frame) return
      this.take(frame)
    }
  }
}

describe('what waits to leave over a narrow link', () => {
  test('what is urgent passes what is not, also in the midst of a long message', () => {
    const outbox = new Outbox(byType)
    const reader = new Reader()
    outbox.push(frameOf(message(1, BULK, 5_000)))
    reader.drain(outbox, 5)
    expect(reader.read).toEqual([])
    const text = message(2, TEXT, 50)
    outbox.push(frameOf(text))
    expect(outbox.text).toBe(52)
    reader.drain(outbox, 1)
    expect(reader.read).toEqual([text])
    expect(outbox.text).toBe(0)
    reader.drain(outbox)
    expect(reader.read[1]).toEqual(message(1, BULK, 5_000))
    expect(outbox.size).toBe(0)
    expect(Math.max(...reader.lengths)).toBeLessThanOrEqual(MOST)
  })

  test('a fresh message of one channel waits for one frame of another that has much to say', () => {
    const outbox = new Outbox(byType)
    const reader = new Reader()
    for (let n = 0; n < 50; n++) outbox.push(frameOf(message(1, TEXT, 150, n)))
    outbox.push(frameOf(message(2, TEXT, 20)))
    reader.drain(outbox, 2)
    expect(reader.read.map(({ channel }) => channel)).toContain(2)
  })

  test('short messages share a frame', () => {
    const outbox = new Outbox(byType)
    const reader = new Reader()
    for (let n = 0; n < 10; n++) outbox.push(frameOf(message(1 + (n % 3), URGENT, 5, n)))
    reader.drain(outbox)
    expect(reader.lengths).toHaveLength(1)
    expect(reader.read).toHaveLength(10)
  })

  test('until the other end knows pieces, a long message goes whole', () => {
    const outbox = new Outbox(byType)
    const reader = new Reader()
    outbox.push(frameOf(message(1, URGENT, 3_000)))
    reader.drain(outbox, 1, null)
    expect(reader.read).toEqual([message(1, URGENT, 3_000)])
  })

  test('a channel is not closed before what was said in it, nor opened anew before that', () => {
    const outbox = new Outbox(byType)
    const reader = new Reader()
    const close = { channel: 0, body: Buffer.from([3, 5]) }
    const open = { channel: 0, body: Buffer.from([1, 5, 1, 0x61, 0]) }
    const [before, after] = [message(5, HISTORY, 900, 1), message(5, URGENT, 10, 2)]
    for (const one of [before, close, open, after]) outbox.push(frameOf(one))
    reader.drain(outbox)
    expect(reader.read).toEqual([before, close, open, after])
  })

  test('when the link ends, text and what is urgent still leaves', () => {
    const outbox = new Outbox(byType)
    const reader = new Reader()
    outbox.push(frameOf(message(1, BULK, 500)))
    outbox.push(frameOf(message(2, TEXT, 50)))
    outbox.drop()
    reader.drain(outbox)
    expect(reader.read).toEqual([message(2, TEXT, 50)])
    outbox.push(frameOf(message(2, TEXT, 50)))
    outbox.drop(true)
    expect(outbox.size).toBe(0)
    expect(outbox.next(MOST, PIECES)).toBeNull()
  })

  test('whatever is written arrives, each channel and urgency in its order, in frames that are not too long', () => {
    const one = fc.record({
      channel: fc.integer({ min: 1, max: 4 }),
      urgency: fc.integer({ min: 0, max: 4 }),
      bytes: fc.integer({ min: 0, max: 1_500 }),
      leave: fc.integer({ min: 0, max: 3 }),
      batch: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 40 }), (all) => {
        const outbox = new Outbox(byType)
        const reader = new Reader()
        const sent = all.map(({ channel, urgency, bytes }, n) =>
          message(channel, urgency, bytes, n),
        )
        let batch: MuxMessage[] = []
        for (const [n, each] of all.entries()) {
          batch.push(sent[n]!)
          if (each.batch && n < all.length - 1) continue
          outbox.push(frameOfAll(batch))
          batch = []
          reader.drain(outbox, each.leave)
        }
        reader.drain(outbox)
        expect(outbox.size).toBe(0)
        for (const length of reader.lengths) expect(length).toBeLessThanOrEqual(MOST)
        const lane = (from: readonly MuxMessage[], key: string): number[] =>
          from.filter((m) => `${m.channel}/${m.body[0]}` === key).map((m) => m.body[1]!)
        for (const { channel, urgency } of all) {
          const key = `${channel}/${urgency}`
          expect(lane(reader.read, key)).toEqual(lane(sent, key))
        }
        expect(reader.read).toHaveLength(sent.length)
      }),
    )
  })
})

/** Bytes of the data of what is a piece; else why it is none. */
function decoded(bytes: Uint8Array): unknown {
  try {
    const { data } = pieceCodec.decode({ buffer: bytes, start: 0, end: bytes.byteLength })
    return data.byteLength
  } catch (error) {
    return (error as { code: unknown }).code
  }
}

describe('pieces of a peer', () => {
  test('are put together up to the length that it may send, and no further', () => {
    const assembly = new Assembly()
    const piece = { urgency: 4, last: false, data: Buffer.alloc(600) }
    expect(assembly.add(piece, 1_000)).toBeNull()
    expect(assembly.add({ ...piece, urgency: 1, last: true }, 1_000)).toHaveLength(600)
    expect(assembly.waiting).toBe(600)
    expect(assembly.add(piece, 1_000)).toBe('too-long')
  })

  test('are copied once while their frame waits, and not at all when they are whole', () => {
    const assembly = new Assembly()
    const sent = Buffer.from(Array.from({ length: 10_000 }, (_, n) => n % 251))
    const part = (at: number, last = false): ReturnType<Assembly['add']> =>
      assembly.add({ urgency: 0, last, data: sent.subarray(at, at + 100) }, 10_000)
    expect(part(0, true)).toMatchObject({ buffer: sent.buffer, byteOffset: sent.byteOffset })
    for (let at = 0; at < 9_900; at += 100) expect(part(at)).toBeNull()
    const whole = part(9_900, true) as Buffer
    expect(whole.equals(sent)).toBe(true)
    expect(whole.buffer).not.toBe(sent.buffer)
    // Memory is no more than what a frame may be.
    expect(whole.buffer.byteLength).toBe(10_000)
    const body = Buffer.concat([Buffer.from([1]), sent])
    const { data } = pieceCodec.decode({ buffer: body, start: 0, end: body.byteLength })
    expect(data).toMatchObject({ buffer: body.buffer, byteOffset: body.byteOffset + 1 })
  })

  test('arbitrary bytes are a piece or malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(bytes.length > 0 && bytes[0]! < 10 ? bytes.length - 1 : 'MALFORMED').toBe(
          decoded(bytes),
        )
      }),
    )
  })
})

test('what nobody spoke of is urgent, and cores are text but those that go first', () => {
  const urgencies = new Urgencies()
  urgencies.declare('files', { ask: 0, piece: 0 }, { piece: BULK })
  const files = { protocol: 'files', id: null }
  expect([urgencies.of(files, 0), urgencies.of(files, 1)]).toEqual([URGENT, BULK])
  expect(urgencies.of(null, 0)).toBe(URGENT)
  const core = { protocol: 'hypercore/alpha', id: Buffer.alloc(32, 1) }
  expect(urgencies.of(core, 3)).toBe(TEXT)
  urgencies.hurry({ discoveryKey: core.id })
  expect(urgencies.of(core, 3)).toBe(URGENT)
  expect(urgencies.of({ ...core, id: Buffer.alloc(32, 2) }, 3)).toBe(TEXT)
})
