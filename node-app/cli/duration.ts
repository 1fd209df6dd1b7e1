import { InvalidArgumentError } from 'commander'

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds of `90s`, `15m`, `24h` or `7d`. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text)
  const value = match === null ? 0 : Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]
  if (value <= 0)
    throw new InvalidArgumentError('Use a number and s, m, h or d, as in 90s, 24h or 7d.')
  return value
}

/** A time span in its largest whole unit: `3 h`. `ms` in milliseconds. */
export function formatDuration(ms: number): string {
  const [unit, size] =
    (['d', 'h', 'm'] as const)
      .map((name) => [name, UNITS[name]] as const)
      .find(([, size]) => ms >= size) ?? (['s', UNITS.s] as const)
  return `${Math.max(0, Math.floor(ms / size))} ${unit === 'm' ? 'min' : unit}`
}
