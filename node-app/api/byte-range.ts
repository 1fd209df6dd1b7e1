/** Part of a representation: [start, end). */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

const ONE_RANGE = /^bytes=(\d{0,16})-(\d{0,16})$/i

/**
 * What of `size` bytes a Range header asks for: undefined for all of it, also where the header is none that this server
 * keeps to (several ranges, other units); `unsatisfiable` when nothing of it is there (RFC 9110, 14.2).
 */
export function rangeOf(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const match = ONE_RANGE.exec(header?.replaceAll(/[ \t]/g, '') ?? '')
  const [, first = '', last = ''] = match ?? []
  if (first === '' && last === '') return undefined
  if (first === '') {
    const length = Math.min(size, Number(last))
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size : Math.min(size, Number(last) + 1) }
}

/** True unless an If-Range header names another version of it, or a date, which we never gave out. */
export function rangeHolds(ifRange: string | undefined, etag: string): boolean {
  return ifRange === undefined || ifRange.trim() === etag
}
