/**
 * Which chunks of an item were written. File: [u32 CRC-32 of what follows to the entries | u32 chunks | bits of the
 * chunks that are on the disk for certain], then entries of [u32 index | u32 CRC-32 of it] for what was written since,
 * little-endian. A checkpoint writes it anew, so it stays small; a torn end loses its entry alone.
 */
import { constants } from 'node:fs'
import { open, readFile, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { syncDirectory } from '../../durability/private-file.ts'
import { Bitfield } from '../bitfield.ts'

const HEADER = 8
const ENTRY = 8

/** What an earlier run left: chunks to trust, and chunks that have to be looked at. */
export interface Progress {
  readonly synced: Bitfield
  readonly written: number[]
  /** Where the next entry goes: what is behind the last good one is none. */
  readonly end: number
}

/** The progress of one item. */
export class ProgressLog {
  readonly #path: string
  readonly #chunks: number
  /** The file has its head. */
  #begun = false
  #file: FileHandle | null = null
  /** Noted since the last checkpoint, and how many of these stand in the file. */
  #since: number[] = []
  #appended = 0
  /** Bytes of the file that are good. */
  #end = 0
  /** How many were noted before these. */
  #forgotten = 0
  #appending = false
  #turn: Promise<void> = Promise.resolve()
  #checkpoints: Promise<void> = Promise.resolve()

  constructor(path: string, chunks: number) {
    this.#path = path
    this.#chunks = chunks
  }

  /** Null when there is none, or it is damaged. */
  async load(): Promise<Progress | null> {
    const stored = await readFile(this.#path).catch(() => null)
    const progress = stored && decodeProgress(stored, this.#chunks)
    this.#begun = progress !== null
    this.#end = progress?.end ?? 0
    return progress
  }

  /** A chunk was written; it is noted soon. */
  note(index: number): void {
    this.#since.push(index)
    if (this.#appending) return
    this.#appending = true
    // A chunk that is not noted is fetched again after a crash, no more.
    this.#next(() => this.#append()).catch(() => {})
  }

  /** How much was noted so far: what `checkpoint` takes as covered. */
  get mark(): number {
    return this.#forgotten + this.#since.length
  }

  /**
   * Everything in `synced` is on the disk, and so is what was noted up to `mark`. Meanwhile notes go on: a slow disk must
   * not keep them in memory, where the end of the process takes them along.
   */
  checkpoint(synced: Bitfield, mark: number): Promise<void> {
    const done = this.#checkpoints.then(() => this.#checkpoint(synced, mark))
    this.#checkpoints = done.catch(() => {})
    return done
  }

  async close(): Promise<void> {
    await this.#checkpoints
    await this.#next(() => this.#shut())
  }

  async remove(): Promise<void> {
    await this.#checkpoints
    await this.#next(async () => {
      await this.#shut()
      this.#begun = false
      this.#forget(this.#since.length)
      this.#appended = 0
      await rm(this.#path, { force: true })
    })
  }

  async #checkpoint(synced: Bitfield, seen: number): Promise<void> {
    const mark = Math.max(0, seen - this.#forgotten)
    const noted = this.#since.length
    const path = `${this.#path}.new`
    const file = await open(path, 'w', 0o600)
    try {
      const head = Buffer.concat([encodeHead(synced), encodeEntries(this.#since.slice(mark))])
      await writeAt(file, head, 0)
      await file.datasync()
      await this.#next(async () => {
        const later = encodeEntries(this.#since.slice(noted))
        await writeAt(file, later, head.byteLength)
        await rename(path, this.#path)
        await this.#shut()
        this.#file = file
        this.#begun = true
        this.#end = head.byteLength + later.byteLength
        this.#appended = noted + later.byteLength / ENTRY - mark
        this.#forget(mark)
      })
    } catch (error) {
      if (this.#file !== file) await file.close()
      throw error
    }
    await syncDirectory(dirname(this.#path))
  }

  #forget(count: number): void {
    this.#since.splice(0, count)
    this.#forgotten += count
  }

  async #append(): Promise<void> {
    this.#appending = false
    const entries = this.#since.slice(this.#appended)
    if (entries.length === 0) return
    const begins = !this.#begun
    const flags = begins ? constants.O_CREAT | constants.O_TRUNC : 0
    this.#file ??= await open(this.#path, constants.O_WRONLY | flags, 0o600)
    if (begins) {
      const head = encodeHead(new Bitfield(this.#chunks))
      await writeAt(this.#file, head, 0)
      this.#end = head.byteLength
    }
    this.#begun = true
    const bytes = encodeEntries(entries)
    // What a full disk cut off is written over the next time.
    await writeAt(this.#file, bytes, this.#end)
    this.#end += bytes.byteLength
    this.#appended += entries.length
  }

  async #shut(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.close()
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }
}

/** Null for what `ProgressLog` did not write. */
export function decodeProgress(stored: Buffer, chunks: number): Progress | null {
  const end = HEADER + Math.ceil(chunks / 8)
  if (stored.byteLength < end || stored.readUInt32LE(4) !== chunks) return null
  if (crc32(stored.subarray(4, end)) !== stored.readUInt32LE(0)) return null
  const synced = Bitfield.from(chunks, stored.subarray(HEADER, end))
  if (!synced) return null
  const written = new Set<number>()
  let at = end
  for (; at + ENTRY <= stored.byteLength; at += ENTRY) {
    const index = stored.readUInt32LE(at)
    const sum = crc32(stored.subarray(at, at + 4))
    if (sum !== stored.readUInt32LE(at + 4) || index >= chunks) break
    if (!synced.has(index)) written.add(index)
  }
  return { synced, written: [...written], end: at }
}

/** All of it: a disk that is nearly full takes less at once. */
async function writeAt(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, at + done)
    done += bytesWritten
  }
}

function encodeHead(synced: Bitfield): Buffer {
  const bits = synced.bytes()
  const head = Buffer.alloc(HEADER + bits.byteLength)
  head.writeUInt32LE(synced.length, 4)
  bits.copy(head, HEADER)
  head.writeUInt32LE(crc32(head.subarray(4)), 0)
  return head
}

function encodeEntries(indices: readonly number[]): Buffer {
  const entries = Buffer.alloc(indices.length * ENTRY)
  for (const [n, index] of indices.entries()) {
    const at = n * ENTRY
    entries.writeUInt32LE(index, at)
    entries.writeUInt32LE(crc32(entries.subarray(at, at + 4)), at + 4)
  }
  return entries
}
