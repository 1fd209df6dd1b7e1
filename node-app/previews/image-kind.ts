/** Bytes of a file's beginning that tell what image it is. */
export const HEAD = 32

/** The media type of an image by how it begins; undefined for all else. `head`: its first HEAD bytes, or all. */
export function imageKind(head: Buffer): string | undefined {
  const ascii = (start: number, end: number): string => head.toString('latin1', start, end)
  if (head.length < 12) return undefined
  if (head.readUIntBE(0, 3) === 0xff_d8_ff) return 'image/jpeg'
  if (ascii(0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png'
  if (ascii(0, 6) === 'GIF87a' || ascii(0, 6) === 'GIF89a') return 'image/gif'
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'image/webp'
  if (ascii(0, 4) === 'II*\0' || ascii(0, 4) === 'MM\0*') return 'image/tiff'
  if (ascii(4, 8) === 'ftyp' && brands(ascii(8, head.length)).some(isAvif)) return 'image/avif'
  return undefined
}

/** The names of four letters in a box of type `ftyp`. */
function brands(text: string): readonly string[] {
  return text.match(/.{4}/gs) ?? []
}

function isAvif(brand: string): boolean {
  return brand === 'avif' || brand === 'avis'
}
