/**
 * What the child process and its parent tell each other, over one pipe: frames of a length (2 bytes), a kind (1 byte)
 * and fields of fixed size. The child handles what strangers send by radio, so its frames are checked like theirs.
 */
import { ADVERTISED_BYTES } from '../radio.ts'
import type { RadioAbilities } from '../radio.ts'
import type { AddressType } from './hci-codec.ts'

/** Why the adapter is not to be used. */
export const TROUBLES = [
  'off',
  'package',
  'native',
  'adapter',
  'permission',
  'unsupported',
  'stuck',
] as const
export type Trouble = (typeof TROUBLES)[number]

/** The exit code of a child whose adapter was off and came back: a fresh one starts at once. */
export const CAME_BACK = 10

export type Message =
  | { kind: 'identify'; address: string; payload: Buffer | null }
  | { kind: 'duty'; advertise: boolean; scan: number }
  | { kind: 'connect'; attempt: number; address: string; addressType: AddressType }
  | { kind: 'abandon'; attempt: number }
  | { kind: 'close'; channel: number }
  | { kind: 'ping'; count: number }
  | { kind: 'stop' }
  | { kind: 'packet'; channel: number; bytes: Buffer }
  | { kind: 'on'; abilities: RadioAbilities }
  | { kind: 'trouble'; trouble: Trouble }
  | {
      kind: 'sighting'
      address: string
      addressType: AddressType
      rssi: number | null
      payload: Buffer
    }
  /** `attempt` is 0 for a link that another device made. */
  | { kind: 'opened'; attempt: number; channel: number; address: string; maxPacket: number }
  | { kind: 'failed'; attempt: number }
  | { kind: 'sent'; channel: number; bytes: number }
  | { kind: 'closed'; channel: number }
  | { kind: 'mtu'; channel: number; maxPacket: number }
  | { kind: 'pong'; count: number }

type Kind = Message['kind']
type Of<K extends Kind> = Extract<Message, { kind: K }>

interface Shape<K extends Kind> {
  readonly code: number
  write(message: Of<K>, to: Writer): void
  read(from: Reader): Omit<Of<K>, 'kind'>
}

/** Bytes of the largest frame after its length: a packet of the largest MTU. */
export const MAX_FRAME = 1 + 4 + 514
const MAX_PACKET = 514
const MIN_PACKET = 20
const MOST_LINKS = 32
const UNKNOWN_RSSI = 127

class Malformed extends Error {}

