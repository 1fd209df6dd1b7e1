/** The few HCI packets that are read and written here, beside those of noble and bleno (Core specification, volume 4 part E). */

export const COMMAND = 0x01
export const ACL = 0x02
const EVENT = 0x04

/** Commands by their opcodes. */
export const OPCODE = {
  disconnect: 0x0406,
  reset: 0x0c03,
  readBufferSize: 0x1005,
  leReadBufferSize: 0x2002,
  setRandomAddress: 0x2005,
  setAdvertisingParameters: 0x2006,
  setAdvertisingData: 0x2008,
  setScanResponse: 0x2009,
  setAdvertising: 0x200a,
  setScanParameters: 0x200b,
  setScanning: 0x200c,
  createConnection: 0x200d,
  cancelConnection: 0x200e,
  readSupportedStates: 0x201c,
  setDataLength: 0x2022,
} as const

/** Statuses by their names. */
export const STATUS = { ok: 0x00, memoryFull: 0x07, disallowed: 0x0c } as const
const ENDED_BY_USER = 0x13

export type AddressType = 'public' | 'random'

/** What an event of the controller says. */
export type HciEvent =
  | { kind: 'disconnected'; handle: number }
  | { kind: 'complete'; opcode: number; status: number; result: Buffer }
  | { kind: 'status'; opcode: number; status: number }
  | { kind: 'sent'; counts: { handle: number; packets: number }[] }
  | {
      kind: 'connected'
      status: number
      handle: number
      role: 'central' | 'peripheral'
      addressType: AddressType
      address: string
    }
  | { kind: 'reports'; reports: Report[] }
  | { kind: 'other' }

/** One advertisement or scan response that was heard. */
export interface Report {
  readonly address: string
  readonly addressType: AddressType
  /** dBm; null when the controller does not know. */
  readonly rssi: number | null
  readonly data: Buffer
}

/** A command, as it is written to the controller. */
export function command(opcode: number, parameters: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.from([COMMAND, opcode & 0xff, opcode >> 8, parameters.length])
  return Buffer.concat([head, parameters])
}

/** The command that ends a link. */
export function disconnectCommand(handle: number): Buffer {
  return command(OPCODE.disconnect, Buffer.from([handle & 0xff, handle >> 8, ENDED_BY_USER]))
}

/** What a controller answers to a command that is not passed on to it. */
export function completion(opcode: number): Buffer {
  return Buffer.from([EVENT, 0x0e, 4, 1, opcode & 0xff, opcode >> 8, STATUS.ok])
}

/** The bytes of an address as HCI orders them. */
export function addressBytes(address: string): Buffer {
  return Buffer.from(address.replaceAll(':', ''), 'hex').reverse()
}

/** An address from six bytes as HCI orders them: lower case with colons. */
export function addressText(bytes: Uint8Array): string {
  const parts = [...bytes].reverse().map((byte) => byte.toString(16).padStart(2, '0'))
  return parts.join(':')
}

/** Reads an event; `other` for those of no interest and those that are cut short; null for what is no event. */
export function readEvent(packet: Buffer): HciEvent | null {
  if (packet.length < 3 || packet[0] !== EVENT) return null
  const body = packet.subarray(3, 3 + packet[2]!)
  try {
    return read(packet[1]!, body)
  } catch (error) {
    if ((error as Error).name === 'RangeError') return { kind: 'other' }
    throw error
  }
}

function read(code: number, body: Buffer): HciEvent {
  switch (code) {
    case 0x05:
      if (body.readUInt8(0) !== STATUS.ok) return { kind: 'other' }
      return { kind: 'disconnected', handle: body.readUInt16LE(1) & 0x0fff }
    case 0x0e:
      return {
        kind: 'complete',
        opcode: body.readUInt16LE(1),
        status: body.readUInt8(3),
        result: body.subarray(4),
      }
    case 0x0f:
      return { kind: 'status', status: body.readUInt8(0), opcode: body.readUInt16LE(2) }
    case 0x13:
      return readSent(body)
    case 0x3e:
      return readLe(body)
    default:
      return { kind: 'other' }
  }
}

function readSent(body: Buffer): HciEvent {
  const counts = []
  for (let i = 0; i < body.readUInt8(0); i++) {
    const handle = body.readUInt16LE(1 + 4 * i) & 0x0fff
    counts.push({ handle, packets: body.readUInt16LE(3 + 4 * i) })
  }
  return { kind: 'sent', counts }
}

function readLe(body: Buffer): HciEvent {
  switch (body.readUInt8(0)) {
    case 0x01:
    case 0x0a:
      return {
        kind: 'connected',
        status: body.readUInt8(1),
        handle: body.readUInt16LE(2) & 0x0fff,
        role: body.readUInt8(4) === 0 ? 'central' : 'peripheral',
        addressType: typeOf(body.readUInt8(5)),
        address: addressAt(body, 6),
      }
    case 0x02:
      return { kind: 'reports', reports: readReports(body) }
    default:
      return { kind: 'other' }
  }
}

function readReports(body: Buffer): Report[] {
  const reports: Report[] = []
  let at = 2
  for (let i = 0; i < body.readUInt8(1); i++) {
    const end = at + 9 + body.readUInt8(at + 8)
    const rssi = body.readInt8(end)
    reports.push({
      addressType: typeOf(body.readUInt8(at + 1)),
      address: addressAt(body, at + 2),
      rssi: rssi === 127 ? null : rssi,
      data: body.subarray(at + 9, end),
    })
    at = end + 1
  }
  return reports
}

function addressAt(body: Buffer, at: number): string {
  if (body.length < at + 6) throw new RangeError('cut short')
  return addressText(body.subarray(at, at + 6))
}

// 2 and 3 are identities that the controller resolved, of the same two kinds.
function typeOf(byte: number): AddressType {
  return (byte & 1) === 1 ? 'random' : 'public'
}
