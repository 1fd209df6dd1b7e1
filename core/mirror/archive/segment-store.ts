import { constants } from 'node:fs'
import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { asDiskError } from '../../durability/disk-error.ts'
import { syncDirectory } from '../../durability/private-file.ts'
import { errorCode } from '../../errors.ts'
import { Job } from '../../job.ts'
import type { Logger } from '../../logger.ts'
import type { LogRange } from '../copy.ts'
import { joinRanges } from '../range/cut.ts'
import { isPlainFile, NO_FOLLOW } from './plain-file.ts'
import { encodeRecord, rootsName } from './record.ts'
import {
  deleteSegments,
  readSegment,
  scanSegments,
  segmentName,
  segmentNumber,
} from './segment-file.ts'
import { LogSegments } from './segment-index.ts'
import type { Segment } from './segment-index.ts'
import { nextToTidy, tidyGroups } from './tidy.ts'
import type { FileFacts } from './tidy.ts'

/** Bytes that are written before they are synced: what came meanwhile goes with them. */
const BATCH = 16 * 1024 * 1024
/** Segments of a mirror: about 300 bytes of memory each. */
const MAX_SEGMENTS = 32_768
/** Most bytes of a file: far below what any file system takes, and not too much to write anew. */
const FILE_BYTES = 64 * 1024 * 1024

/** What keeping segments needs. */
export interface SegmentStoreOptions {
  readonly dir: string
  readonly logger: Logger
  /** Before bytes are written; gives what to call after it. Errors: `DISK_FULL`. */
  readonly space?: ((bytes: number) => Promise<() => void>) | undefined
  /** The files take so many bytes now. */
  readonly onbytes: (bytes: number) => void
}

interface Pending {
  readonly range: LogRange
  readonly after: Buffer
  readonly record: Buffer
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** The segment files of one mirror, and in memory where in them which part of which log is. Holds no file open. */
export class SegmentStore {
  readonly #options: SegmentStoreOptions
  readonly #logs = new Map<string, LogSegments>()
  readonly #files = new Map<number, FileFacts>()
  readonly #queue: Pending[] = []
  readonly #writer = new Job(() => this.#alone(() => this.#drain()))
  #last: Promise<unknown> = Promise.resolve()
  #working = 0
  #segments = 0
  /** The file that is written to, and the one for what is merged. */
  #current = 1
  #settled: number | null = null

  private constructor(options: SegmentStoreOptions) {
    this.#options = options
  }

  static async open(options: SegmentStoreOptions): Promise<SegmentStore> {
    const store = new SegmentStore(options)
    await store.#load()
    return store
  }

  get logs(): ReadonlyMap<string, LogSegments> {
    return this.#logs
  }

