import { encode } from 'uqr'

const QUIET = 2

/**
 * A QR code for a terminal: half blocks, black on white whatever the terminal's colours. Without
 * `colour` the light modules are drawn, as most terminals are dark.
 */
export function terminalQr(text: string, colour: boolean): string {
  const { data, size } = encode(text, { ecc: 'L', border: QUIET })
  const dark = (row: number, column: number): boolean => data[row]?.[column] === true
  const lines: string[] = []
  for (let row = 0; row < size; row += 2) {
    let line = ''
    for (let column = 0; column < size; column++) {
      // With colour a block is ink; without, it is light.
      const upper = dark(row, column) === colour
      const lower = dark(row + 1, column) === colour
      line += upper ? (lower ? '█' : '▀') : lower ? '▄' : ' '
    }
    lines.push(colour ? `\u001b[38;5;16;48;5;231m${line}\u001b[0m` : line)
  }
  return lines.join('\n')
}
