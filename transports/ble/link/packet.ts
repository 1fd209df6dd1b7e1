/**
 * What passes between the two ends of a link over GATT, each in one packet, all with a CRC-32 at the end.
 *
 * hello:  role(1) version(1) session(8) window(1) check(4)
 * others: flags(1) number(1) [next(1) window(1) [missing(1)]] [bytes] check(4)
 *
 * The number is the low byte of a packet's place in the row, `next` that of the place that is waited for. The check is over
 * both places and both hellos, too: no packet of another link, of the other direction or of long ago is ever taken.
 */
import { crc32 } from 'node:zlib'

export type Role = 'central' | 'peripheral'

/** Bytes of a session's name, drawn anew for each link. */
export const SESSION_BYTES = 8
/** A window is told in steps of so many bytes. */
export const WINDOW_STEP = 256
/** As many packets may be under way at once: with more, the low byte of a number could mean two. */
export const MAX_UNDER_WAY = 127
/** The longest packet that any Bluetooth stack carries: an ATT MTU of 517, less 3. */
const LONGEST = 514
const VERSION = 1
const HELLO_BYTES = 2 + SESSION_BYTES + 1 + 4
const HELLO_CHECK = 0x506f7263
const CHECK_BYTES = 4
/** What telling what was received adds at most. */
export const ACK_BYTES = 3
/** What a data packet that tells nothing else needs beside its bytes. */
export const HEADER_BYTES = 2 + CHECK_BYTES

const SESSION_PACKET = 0x80
const DATA = 0x01
const ACK = 0x02
const END = 0x04
const ASK = 0x08
const GAP = 0x10
const CLOSE = 0x20
const KNOWN = SESSION_PACKET | DATA | ACK | END | ASK | GAP | CLOSE

const ROLES = { central: 1, peripheral: 2 } as const

/** Each end's first packet. */
export interface Hello {
  readonly role: Role
  readonly session: Buffer
  /** Bytes that the other end may send before it is told more, in steps. */
  readonly window: number
}

/** What was received, and room for more. */
export interface Ack {
  /** The number that is waited for: all before it arrived. */
  readonly next: number
  /** Room from there on, in steps. */
  readonly window: number
  /** So many packets from there on were lost, as later ones show; 0 while none shows it. */
  readonly missing: number
}

export interface Packet {
  /** Its place in the row; of a packet without bytes and end, the place of the next that will have them. */
  readonly number: number
  readonly bytes: Buffer
  /** The writer ended after these bytes. */
  readonly end: boolean
  readonly ack: Ack | null
  /** An acknowledgement is wanted at once. */
  readonly ask: boolean
  /** The other end is gone. */
  readonly close: boolean
}

export function encodeHello(hello: Hello): Buffer {
  const packet = Buffer.alloc(HELLO_BYTES)
  packet.writeUInt8(ROLES[hello.role], 0)
  packet.writeUInt8(VERSION, 1)
  packet.set(hello.session, 2)
  packet.writeUInt8(hello.window, 2 + SESSION_BYTES)
  return sealed(packet, HELLO_CHECK)
}

/** Null for what is none. */
export function decodeHello(bytes: Uint8Array): Hello | null {
  const packet = asBuffer(bytes)
  if (packet.byteLength !== HELLO_BYTES || packet[1] !== VERSION) return null
  const role = packet[0] === ROLES.central ? 'central' : 'peripheral'
  if (packet[0] !== ROLES[role] || !isSealed(packet, HELLO_CHECK)) return null
  const session = Buffer.from(packet.subarray(2, 2 + SESSION_BYTES))
  return { role, session, window: packet.readUInt8(2 + SESSION_BYTES) }
}

/** From which the checks of what `sender` sends are made; both sessions are in it. */
export function sessionKey(central: Uint8Array, peripheral: Uint8Array, sender: Role): number {
  return crc32(Buffer.concat([central, peripheral, Buffer.of(ROLES[sender])]))
}

export function encodePacket(packet: Packet, key: number): Buffer {
  const { number, bytes, ack } = packet
  const missing = ack?.missing ?? 0
  const head = 2 + (ack === null ? 0 : 2) + (missing > 0 ? 1 : 0)
  const out = Buffer.allocUnsafe(head + bytes.byteLength + CHECK_BYTES)
  let flags = SESSION_PACKET
  if (bytes.byteLength > 0) flags |= DATA
  if (packet.end) flags |= END
  if (packet.ask) flags |= ASK
  if (packet.close) flags |= CLOSE
  if (ack !== null) {
    flags |= ACK
    out.writeUInt8(ack.next & 0xff, 2)
    out.writeUInt8(ack.window, 3)
  }
  if (missing > 0) {
    flags |= GAP
    out.writeUInt8(missing, 4)
  }
  out.writeUInt8(flags, 0)
  out.writeUInt8(number & 0xff, 1)
  out.set(bytes, head)
  return sealed(out, checkStart(number, ack?.next ?? 0, key))
}

/**
 * Null for what is none of this session's packets around `expected`, the next number of the other end; `acknowledged` is
 * the last number that it acknowledged. The bytes are not copied.
 */
export function decodePacket(
  bytes: Uint8Array,
  key: number,
  expected: number,
  acknowledged: number,
): Packet | null {
  const packet = asBuffer(bytes)
  if (packet.byteLength < HEADER_BYTES || packet.byteLength > LONGEST) return null
  const flags = packet.readUInt8(0)
  if ((flags & SESSION_PACKET) === 0 || (flags & ~KNOWN) !== 0) return null
  const number = nearest(packet.readUInt8(1), expected)
  const ack = (flags & ACK) !== 0
  const next = ack ? nearest(packet.readUInt8(2), acknowledged) : 0
  if (!isSealed(packet, checkStart(number, next, key))) return null
  const gap = (flags & GAP) !== 0
  const head = 2 + (ack ? 2 : 0) + (gap ? 1 : 0)
  const length = packet.byteLength - CHECK_BYTES - head
  if (length < 0 || length > 0 !== ((flags & DATA) !== 0) || (gap && !ack)) return null
  const missing = gap ? packet.readUInt8(4) : 0
  if (gap && (missing === 0 || missing > MAX_UNDER_WAY)) return null
  return {
    number,
    bytes: packet.subarray(head, head + length),
    end: (flags & END) !== 0,
    ack: ack ? { next, window: packet.readUInt8(3), missing } : null,
    ask: (flags & ASK) !== 0,
    close: (flags & CLOSE) !== 0,
  }
}

/** The whole number whose low byte this is, the one nearest to `around`. */
function nearest(low: number, around: number): number {
  return around + (((low - around + 0x80) & 0xff) - 0x80)
}

function checkStart(number: number, next: number, key: number): number {
  const places = Buffer.allocUnsafe(8)
  places.writeUInt32LE(number >>> 0, 0)
  places.writeUInt32LE(next >>> 0, 4)
  return crc32(places, key)
}

function sealed(packet: Buffer, start: number): Buffer {
  const end = packet.byteLength - CHECK_BYTES
  packet.writeUInt32LE(crc32(packet.subarray(0, end), start), end)
  return packet
}

function isSealed(packet: Buffer, start: number): boolean {
  const end = packet.byteLength - CHECK_BYTES
  return packet.readUInt32LE(end) === crc32(packet.subarray(0, end), start)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