  /** Bytes of all files. */
  get bytes(): number {
    let bytes = 0
    for (const { size } of this.#files.values()) bytes += size
    return bytes
  }

  /** True when there are as many segments as are kept. */
  get full(): boolean {
    return this.#segments >= MAX_SEGMENTS
  }

  /** Appends a proven range, behind which the log has the roots `after` (by name). Errors: `DISK_FULL`, `DAMAGED`. */
  append(range: LogRange, after: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ range, after, record: encodeRecord(range, after), resolve, reject })
      void this.#writer.wake()
    })
  }

  /** The range of the segment that has block `seq`; null where there is none, or no longer. */
  async read(log: LogSegments, seq: number): Promise<{ range: LogRange; after: Buffer } | null> {
    for (;;) {
      const segment = log.covering(seq)
      if (!segment) return null
      const range = await this.#read(log, segment)
      if (range) return { range, after: segment.after }
      // It was moved meanwhile, or is damaged and was dropped.
      if (log.has(segment)) return null
    }
  }

  /** Deletes segments of a log. */
  drop(log: LogSegments, segments: readonly Segment[]): Promise<void> {
    return this.#alone(async () => {
      const there = segments.filter((segment) => log.has(segment))
      await this.#forget(log, there)
      await this.#tidy()
    })
  }

  /** True while files are written, or will be. */
  get working(): boolean {
    return this.#working > 0 || this.#writer.running !== null
  }

  /** Resolves once nothing is under way. */
  async idle(): Promise<void> {
    await this.#writer.running
    await this.#last
  }

  async #load(): Promise<void> {
    const { dir, logger } = this.#options
    const names = await readdir(dir)
    const numbers = names.map(segmentNumber).filter((n) => n !== null)
    for (const n of numbers.sort((a, b) => a - b)) {
      if (!(await isPlainFile(join(dir, segmentName(n))))) continue
      const { segments, end, damaged } = await scanSegments(join(dir, segmentName(n)), n)
      if (damaged > 0) logger.warn('mirror-damaged', { places: damaged })
      this.#files.set(n, { n, size: end, live: 0, count: 0, looked: 0 })
      // Somebody else may have written the files: more than is kept counts for nothing.
      for (const { log, segment } of segments)
        if (this.#takes(log, segment)) this.#add(log, segment)
      this.#current = n
    }
    this.#options.onbytes(this.bytes)
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    this.#working++
    const done = this.#last.then(work).finally(() => this.#working--)
    this.#last = done.catch(() => {})
    return done
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      let size = 0
      let count = 0
      for (const { record } of this.#queue) {
        if (count > 0 && size + record.byteLength > BATCH) break
        size += record.byteLength
        count++
      }
      const batch = this.#queue.splice(0, count)
      try {
        await this.#write(this.#fileFor(size), batch)
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(asDiskError(error))
      }
    }
    await this.#tidy()
  }

  #fileFor(bytes: number): number {
    const size = this.#files.get(this.#current)?.size ?? 0
    if (size > 0 && size + bytes > FILE_BYTES) this.#current = this.#fresh()
    return this.#current
  }

  #fresh(): number {
    return Math.max(this.#current, ...this.#files.keys()) + 1
  }

  /** Writes records behind what a file has, all or none, and takes them in once they are durable. */
  async #write(
    n: number,
    batch: readonly Pick<Pending, 'range' | 'after' | 'record'>[],
  ): Promise<void> {
    const { dir, space } = this.#options
    const bytes = batch.reduce((sum, { record }) => sum + record.byteLength, 0)
    const written = await space?.(bytes)
    const known = this.#files.get(n)
    try {
      await writeBehind(join(dir, segmentName(n)), known?.size ?? null, batch)
      if (!known) await syncDirectory(dir)
    } finally {
      written?.()
    }
    const file = known ?? { n, size: 0, live: 0, count: 0, looked: 0 }
    this.#files.set(n, file)
    for (const { range, after, record } of batch) {
      const { from, blocks, roots } = range
      const segment = { file: n, at: file.size, bytes: record.byteLength, from }
      file.size += record.byteLength
      const to = from + blocks.length
      this.#add(range, { ...segment, to, before: rootsName(roots), after })
    }
    this.#options.onbytes(this.bytes)
  }

  #add({ key, manifest }: Pick<LogRange, 'key' | 'manifest'>, segment: Segment): void {
    const hex = key.toString('hex')
    const log = this.#logs.get(hex) ?? new LogSegments({ key, manifest })
    this.#logs.set(hex, log)
    this.#count(segment, 1)
    for (const useless of log.add(segment)) this.#count(useless, -1)
  }

  #takes({ key }: Pick<LogRange, 'key'>, segment: Segment): boolean {
    return !this.full && (this.#logs.get(key.toString('hex'))?.takes(segment) ?? true)
  }

  #count({ file, bytes }: Segment, sign: 1 | -1): void {
    const facts = this.#files.get(file)!
    facts.live += sign * bytes
    facts.count += sign
    this.#segments += sign
  }

  async #read(log: LogSegments, segment: Segment): Promise<LogRange | null> {
    const path = join(this.#options.dir, segmentName(segment.file))
    try {
      const range = await readSegment(path, segment)
      if (range) return range
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw asDiskError(error)
      if (this.#files.has(segment.file)) this.#gone(segment.file)
      return null
    }
    if (!log.has(segment)) return null
    this.#options.logger.warn('mirror-segment-damaged', { blocks: segment.to - segment.from })
    await this.#forget(log, [segment])
    return null
  }

  /** A file vanished from under us, as when a stick was pulled and put in again. */
  #gone(n: number): void {
    for (const log of this.#logs.values())
      for (const segment of log.segments.filter(({ file }) => file === n)) {
        log.remove(segment)
        this.#segments--
      }
    this.#files.delete(n)
    this.#options.onbytes(this.bytes)
  }

  /** Takes segments out, here and on the disk, so that the next start does not find them. */
  async #forget(log: LogSegments, segments: readonly Segment[]): Promise<void> {
    for (const segment of segments) {
      log.remove(segment)
      this.#count(segment, -1)
    }
    if (log.segments.length === 0) this.#logs.delete(log.key.toString('hex'))
    for (const n of new Set(segments.map(({ file }) => file))) {
      const path = join(this.#options.dir, segmentName(n))
      const here = segments.filter(({ file }) => file === n)
      // What can not be marked is found damaged again, and dropped again.
      await deleteSegments(path, here).catch(() => {})
    }
  }

  async #tidy(): Promise<void> {
    try {
      for (let n = this.#next(); n !== null; n = this.#next()) await this.#rewrite(n)
    } catch (error) {
      this.#options.logger.warn('mirror-not-tidied', { error: errorCode(error) })
    }
  }

  #next(): number | null {
    return nextToTidy([...this.#files.values()], () => this.#logs.values(), {
      current: this.#current,
      settled: this.#settled,
    })
  }

  /** Writes what counts of a file, joined, into another one, and removes it. */
  async #rewrite(n: number): Promise<void> {
    if (n === this.#current) this.#current = this.#fresh()
    if (n === this.#settled) this.#settled = null
    for (const { log, segments } of tidyGroups(n, this.#logs.values())) {
      const ranges: LogRange[] = []
      for (const segment of segments) {
        const range = await this.#read(log, segment)
        if (range) ranges.push(range)
      }
      if (ranges.length < segments.length) continue
      const range = joinRanges(ranges)
      const { after } = segments.at(-1)!
      const record = encodeRecord(range, after)
      await this.#write(this.#target(n, record.byteLength), [{ range, after, record }])
    }
    const { live } = this.#files.get(n) ?? { live: 0 }
    // Groups with damage in them are looked at again with the next pass.
    if (live > 0) return
    await rm(join(this.#options.dir, segmentName(n)), { force: true })
    this.#files.delete(n)
    this.#options.onbytes(this.bytes)
  }

  #target(not: number, bytes: number): number {
    const size = this.#files.get(this.#settled ?? -1)?.size ?? 0
    if (this.#settled === null || size + bytes > FILE_BYTES) this.#settled = this.#fresh()
    return this.#settled === not ? (this.#settled = this.#fresh()) : this.#settled
  }
}

/** Writes records at `end` of a file (null makes it), where what follows was never finished, and syncs them. */
async function writeBehind(
  path: string,
  end: number | null,
  batch: readonly { readonly record: Buffer }[],
): Promise<void> {
  const file = await open(path, end === null ? 'wx' : constants.O_RDWR | NO_FOLLOW, 0o600)
  try {
    const { size } = await file.stat()
    let at = end ?? 0
    if (size > at) await file.truncate(at)
    for (const { record } of batch) {
      for (let done = 0; done < record.byteLength;) {
        const { bytesWritten } = await file.write(record, done, record.byteLength - done, at)
        done += bytesWritten
        at += bytesWritten
      }
    }
    await file.datasync()
  } catch (error) {
    // On a disk that is full this gives back what was taken; what stays is cut by the next write.
    await (end === null ? rm(path, { force: true }) : file.truncate(end)).catch(() => {})
    throw error
  } finally {
    await file.close()
  }
}
