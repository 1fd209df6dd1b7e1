/**
 * What is advertised: flags and the service's UUID, and in the scan response `ADVERTISED_BYTES` bytes of service data.
 * No name and no key. Two packets, as one of 31 bytes has no room for both.
 */
import { ADVERTISED_BYTES } from '../radio.ts'
import { SERVICE_UUID } from '../uuids.ts'

const FLAGS = Buffer.from([2, 0x01, 0x06])
const UUIDS_128 = 0x07
const SERVICE_DATA_128 = 0x21
const UUID = Buffer.from(SERVICE_UUID, 'hex').reverse()

/** The advertisement itself, 21 bytes, the same for every device. */
export const ADVERTISEMENT: Buffer = Buffer.concat([FLAGS, field(UUIDS_128, UUID)])

/** The scan response that carries `payload`. */
export function encodeScanResponse(payload: Uint8Array): Buffer {
  return field(SERVICE_DATA_128, Buffer.concat([UUID, payload]))
}

/** The payload in the data of an advertisement or a scan response that anybody sent; null without one. */
export function decodePayload(data: Uint8Array): Buffer | null {
  for (let at = 0; at + 1 < data.length;) {
    const length = data[at]!
    const end = at + 1 + length
    if (length === 0 || end > data.length) return null
    if (data[at + 1] === SERVICE_DATA_128) {
      const value = Buffer.from(data.subarray(at + 2, end))
      const ours = value.length === UUID.length + ADVERTISED_BYTES
      if (ours && value.subarray(0, UUID.length).equals(UUID)) return value.subarray(UUID.length)
    }
    at = end
  }
  return null
}

function field(type: number, value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([value.length + 1, type]), value])
}
