/** Longest side of a picture, in pixels: a small file can ask for a very large canvas. */
export const MAX_SIDE = 1024

/** The kinds of picture that may be shown. */
export type ImageType = 'image/png' | 'image/jpeg' | 'image/webp'

interface Size {
  width: number
  height: number
}

const READERS: readonly [ImageType, (data: Buffer) => Size | null][] = [
  ['image/png', pngSize],
  ['image/jpeg', jpegSize],
  ['image/webp', webpSize],
]

/** What a picture is by its own bytes; null for any other format, a truncated head or a side over `MAX_SIDE`. */
export function imageType(data: Buffer): ImageType | null {
  for (const [type, read] of READERS) {
    const size = read(data)
    if (size && [size.width, size.height].every((side) => side > 0 && side <= MAX_SIDE)) return type
  }
  return null
}

/** Signature and IHDR (PNG, third edition, 5.2 and 11.2.1). */
function pngSize(data: Buffer): Size | null {
  const head = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
  if (data.byteLength < 33 || !data.subarray(0, 16).equals(head)) return null
  return { width: data.readUInt32BE(16), height: data.readUInt32BE(20) }
}

/** The first frame header (ITU-T T.81, B.2.2), behind whatever segments stand before it. */
function jpegSize(data: Buffer): Size | null {
  if (data.byteLength < 4 || data.readUInt16BE(0) !== 0xffd8) return null
  for (let at = 2; at + 9 <= data.byteLength && data[at] === 0xff;) {
    const marker = data[at + 1]!
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (frame) return { height: data.readUInt16BE(at + 5), width: data.readUInt16BE(at + 7) }
    // Fill bytes may stand before a marker.
    at += marker === 0xff ? 1 : 2 + data.readUInt16BE(at + 2)
  }
  return null
}

/** The three layouts of a WebP file (RFC 9649, 2.5 to 2.7). */
function webpSize(data: Buffer): Size | null {
  if (data.byteLength < 30) return null
  if (data.toString('latin1', 0, 4) !== 'RIFF' || data.toString('latin1', 8, 12) !== 'WEBP') {
    return null
  }
  switch (data.toString('latin1', 12, 16)) {
    case 'VP8 ':
      if (data.readUIntBE(23, 3) !== 0x9d012a) return null
      return { width: data.readUInt16LE(26) & 0x3fff, height: data.readUInt16LE(28) & 0x3fff }
    case 'VP8L': {
      if (data[20] !== 0x2f) return null
      const bits = data.readUInt32LE(21)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    }
    case 'VP8X':
      return { width: data.readUIntLE(24, 3) + 1, height: data.readUIntLE(27, 3) + 1 }
    default:
      return null
  }
}
