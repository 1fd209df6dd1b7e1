import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { LogName, LogRange } from '../copy.ts'
import { proveRange } from '../range/prove.ts'
import { NO_FOLLOW } from './plain-file.ts'
import { DELETED, FRAME, MAGIC, MAX_HEAD, readFrame, readHead, readRecord } from './record.ts'
import type { Segment } from './segment-index.ts'

const WINDOW = 64 * 1024
const NAME = /^(\d{6})\.seg$/

/** What a segment file was found to hold. */
export interface Scanned {
  readonly segments: readonly { readonly log: LogName; readonly segment: Segment }[]
  /** Where the next record is written: what follows was not finished. */
  readonly end: number
  /** Places in the middle that could not be read. */
  readonly damaged: number
}

/** The number in a segment file's name; null for another file. */
export function segmentNumber(name: string): number | null {
  const digits = NAME.exec(name)?.[1]
  return digits === undefined ? null : Number(digits)
}

/** The name of the n-th segment file. */
export function segmentName(n: number): string {
  return `${String(n).padStart(6, '0')}.seg`
}

/** Reads the heads of all records, and the whole of the last: what was cut off in the middle is left out. */
export async function scanSegments(path: string, file: number): Promise<Scanned> {
  const handle = await open(path, constants.O_RDONLY | NO_FOLLOW)
  try {
    const { size } = await handle.stat()
    const window = new Window(handle, size)
    const segments: { log: LogName; segment: Segment }[] = []
    let end = 0
    let damaged = 0
    for (let at = 0; at < size;) {
      const found = await recordAt(window, at)
      if (!found) {
        const next = await window.find(MAGIC, at + 1)
        if (next === null) break
        at = next
        continue
      }
      if (at > end) {
        // What looks like a record here may be the inside of a block that somebody made up.
        const range = readRecord(await window.read(at, found.bytes))
        if (!range || !proveRange(range)) {
          at = (await window.find(MAGIC, at + 1)) ?? size
          continue
        }
        damaged++
      }
      if (found.segment) segments.push({ log: found.log, segment: { ...found.segment, file, at } })
      at += found.bytes
      end = at
    }
    const last = segments.at(-1)
    if (last && last.segment.at + last.segment.bytes === end) {
      // Its length may have reached the disk before its bytes did.
      const bytes = await window.read(last.segment.at, last.segment.bytes)
      if (!readRecord(bytes)) {
        segments.pop()
        end = last.segment.at
      }
    }
    return { segments, end, damaged }
  } finally {
    await handle.close()
  }
}

/** The range of a segment; null when it is damaged. Errors: those of the file system. */
export async function readSegment(path: string, { at, bytes }: Segment): Promise<LogRange | null> {
  const handle = await open(path, constants.O_RDONLY | NO_FOLLOW)
  try {
    const buffer = Buffer.allocUnsafe(bytes)
    const { bytesRead } = await handle.read(buffer, 0, bytes, at)
    return bytesRead === bytes ? readRecord(buffer) : null
  } finally {
    await handle.close()
  }
}

/** Marks segments of one file as deleted. */
export async function deleteSegments(path: string, segments: readonly Segment[]): Promise<void> {
  const handle = await open(path, constants.O_RDWR | NO_FOLLOW)
  try {
    for (const { at } of segments) await handle.write(DELETED, 0, DELETED.byteLength, at)
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

async function recordAt(
  window: Window,
  at: number,
): Promise<{ log: LogName; segment: Omit<Segment, 'file' | 'at'> | null; bytes: number } | null> {
  const bytes = await window.read(at, FRAME + MAX_HEAD)
  const frame = readFrame(bytes)
  if (!frame) return null
  const total = FRAME + frame.head + frame.body
  const head = readHead(bytes)
  if (!head || at + total > window.size) return null
  const { key, manifest, from, count, before, after } = head
  const segment = { bytes: total, from, to: from + count, before, after }
  // Copies, so that a small name does not hold the window in memory.
  const log = { key: Buffer.from(key), manifest: Buffer.from(manifest) }
  return { log, segment: frame.live ? segment : null, bytes: total }
}

/** A part of a file in memory, that moves along. */
class Window {
  readonly size: number
  readonly #handle: FileHandle
  #start = 0
  #bytes = Buffer.alloc(0)

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle
    this.size = size
  }

  /** Bytes from `at` on, as many as there are. */
  async read(at: number, length: number): Promise<Buffer> {
    const end = Math.min(this.size, at + length)
    if (at < this.#start || end > this.#start + this.#bytes.byteLength) {
      // Behind a large block only what is asked for: most of a file is blocks.
      const far = at > this.#start + this.#bytes.byteLength
      const wanted = Math.max(end - at, far ? 0 : Math.min(WINDOW, this.size - at))
      const buffer = Buffer.allocUnsafe(wanted)
      const { bytesRead } = await this.#handle.read(buffer, 0, wanted, at)
      this.#start = at
      this.#bytes = buffer.subarray(0, bytesRead)
    }
    return this.#bytes.subarray(at - this.#start, end - this.#start)
  }

  /** Where `bytes` stand next, from `from` on; null for nowhere. */
  async find(bytes: Buffer, from: number): Promise<number | null> {
    for (let at = from; at + bytes.byteLength <= this.size;) {
      const chunk = await this.read(at, WINDOW)
      if (chunk.byteLength < bytes.byteLength) return null
      const found = chunk.indexOf(bytes)
      if (found >= 0) return at + found
      at += chunk.byteLength - bytes.byteLength + 1
    }
    return null
  }
}
