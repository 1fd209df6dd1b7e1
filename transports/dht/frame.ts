/** What passes between the two ends of a link: bytes, room for more of them, and the end. */

const DATA = 0
const GRANT = 1
const END = 2
const GRANT_BYTES = 5

export type Frame =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'grant'; readonly bytes: number }
  | { readonly kind: 'end' }

export function encodeData(bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(1 + bytes.byteLength)
  frame.writeUInt8(DATA, 0)
  frame.set(bytes, 1)
  return frame
}

/** Says that so many bytes more may come. */
export function encodeGrant(bytes: number): Buffer {
  const frame = Buffer.alloc(GRANT_BYTES)
  frame.writeUInt8(GRANT, 0)
  frame.writeUInt32LE(bytes, 1)
  return frame
}

/** Says that no more data comes. */
export function encodeEnd(): Buffer {
  return Buffer.of(END)
}

/** Null for what is no frame; the data is not copied. */
export function decodeFrame(frame: Uint8Array): Frame | null {
  switch (frame[0]) {
    case DATA:
      return frame.byteLength > 1 ? { kind: 'data', bytes: frame.subarray(1) } : null
    case GRANT: {
      if (frame.byteLength !== GRANT_BYTES) return null
      const bytes = new DataView(frame.buffer, frame.byteOffset).getUint32(1, true)
      return bytes > 0 ? { kind: 'grant', bytes } : null
    }
    case END:
      return frame.byteLength === 1 ? { kind: 'end' } : null
    default:
      return null
  }
}
