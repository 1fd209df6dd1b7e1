import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { PorchlightError } from '../../core/errors.ts'
import { parseBootstrap, parseNode } from '../../transports/dht/bootstrap.ts'
import { decodeFrame, encodeData, encodeEnd, encodeGrant } from '../../transports/dht/frame.ts'
import { decodePong, encodePing } from '../../transports/dht/ping-codec.ts'

const RUNS = { numRuns: 2_000 }

describe('frames of a link', () => {
  test('are read as they were written', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 0xffff_ffff }), (data, room) => {
        expect(decodeFrame(encodeData(data))).toEqual({ kind: 'data', bytes: Buffer.from(data) })
        expect(decodeFrame(encodeGrant(room))).toEqual({ kind: 'grant', bytes: room })
        expect(decodeFrame(encodeEnd())).toEqual({ kind: 'end' })
      }),
    )
  })

  test('A12: no bytes make the decoder throw, and what says nothing is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect([null, 'data', 'grant', 'end']).toContain(decodeFrame(bytes)?.kind ?? null)
      }),
      RUNS,
    )
    for (const bytes of [[], [0], [1, 0, 0, 0, 0], [1, 1], [1, 1, 0, 0, 0, 0], [2, 0], [3]]) {
      expect(decodeFrame(Uint8Array.from(bytes))).toBeNull()
    }
  })
})

describe('pings', () => {
  test('say where they go, and nothing else', () => {
    expect([...encodePing(0x1234, '192.0.2.7', 49_737)]).toEqual([
      3, 4, 0x34, 0x12, 192, 0, 2, 7, 0x49, 0xc2, 0,
    ])
  })

  test('A12: an answer has the id of its question; anything else is none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const id = decodePong(bytes)
        const answers = bytes.byteLength >= 10 && bytes[0] === 0x13
        expect(id).toBe(answers ? bytes[2]! + 256 * bytes[3]! : null)
      }),
      RUNS,
    )
    expect(decodePong(Uint8Array.of(0x13, 1, 0x34, 0x12, 1, 2, 3, 4, 5, 6))).toBe(0x1234)
  })
})

describe('nodes of a DHT', () => {
  test.each([
    ['192.0.2.7:49737', { host: '192.0.2.7', port: 49_737 }],
    ['node.example:1', { host: 'node.example', port: 1 }],
    ['88.99.3.86@node1.hyperdht.org:49737', { host: '88.99.3.86', port: 49_737 }],
  ])('%s is one', (text, node) => {
    expect(parseNode(text)).toEqual(node)
  })

  test.each([
    '192.0.2.7',
    '192.0.2.7:0',
    '192.0.2.7:65536',
    '192.0.2.777:1',
    '1.2.3:5',
    ':5',
    '-a:5',
    'a b:5',
    '::1:5',
  ])('%s is none', (text) => {
    expect(parseNode(text)).toBeNull()
    expect(() => parseBootstrap(text)).toThrow(PorchlightError)
  })

  test('a list is read with its spaces, and bounded', () => {
    expect(parseBootstrap(' 192.0.2.7:1, node.example:2 ,')).toEqual([
      '192.0.2.7:1',
      'node.example:2',
    ])
    expect(() => parseBootstrap('')).toThrow(/HOST:PORT/)
    expect(() => parseBootstrap(Array(17).fill('192.0.2.7:1').join(','))).toThrow(/16/)
  })

  test('A12: no text makes the parser throw', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        expect(parseNode(text)?.port ?? 1).toBeGreaterThan(0)
      }),
      RUNS,
    )
  })
})
