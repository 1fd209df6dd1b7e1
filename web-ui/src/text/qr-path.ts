import { encode } from 'uqr'

/** A QR code as one SVG path in modules: `size` is its edge, quiet zone included. */
export function qrPath(text: string): { path: string; size: number } {
  const { data, size } = encode(text, { ecc: 'L', border: 4 })
  let path = ''
  data.forEach((row, y) => {
    let x = 0
    while (x < row.length) {
      let end = x
      while (row[end] === true) end += 1
      if (end > x) path += `M${x} ${y}h${end - x}v1h-${end - x}z`
      x = end + 1
    }
  })
  return { path, size }
}
