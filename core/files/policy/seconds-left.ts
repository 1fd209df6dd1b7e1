/** Over so long nobody can tell. */
const TOO_LONG = 30 * 24 * 60 * 60

/** Seconds until so many bytes are here at a rate (bytes a second); null while that can not be told. */
export function secondsLeft(bytes: number, rate: number): number | null {
  if (bytes <= 0) return 0
  const seconds = rate > 0 ? Math.ceil(bytes / rate) : Infinity
  return seconds <= TOO_LONG ? seconds : null
}
