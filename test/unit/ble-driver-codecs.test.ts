import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  ADVERTISEMENT,
  decodePayload,
  encodeScanResponse,
} from '../../transports/ble/driver/advertisement-codec.ts'
import { MAX_ATT, plausibleAtt } from '../../transports/ble/driver/att-guard.ts'
import { addressBytes, addressText, readEvent } from '../../transports/ble/driver/hci-codec.ts'
import { HciLink } from '../../transports/ble/driver/hci-link.ts'
import {
  MAX_FRAME,
  MessageReader,
  decodeMessage,
  encodeMessage,
} from '../../transports/ble/driver/ipc-codec.ts'
import type { Message } from '../../transports/ble/driver/ipc-codec.ts'
import { SERVICE_UUID } from '../../transports/ble/uuids.ts'

const bytes = (length: number, fill = 7): Buffer => Buffer.alloc(length, fill)
const address = '4a:01:02:03:04:ff'

const MESSAGES: readonly Message[] = [
  { kind: 'identify', address, payload: bytes(13) },
  { kind: 'identify', address, payload: null },
  { kind: 'duty', advertise: true, scan: 1 },
  { kind: 'connect', attempt: 1, address, addressType: 'random' },
  { kind: 'abandon', attempt: 2 },
  { kind: 'packet', channel: 3, bytes: bytes(514) },
  { kind: 'close', channel: 4 },
  { kind: 'ping', count: 5 },
  { kind: 'stop' },
  {
    kind: 'on',
    abilities: { bothRoles: true, rotatesAddress: false, dialled: 4, accepted: 7, links: 7 },
  },
  { kind: 'trouble', trouble: 'permission' },
  { kind: 'sighting', address, addressType: 'public', rssi: -56, payload: bytes(13) },
  { kind: 'sighting', address, addressType: 'random', rssi: null, payload: bytes(13) },
  { kind: 'opened', attempt: 0, channel: 6, address, maxPacket: 20 },
  { kind: 'failed', attempt: 7 },
  { kind: 'sent', channel: 8, bytes: 514 },
  { kind: 'closed', channel: 9 },
  { kind: 'mtu', channel: 10, maxPacket: 514 },
  { kind: 'pong', count: 11 },
]

describe('messages between the child process and its parent', () => {
  test.each(MESSAGES)('$kind comes out as it went in', (message) => {
    const frame = encodeMessage(message)
    expect(decodeMessage(frame.subarray(2))).toEqual(message)
    expect(frame.readUInt16LE(0)).toBe(frame.length - 2)
  })

  test('in pieces of any size they come out whole and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (sizes) => {
        const all = Buffer.concat(MESSAGES.map(encodeMessage))
        const reader = new MessageReader()
        const out: Message[] = []
        let at = 0
        for (const size of [...sizes, all.length]) {
          out.push(...reader.push(all.subarray(at, at + size))!)
          at += size
        }
        expect(out).toEqual(MESSAGES)
      }),
    )
  })

  test('anything else is null, and what has no right length ends the reading', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: MAX_FRAME + 10 }), (any) => {
        const frame = Buffer.from(any)
        const message = decodeMessage(frame)
        expect(message === null || encodeMessage(message).subarray(2).equals(frame)).toBe(true)
      }),
    )
    expect(decodeMessage(encodeMessage(MESSAGES[0]!).subarray(2, -1))).toBeNull()
    expect(
      decodeMessage(Buffer.concat([encodeMessage({ kind: 'stop' }).subarray(2), bytes(1)])),
    ).toBeNull()
    expect(new MessageReader().push(Buffer.from([0, 0]))).toBeNull()
    expect(new MessageReader().push(Buffer.from([0xff, 0xff]))).toBeNull()
    const far = encodeMessage({ kind: 'opened', attempt: 0, channel: 1, address, maxPacket: 515 })
    expect(decodeMessage(far.subarray(2))).toBeNull()
  })

  test('of frames that are changed at random none is read as more than it is', () => {
    const one = fc.constantFrom(...MESSAGES)
    fc.assert(
      fc.property(one, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, where, change) => {
        const frame = encodeMessage(message).subarray(2)
        frame[where % frame.length]! ^= change
        const read = decodeMessage(frame)
        expect(read === null || encodeMessage(read).length - 2 === frame.length).toBe(true)
      }),
    )
  })
})

describe('advertisements', () => {
  test('A33: hold the service, and a payload that comes out again, and fit', () => {
    expect(ADVERTISEMENT).toHaveLength(21)
    expect(ADVERTISEMENT.subarray(5).toString('hex')).toBe(
      Buffer.from(SERVICE_UUID, 'hex').reverse().toString('hex'),
    )
    const response = encodeScanResponse(bytes(13, 3))
    expect(response).toHaveLength(31)
    expect(decodePayload(response)).toEqual(bytes(13, 3))
    expect(decodePayload(ADVERTISEMENT)).toBeNull()
  })

  test('of others, malformed or not, give nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (any) => {
        expect(decodePayload(any)).toBeNull()
      }),
    )
    const response = encodeScanResponse(bytes(13))
    for (let length = 0; length < response.length; length++) {
      expect(decodePayload(response.subarray(0, length))).toBeNull()
    }
    expect(decodePayload(encodeScanResponse(bytes(12)))).toBeNull()
  })
})

