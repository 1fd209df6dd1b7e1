import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  decodeHello,
  decodePacket,
  encodeHello,
  encodePacket,
  sessionKey,
} from '../../transports/ble/link/packet.ts'
import type { Packet } from '../../transports/ble/link/packet.ts'

const KEY = 0x1234_5678

const hellos = fc.record({
  role: fc.constantFrom('central' as const, 'peripheral' as const),
  session: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  window: fc.nat(255),
})

const packets: fc.Arbitrary<Packet> = fc.record({
  number: fc.nat(2 ** 32 - 1),
  bytes: fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
  end: fc.boolean(),
  ack: fc.option(
    fc.record({ next: fc.nat(2 ** 32 - 1), window: fc.nat(255), missing: fc.nat(127) }),
  ),
  ask: fc.boolean(),
  close: fc.boolean(),
})

const near = fc.integer({ min: -127, max: 128 })

describe('the packets of a link over GATT', () => {
  test('a hello comes out as it went in, and no other bytes are one', () => {
    fc.assert(
      fc.property(hellos, fc.uint8Array({ maxLength: 40 }), (hello, noise) => {
        expect(decodeHello(encodeHello(hello))).toEqual(hello)
        expect(decodeHello(noise)).toBeNull()
      }),
    )
  })

  test('a packet comes out as it went in, wherever near it the receiver is', () => {
    fc.assert(
      fc.property(packets, near, near, (packet, ahead, behind) => {
        const expected = packet.number + ahead
        const acknowledged = (packet.ack?.next ?? 0) + behind
        const out = decodePacket(encodePacket(packet, KEY), KEY, expected, acknowledged)
        expect(out).toEqual(packet)
      }),
    )
  })

  test('a packet with a byte changed, cut off or added is none, nor are arbitrary bytes', () => {
    fc.assert(
      fc.property(
        packets,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.uint8Array({ minLength: 1, maxLength: 520 }),
        (packet, at, by, noise) => {
          const sealed = encodePacket(packet, KEY)
          const decode = (bytes: Uint8Array): unknown =>
            decodePacket(bytes, KEY, packet.number, packet.ack?.next ?? 0)
          const changed = Buffer.from(sealed)
          const place = at % changed.length
          changed.writeUInt8(changed.readUInt8(place) ^ by, place)
          expect(decode(changed)).toBeNull()
          expect(decode(sealed.subarray(0, place))).toBeNull()
          expect(decode(Buffer.concat([sealed, noise]))).toBeNull()
          expect(decode(noise)).toBeNull()
        },
      ),
    )
  })

  test('a packet of another session, the other direction or an earlier round of numbers is none', () => {
    fc.assert(
      fc.property(packets, hellos, hellos, hellos, (packet, one, two, old) => {
        fc.pre(!old.session.equals(two.session))
        const next = packet.ack?.next ?? 0
        const key = sessionKey(one.session, two.session, 'central')
        const sealed = encodePacket(packet, key)
        expect(decodePacket(sealed, key, packet.number, next)).not.toBeNull()
        const others = [
          sessionKey(one.session, two.session, 'peripheral'),
          sessionKey(one.session, old.session, 'central'),
          sessionKey(old.session, two.session, 'central'),
        ]
        for (const other of others.filter((each) => each !== key))
          expect(decodePacket(sealed, other, packet.number, next)).toBeNull()
        expect(decodePacket(sealed, key, packet.number + 256, next)).toBeNull()
        const late = decodePacket(sealed, key, packet.number, next + 256)
        expect(packet.ack === null || late === null).toBe(true)
      }),
    )
  })

  test.each<[string, Partial<Packet>, number]>([
    ['a full packet', { bytes: Buffer.alloc(247) }, 253],
    ['an acknowledgement', { ack: { next: 9, window: 128, missing: 0 } }, 8],
    ['a hello that fits the smallest packet', {}, 6],
  ])('%s is small', (_, some, size) => {
    const plain = { number: 1, bytes: Buffer.alloc(0), end: false, ack: null, ask: false }
    const sealed = encodePacket({ ...plain, close: false, ...some }, KEY)
    expect(sealed.byteLength).toBe(size)
    const session = Buffer.alloc(8)
    expect(encodeHello({ role: 'central', session, window: 0 }).byteLength).toBeLessThanOrEqual(20)
  })
})
