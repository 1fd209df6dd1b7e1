import { InvalidArgumentError } from 'commander'

const DECIMAL = ['B', 'kB', 'MB', 'GB', 'TB']
const UNITS = new Map([
  ...DECIMAL.map((name, at) => [name.toLowerCase(), 1000 ** at] as const),
  ...['KiB', 'MiB', 'GiB', 'TiB'].map(
    (name, at) => [name.toLowerCase(), 1024 ** (at + 1)] as const,
  ),
])

/** Bytes of `500`, `64kB`, `100MB` or `1.5GiB`; units in any case. */
export function parseSize(text: string): number {
  const [, digits, unit] = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]{0,3})$/i.exec(text) ?? []
  const factor = UNITS.get((unit || 'B').toLowerCase())
  const bytes = digits === undefined || factor === undefined ? Number.NaN : Number(digits) * factor
  if (Number.isSafeInteger(Math.round(bytes))) return Math.round(bytes)
  throw new InvalidArgumentError('Use a number and B, kB, MB, GB, KiB, MiB or GiB, as in 100MB.')
}

/** Bytes for people: `12.3 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  // What would be rounded to a thousand is one of the next unit.
  while (value >= (unit === 0 ? 1000 : 999.5) && unit < DECIMAL.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${DECIMAL[unit]}`
}