class Writer {
  #parts: Buffer[] = []
  number(value: number, bytes: 1 | 2 | 4): this {
    const part = Buffer.alloc(bytes)
    part.writeUIntLE(value, 0, bytes)
    return this.bytes(part)
  }
  bytes(value: Uint8Array): this {
    this.#parts.push(Buffer.from(value))
    return this
  }
  address(text: string): this {
    return this.bytes(Buffer.from(text.replaceAll(':', ''), 'hex'))
  }
  frame(code: number): Buffer {
    const body = Buffer.concat(this.#parts)
    const head = Buffer.alloc(3)
    head.writeUInt16LE(body.length + 1, 0)
    head[2] = code
    return Buffer.concat([head, body])
  }
}

class Reader {
  readonly #frame: Buffer
  #at = 1
  constructor(frame: Buffer) {
    this.#frame = frame
  }
  get left(): number {
    return this.#frame.length - this.#at
  }
  number(bytes: 1 | 2 | 4): number {
    return this.bytes(bytes).readUIntLE(0, bytes)
  }
  between(bytes: 1 | 2 | 4, least: number, most: number): number {
    const value = this.number(bytes)
    if (value < least || value > most) throw new Malformed('out of range')
    return value
  }
  flag(): boolean {
    return this.between(1, 0, 1) === 1
  }
  bytes(count: number): Buffer {
    if (this.left < count) throw new Malformed('cut short')
    this.#at += count
    return Buffer.from(this.#frame.subarray(this.#at - count, this.#at))
  }
  address(): string {
    return [...this.bytes(6)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
  }
  addressType(): AddressType {
    return this.flag() ? 'random' : 'public'
  }
}

const channelOnly = {
  write: (message: { channel: number }, to: Writer): void => void to.number(message.channel, 4),
  read: (from: Reader): { channel: number } => ({ channel: from.number(4) }),
}
const attemptOnly = {
  write: (message: { attempt: number }, to: Writer): void => void to.number(message.attempt, 4),
  read: (from: Reader): { attempt: number } => ({ attempt: from.between(4, 1, 0xffffffff) }),
}
const countOnly = {
  write: (message: { count: number }, to: Writer): void => void to.number(message.count, 4),
  read: (from: Reader): { count: number } => ({ count: from.number(4) }),
}

const SHAPES: { readonly [K in Kind]: Shape<K> } = {
  identify: {
    code: 1,
    write: (m, to) => void to.address(m.address).bytes(m.payload ?? Buffer.alloc(0)),
    read: (from) => ({
      address: from.address(),
      payload: from.left === 0 ? null : from.bytes(ADVERTISED_BYTES),
    }),
  },
  duty: {
    code: 2,
    write: (m, to) => void to.number(m.advertise ? 1 : 0, 1).number(Math.round(m.scan * 255), 1),
    read: (from) => ({ advertise: from.flag(), scan: from.number(1) / 255 }),
  },
  connect: {
    code: 3,
    write: (m, to) =>
      void to
        .number(m.attempt, 4)
        .number(m.addressType === 'random' ? 1 : 0, 1)
        .address(m.address),
    read: (from) => ({
      attempt: from.between(4, 1, 0xffffffff),
      addressType: from.addressType(),
      address: from.address(),
    }),
  },
  abandon: { code: 4, ...attemptOnly },
  packet: {
    code: 5,
    write: (m, to) => void to.number(m.channel, 4).bytes(m.bytes),
    read: (from) => {
      const channel = from.number(4)
      if (from.left === 0) throw new Malformed('empty')
      return { channel, bytes: from.bytes(from.left) }
    },
  },
  close: { code: 6, ...channelOnly },
  ping: { code: 7, ...countOnly },
  stop: { code: 8, write: () => {}, read: () => ({}) },
  on: {
    code: 32,
    write: ({ abilities }, to) =>
      void to
        .number(abilities.bothRoles ? 1 : 0, 1)
        .number(abilities.rotatesAddress ? 1 : 0, 1)
        .number(abilities.dialled, 1)
        .number(abilities.accepted, 1)
        .number(abilities.links, 1),
    read: (from) => ({
      abilities: {
        bothRoles: from.flag(),
        rotatesAddress: from.flag(),
        dialled: from.between(1, 1, MOST_LINKS),
        accepted: from.between(1, 1, MOST_LINKS),
        links: from.between(1, 1, MOST_LINKS),
      },
    }),
  },
  trouble: {
    code: 33,
    write: (m, to) => void to.number(TROUBLES.indexOf(m.trouble), 1),
    read: (from) => ({ trouble: TROUBLES[from.between(1, 0, TROUBLES.length - 1)]! }),
  },
  sighting: {
    code: 34,
    write: (m, to) =>
      void to
        .number(m.addressType === 'random' ? 1 : 0, 1)
        .address(m.address)
        .number((m.rssi ?? UNKNOWN_RSSI) & 0xff, 1)
        .bytes(m.payload),
    read: (from) => {
      const addressType = from.addressType()
      const address = from.address()
      const rssi = from.bytes(1).readInt8(0)
      const payload = from.bytes(ADVERTISED_BYTES)
      return { addressType, address, rssi: rssi === UNKNOWN_RSSI ? null : rssi, payload }
    },
  },
  opened: {
    code: 35,
    write: (m, to) =>
      void to.number(m.attempt, 4).number(m.channel, 4).address(m.address).number(m.maxPacket, 2),
    read: (from) => ({
      attempt: from.number(4),
      channel: from.number(4),
      address: from.address(),
      maxPacket: from.between(2, MIN_PACKET, MAX_PACKET),
    }),
  },
  failed: { code: 36, ...attemptOnly },
  sent: {
    code: 38,
    write: (m, to) => void to.number(m.channel, 4).number(m.bytes, 4),
    read: (from) => ({ channel: from.number(4), bytes: from.number(4) }),
  },
  closed: { code: 39, ...channelOnly },
  mtu: {
    code: 40,
    write: (m, to) => void to.number(m.channel, 4).number(m.maxPacket, 2),
    read: (from) => ({
      channel: from.number(4),
      maxPacket: from.between(2, MIN_PACKET, MAX_PACKET),
    }),
  },
  pong: { code: 41, ...countOnly },
}

const BY_CODE = new Map<number, Kind>(
  (Object.keys(SHAPES) as Kind[]).map((kind) => [SHAPES[kind].code, kind]),
)

/** The frame of a message, its length first. */
export function encodeMessage(message: Message): Buffer {
  const writer = new Writer()
  const shape = SHAPES[message.kind] as Shape<Kind>
  shape.write(message as never, writer)
  return writer.frame(shape.code)
}

/** The message of a frame (without its length); null for anything else. */
export function decodeMessage(frame: Buffer): Message | null {
  const kind = BY_CODE.get(frame[0] ?? 0)
  if (kind === undefined || frame.length > MAX_FRAME) return null
  const reader = new Reader(frame)
  try {
    const fields = SHAPES[kind].read(reader)
    return reader.left === 0 ? ({ kind, ...fields } as Message) : null
  } catch (error) {
    if (error instanceof Malformed) return null
    throw error
  }
}

/** Takes bytes as they come and gives whole messages; holds one frame at most. */
export class MessageReader {
  #bytes: Buffer = Buffer.alloc(0)

  /** The messages that are whole now; null once anything was malformed. */
  push(chunk: Buffer): Message[] | null {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    const messages: Message[] = []
    let at = 0
    while (this.#bytes.length - at >= 2) {
      const length = this.#bytes.readUInt16LE(at)
      if (length === 0 || length > MAX_FRAME) return null
      if (this.#bytes.length - at - 2 < length) break
      const message = decodeMessage(this.#bytes.subarray(at + 2, at + 2 + length))
      if (message === null) return null
      messages.push(message)
      at += 2 + length
    }
    this.#bytes = Buffer.from(this.#bytes.subarray(at))
    return messages
  }
}
