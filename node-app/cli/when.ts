/** A moment on this computer's clock as `2027-01-15 09:30`; `-` for one that is none. `ms` of wall-clock time. */
export function formatMoment(ms: number): string {
  const date = new Date(ms)
  // The Swedish way of writing is ISO 8601 in local time.
  return Number.isNaN(date.getTime()) ? '-' : date.toLocaleString('sv-SE').slice(0, 16)
}

/** Its day alone: `2027-01-15`. */
export function formatDay(ms: number): string {
  return formatMoment(ms).slice(0, 10)
}
