/**
 * The size class of a record: the next of 64, 96, 128, 192, 256, … bytes, so that a length tells little
 * and at most a third is wasted.
 */
export function sizeClass(n: number): number {
  let size = 64
  while (size < n) {
    const half = size + size / 2
    if (half >= n) return half
    size *= 2
  }
  return size
}

/** Pads to a size class with 0x80 and zeros (ISO/IEC 7816-4). */
export function pad(data: Uint8Array): Buffer {
  const out = Buffer.alloc(sizeClass(data.byteLength + 1))
  out.set(data)
  out[data.byteLength] = 0x80
  return out
}

/** What `pad` padded, or null when the padding is not its. */
export function unpad(padded: Buffer): Buffer | null {
  let end = padded.byteLength - 1
  while (end >= 0 && padded[end] === 0) end--
  if (end < 0 || padded[end] !== 0x80 || padded.byteLength !== sizeClass(end + 1)) return null
  return padded.subarray(0, end)
}
