/** H4 framing of HCI, as over a serial line: a type byte, a header with a length, the rest. */

export const COMMAND = 1
export const ACL = 2
export const EVENT = 4
/** Not of the standard: tells the host that the adapter was switched on (1) or off (0). */
export const POWER = 0xfe

/** No controller of ours says that it takes more, so what is longer is no ACL data. */
export const MAX_ACL_BYTES = 2_048

/** What a host sends to its controller. */
export type HostPacket =
  | { readonly type: typeof COMMAND; readonly opcode: number; readonly parameters: Buffer }
  | {
      readonly type: typeof ACL
      readonly handle: number
      readonly start: boolean
      readonly data: Buffer
    }

/** Cuts a stream of bytes from a host into packets. */
export class H4Reader {
  #rest: Buffer = Buffer.alloc(0)

  /** The packets that are whole now; null once the bytes are no H4, after which nothing can be read. */
  read(chunk: Uint8Array): HostPacket[] | null {
    const bytes = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk])
    const packets: HostPacket[] = []
    let at = 0
    for (;;) {
      const length = packetLength(bytes, at)
      if (length === null) return null
      if (length === 0 || at + length > bytes.length) break
      packets.push(hostPacket(bytes.subarray(at, at + length)))
      at += length
    }
    this.#rest = Buffer.from(bytes.subarray(at))
    return packets
  }
}

/** Bytes of the packet that begins at `at`: 0 while its header is not whole, null when it is none. */
function packetLength(bytes: Buffer, at: number): number | null {
  const left = bytes.length - at
  if (left < 1) return 0
  if (bytes[at] === COMMAND) return left < 4 ? 0 : 4 + bytes[at + 3]!
  if (bytes[at] !== ACL) return null
  if (left < 5) return 0
  const length = bytes.readUInt16LE(at + 3)
  return length > MAX_ACL_BYTES ? null : 5 + length
}

function hostPacket(bytes: Buffer): HostPacket {
  if (bytes[0] === COMMAND) {
    return { type: COMMAND, opcode: bytes.readUInt16LE(1), parameters: bytes.subarray(4) }
  }
  const header = bytes.readUInt16LE(1)
  const start = ((header >> 12) & 3) !== 1
  return { type: ACL, handle: header & 0xfff, start, data: bytes.subarray(5) }
}

/** A command as the host writes it. */
export function command(opcode: number, parameters: Uint8Array = Buffer.alloc(0)): Buffer {
  const header = Buffer.from([COMMAND, opcode & 0xff, opcode >> 8, parameters.length])
  return Buffer.concat([header, parameters])
}

/** An event as the controller writes it. */
export function event(code: number, parameters: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([EVENT, code, parameters.length]), parameters])
}

/** ACL data; `flags` are 0 for a start from a host, 2 for a start from a controller, 1 for what continues it. */
export function acl(handle: number, flags: number, data: Uint8Array): Buffer {
  const header = Buffer.alloc(5)
  header[0] = ACL
  header.writeUInt16LE(handle | (flags << 12), 1)
  header.writeUInt16LE(data.length, 3)
  return Buffer.concat([header, data])
}
