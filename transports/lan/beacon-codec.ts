/**
 * The datagram by which devices find each other where mDNS is blocked, 18 bytes:
 * magic (4), version (1), flags (1), instance id (8), TCP port (2), topics generation (1), zero (1).
 * A later version only appends, up to 64 bytes in all, so that this one still reads it.
 */
import { ID_BYTES } from '../preface/instance-identity.ts'
import type { InstanceId } from '../preface/instance-identity.ts'

/** What a device says of itself. */
export interface Beacon {
  readonly id: InstanceId
  /** TCP port it accepts links on. */
  readonly port: number
  /** 0–255; another value means that it joined topics, so a refused link is worth another try. */
  readonly generation: number
  /** Asks the hearer to answer at once, to the sender alone. */
  readonly request: boolean
  /** It is leaving. */
  readonly goodbye: boolean
}

export const BEACON_BYTES = 18
const MAX_BYTES = 64
const MAGIC = Buffer.from('PLbc', 'latin1')
const VERSION = 1
const REQUEST = 1
const GOODBYE = 2

export function encodeBeacon(beacon: Beacon): Buffer {
  const out = Buffer.alloc(BEACON_BYTES)
  MAGIC.copy(out)
  out[4] = VERSION
  out[5] = (beacon.request ? REQUEST : 0) | (beacon.goodbye ? GOODBYE : 0)
  out.write(beacon.id, 6, ID_BYTES, 'hex')
  out.writeUInt16BE(beacon.port, 14)
  out[16] = beacon.generation & 0xff
  return out
}

/** Undefined for whatever is not a beacon. */
export function decodeBeacon(data: Uint8Array): Beacon | undefined {
  if (data.length < BEACON_BYTES || data.length > MAX_BYTES) return undefined
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length)
  if (bytes.compare(MAGIC, 0, 4, 0, 4) !== 0) return undefined
  const version = bytes.readUInt8(4)
  if (version < VERSION || (version === VERSION && data.length !== BEACON_BYTES)) return undefined
  const port = bytes.readUInt16BE(14)
  if (port === 0) return undefined
  const flags = bytes.readUInt8(5)
  return {
    id: bytes.toString('hex', 6, 6 + ID_BYTES),
    port,
    generation: bytes.readUInt8(16),
    request: (flags & REQUEST) !== 0,
    goodbye: (flags & GOODBYE) !== 0,
  }
}
