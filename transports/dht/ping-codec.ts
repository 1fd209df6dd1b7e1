/** The ping of dht-rpc (version 3) as bytes: asked on a socket of our own, it tells of the way there alone. */

const REQUEST = 0x03
const RESPONSE = 0x13
const INTERNAL = 0x04
const PING = 0

/** Asks the node at an IPv4 address, which learns nothing but ours. */
export function encodePing(id: number, host: string, port: number): Buffer {
  const bytes = Buffer.alloc(11)
  bytes.writeUInt8(REQUEST, 0)
  bytes.writeUInt8(INTERNAL, 1)
  bytes.writeUInt16LE(id, 2)
  for (const [at, part] of host.split('.').entries()) bytes.writeUInt8(Number(part), 4 + at)
  bytes.writeUInt16LE(port, 8)
  bytes.writeUInt8(PING, 10)
  return bytes
}

/** The id of the ping that is answered; null for anything else. */
export function decodePong(bytes: Uint8Array): number | null {
  if (bytes.byteLength < 10 || bytes[0] !== RESPONSE) return null
  return bytes[2]! | (bytes[3]! << 8)
}
