import { beforeEach, describe, expect, test } from '@jest/globals'
import { OPCODE, addressBytes } from '../../transports/ble/driver/hci-codec.ts'
import { HciHost } from '../../transports/ble/driver/hci-host.ts'
import type { LibraryHci, Role } from '../../transports/ble/driver/hci-host.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const PEER = '4a:01:02:03:04:05'
const MOUSE = 'c0:01:02:03:04:05'
const HANDLE = 0x40

/** noble or bleno: what it was shown, and what went to the controller. */
class Library {
  readonly shown: Buffer[] = []
  readonly written: Buffer[] = []
  readonly hci: LibraryHci

  constructor(host: HciHost, role: Role) {
    const socket = { write: (packet: Buffer) => void this.written.push(packet) }
    this.hci = {
      _socket: socket as unknown as LibraryHci['_socket'],
      onSocketData: (packet: Buffer) => void this.shown.push(packet),
      onSocketError: () => {},
    }
    host.attach(role, this.hci)
  }
}

function connected(role: Role, address: string): Buffer {
  const event = Buffer.alloc(22)
  Buffer.from([0x04, 0x3e, 19, 0x01, 0]).copy(event)
  event.writeUInt16LE(HANDLE, 5)
  event[7] = role === 'central' ? 0 : 1
  event[8] = 1
  addressBytes(address).copy(event, 9)
  return event
}

/** The start of a packet that is longer than any of ours may be. */
const LONG = Buffer.from([0x02, HANDLE, 0x20, 5, 0, 0xff, 0xff, 4, 0, 0x52])

describe('links of other programs on the same controller', () => {
  let host: HciHost
  let noble: Library
  let bleno: Library

  beforeEach(() => {
    host = new HciHost({ clock: new VirtualClock(), mostIncoming: 1 })
    noble = new Library(host, 'central')
    bleno = new Library(host, 'peripheral')
  })

  function both(packet: Buffer): void {
    for (const { hci } of [noble, bleno]) hci.onSocketData(packet)
  }

  test.each([
    ['central', PEER],
    ['central', null],
    ['peripheral', null],
  ] as const)('one in the %s role, while we dial %s: neither shown, read nor ended', (role, to) => {
    host.dialling = to
    both(connected(role, MOUSE))
    both(LONG)
    both(Buffer.from([0x04, 0x05, 4, 0, HANDLE, 0, 0x13]))
    expect(host.links.size).toBe(0)
    for (const { shown, written } of [noble, bleno]) expect([shown, written]).toEqual([[], []])
  })

  test('the one to whom we dial, and the one who dials us while we advertise, are ours', () => {
    host.dialling = PEER
    both(connected('central', PEER))
    expect(host.links.get(HANDLE)?.role).toBe('central')
    both(LONG)
    const [head] = noble.written.map((packet) => packet.readUInt16LE(1))
    expect(head).toBe(OPCODE.disconnect)
    both(Buffer.from([0x04, 0x05, 4, 0, HANDLE, 0, 0x13]))
    host.advertising = true
    both(connected('peripheral', MOUSE))
    expect(host.links.get(HANDLE)?.role).toBe('peripheral')
    expect(bleno.shown).toHaveLength(1)
  })
})