describe('events of the controller', () => {
  test('are read, whatever their bytes', () => {
    const head = fc.constantFrom(0x05, 0x0e, 0x0f, 0x13, 0x3e)
    const body = fc.uint8Array({ maxLength: 80 })
    fc.assert(
      fc.property(head, body, fc.nat(255), (code, any, length) => {
        const event = readEvent(Buffer.from([4, code, length, ...any]))
        expect(event).not.toBeNull()
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (any) => {
        expect(any[0] === 4 || readEvent(Buffer.from(any)) === null).toBe(true)
      }),
    )
  })

  test('tell of several reports, and of none that is cut short', () => {
    const report = (last: number): number[] => [4, 1, last, 2, 3, 4, 5, 0x46, 2, 0xaa, 0xbb, 0xc8]
    const body = [0x02, 2, ...report(1), ...report(2)]
    const packet = Buffer.from([4, 0x3e, body.length, ...body])
    expect(readEvent(packet)).toEqual({
      kind: 'reports',
      reports: ['01', '02'].map((last) => ({
        address: `46:05:04:03:02:${last}`,
        addressType: 'random',
        rssi: -56,
        data: Buffer.from([0xaa, 0xbb]),
      })),
    })
    expect(readEvent(packet.subarray(0, -1))).toEqual({ kind: 'other' })
  })

  test('write addresses backwards', () => {
    expect(addressText(addressBytes(address))).toBe(address)
    expect(addressBytes(address)[0]).toBe(0xff)
  })
})

describe('ATT packets of others', () => {
  test.each([
    [[], false],
    [[0x52, 1, 0], true],
    [[0x52, 1], false],
    [[0x1b, 1, 0], true],
    [[0x1b, 1], false],
    [[0x02, 23], false],
    [[0x11, 6, 1, 0, 2, 0, 0, 0x18], true],
    [[0x11, 0, 1, 0, 2, 0, 0, 0x18], false],
    [[0x11, 5, 1, 0, 2, 0, 0, 0x18], false],
    [[0x09, 0, 1, 0, 2], false],
    [[0x09, 2, 1, 0, 2, 0], false],
    [[0x05, 1, 1, 0, 2, 0], true],
    [[0x05, 3, 1, 0, 2, 0], false],
    [[0x13], true],
  ])('%j passes: %p', (pdu, passes) => {
    expect(plausibleAtt(Uint8Array.from(pdu))).toBe(passes)
  })

  test('are never longer than the largest MTU', () => {
    expect(plausibleAtt(bytes(MAX_ATT, 0x52))).toBe(true)
    expect(plausibleAtt(bytes(MAX_ATT + 1, 0x52))).toBe(false)
  })
})

describe('a link at the host', () => {
  const link = (role: 'central' | 'peripheral'): HciLink =>
    new HciLink({ handle: 1, role, address, addressType: 'random' })
  const l2cap = (att: readonly number[], cid = 4): Buffer =>
    Buffer.from([att.length, 0, cid, 0, ...att])

  test('puts fragments together, and takes none that is too many', () => {
    const one = link('central')
    const whole = l2cap([0x1b, 1, 0, 5, 6, 7])
    expect(one.arrived(whole.subarray(0, 5), false)).toBe('more')
    expect(one.arrived(whole.subarray(5, 8), true)).toBe('more')
    expect(one.arrived(whole.subarray(8), true)).toEqual({ pdu: whole })
    expect(one.arrived(whole.subarray(8), true)).toBe('skip')
    expect(one.arrived(Buffer.concat([whole, bytes(1)]), false)).toBe('bad')
    expect(one.arrived(Buffer.from([1, 0, 4]), false)).toBe('bad')
    expect(one.arrived(Buffer.from([0xff, 0xff, 4, 0]), false)).toBe('bad')
    expect(one.arrived(l2cap([1, 2, 3], 6), false)).toBe('skip')
  })

  test('holds no more than one packet, whatever arrives', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.boolean())),
        (fragments) => {
          const one = link('peripheral')
          for (const [data, continues] of fragments) {
            const arrival = one.arrived(Buffer.from(data), continues)
            expect(typeof arrival !== 'object' || arrival.pdu.length <= 521).toBe(true)
          }
        },
      ),
    )
  })

  test.each([
    ['central', [0x02, 5, 2], [0x03, 0xb9, 0], 185],
    ['central', [0x02, 5, 2], [0x03, 0xff, 0xff], 517],
    ['central', [0x02, 5, 2], [0x03, 1, 0], 23],
    ['peripheral', [0x03, 0, 1], [0x02, 0xff, 0xff], 256],
  ] as const)('as %s it negotiates %j and %j to an MTU of %i', (role, said, heard, mtu) => {
    const one = link(role)
    if (role === 'central') one.departs(l2cap(said), false)
    expect(one.heard(Buffer.from(heard))).toBe(true)
    if (role === 'peripheral') one.departs(l2cap(said), false)
    expect(one.mtu).toBe(mtu)
  })

  test('negotiates once: a second request would have bleno cut what is sent', () => {
    const one = link('peripheral')
    expect(one.heard(Buffer.from([0x02, 0, 2]))).toBe(true)
    expect(one.heard(Buffer.from([0x02, 23, 0]))).toBe(false)
  })

  test('counts fragments of ours apart from those of noble and bleno', () => {
    const one = link('central')
    one.departs(l2cap([0x0a, 1, 0]), false)
    const whole = l2cap([0x52, 1, 0, ...bytes(40)])
    one.departs(whole.subarray(0, 27), false)
    one.departs(whole.subarray(27), true)
    expect(one.sent).toEqual([null, 0, 40])
  })
})
