import type { LogSegments, Segment } from './segment-index.ts'

/** What of a segment file counts. */
export interface FileFacts {
  readonly n: number
  size: number
  /** Bytes and number of the segments that count. */
  live: number
  count: number
  /** Its number of segments when it was last found not worth the work. */
  looked: number
}

/** Segments of one log that become one. */
export interface TidyGroup {
  readonly log: LogSegments
  readonly segments: readonly Segment[]
}

/** A joined segment is no larger: it is read whole wherever it is read. */
const JOINED_BYTES = 1024 * 1024
const JOINED_BLOCKS = 2048
/** Segments of a file from which on joining is thought of, and how many more before it is again. */
const MANY = 1024
const AGAIN = 256
/** Dead bytes are no matter below this. */
const LITTLE = 1024 * 1024
/** More files than these are not kept while small ones are among them. */
const FILES = 16
const SMALL = 8 * 1024 * 1024

/**
 * The file that is to be written anew: nothing of it counts, or less than half, or it has many small segments that
 * would be few, or it is one small file of too many. Null for none.
 */
export function nextToTidy(
  files: readonly FileFacts[],
  logs: () => Iterable<LogSegments>,
  in_use: { readonly current: number; readonly settled: number | null },
): number | null {
  for (const file of files) {
    const dead = file.size - file.live
    if (file.size > 0 && file.live === 0) return file.n
    if (dead > LITTLE && dead > file.live) return file.n
    if (file.count < MANY || file.count < file.looked + AGAIN) continue
    file.looked = file.count
    if (tidyGroups(file.n, logs()).length <= file.count / 2) return file.n
  }
  if (files.length <= FILES) return null
  const { current, settled } = in_use
  const small = files.filter(({ n, size }) => n !== current && n !== settled && size < SMALL)
  return small.sort((a, b) => a.size - b.size)[0]?.n ?? null
}

/** The segments of a file, those together that lie next to each other in their log and are small enough. */
export function tidyGroups(n: number, logs: Iterable<LogSegments>): TidyGroup[] {
  const groups: TidyGroup[] = []
  for (const log of logs) {
    let group: Segment[] = []
    let bytes = 0
    for (const segment of log.segments) {
      if (segment.file !== n) continue
      const last = group.at(-1)
      const next = last?.to === segment.from && last.after.equals(segment.before)
      const blocks = segment.to - (group[0]?.from ?? segment.from)
      if (!next || bytes + segment.bytes > JOINED_BYTES || blocks > JOINED_BLOCKS) {
        group = []
        bytes = 0
        groups.push({ log, segments: group })
      }
      group.push(segment)
      bytes += segment.bytes
    }
  }
  return groups
}
