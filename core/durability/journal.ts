/**
 * The journal: blocks of this device's own logs are synced here before they are appended and announced.
 * After a power cut the store may have lost its unsynced tail while a peer already holds it; appending the
 * journal's very bytes again makes the same Merkle tree, so the log never forks.
 *
 * File: entries of [u32 length | u32 CRC-32 | 32 core key | u64 sequence | block], little-endian. Two
 * generations are kept, so at least the last `GENERATION` bytes outlive a rotation.
 */
import { constants, open, readFile, statfs } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { PorchlightError } from '../errors.ts'
import { Job } from '../job.ts'
import { asDiskError } from './disk-error.ts'
import { renameDurably, syncDirectory } from './private-file.ts'

/** Bytes of a generation: 4 MB, or a thirty-second of a small disk. */
const GENERATION = 4 * 1024 * 1024
/**
 * On Linux a write to a file opened so is the write and its fdatasync in one: a message waits for one trip to a thread
 * instead of two. Elsewhere the sync says more than the flag (macOS), or there is no flag.
 */
const SYNCED = process.platform === 'linux' ? constants.O_DSYNC : 0
const HEADER = 8
const FIXED = 40
const MAX_ENTRY = 1024 * 1024

/** A block of an own core, as it is written ahead. */
export interface JournalEntry {
  /** 32-byte key of the core. */
  readonly core: Buffer
  readonly seq: number
  readonly block: Buffer
}

/** What those who write logs need of the journal. */
export type WriteAhead = Pick<Journal, 'append' | 'retract'>

/** What a start finds. */
export interface Found {
  /** Oldest first. */
  readonly entries: JournalEntry[]
  readonly intact: boolean
  readonly torn: boolean
}

/** Entries that stand in the journal; `retract` takes it back. */
export interface Receipt {
  readonly generation: number
  readonly offset: number
  readonly data: Buffer
}

interface Waiting {
  readonly data: Buffer
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (error: unknown) => void
}

/** The write-ahead file: a block that is in it survives a power cut, though the store may lose it. */
export class Journal {
  readonly #dir: string
  readonly #syncStore: () => Promise<void>
  readonly #limit: number
  #file: FileHandle
  #size: number
  #generation = 0
  #queue: Waiting[] = []
  readonly #writer = new Job(() => this.#drain())
  #closed = false

  private constructor(
    dir: string,
    file: FileHandle,
    size: number,
    limit: number,
    syncStore: () => Promise<void>,
  ) {
    this.#dir = dir
    this.#file = file
    this.#size = size
    this.#syncStore = syncStore
    this.#limit = limit
  }

  /**
   * Opens the journal of `dir` and returns what it holds, oldest first. A torn last entry is dropped; `torn`
   * says that there was one. `intact` is false when bytes before the end are unreadable, or a file is missing
   * where `expected` says that there was one; `onfound` hears of it all before anything is mended. `syncStore` makes the store durable before a generation goes.
   */
  static async open(
    dir: string,
    options: {
      expected: boolean
      syncStore: () => Promise<void>
      onfound?: (found: Found) => Promise<void>
    },
  ): Promise<{ journal: Journal } & Found> {
    const older = await readGeneration(join(dir, 'journal.old'))
    const newer = await readGeneration(join(dir, 'journal'))
    const intact =
      (older === null || older.intact) && (newer === null ? !options.expected : newer.intact)
    const entries = [...(older?.entries ?? []), ...(newer?.entries ?? [])]
    const found = { entries, intact, torn: newer?.torn ?? false }
    await options.onfound?.(found)
    const path = join(dir, 'journal')
    const file = await openToWrite(path, newer === null)
    // A torn tail would hide every later entry from the next start.
    if (newer) await file.truncate(newer.size)
    else await syncDirectory(dir)
    const { blocks, bsize } = await statfs(dir)
    const limit = Math.min(GENERATION, (blocks * bsize) / 32)
    const journal = new Journal(dir, file, newer?.size ?? 0, limit, options.syncStore)
    return { journal, ...found }
  }

  /** Resolves once the entries are on the disk. Errors: `DISK_FULL`, `CLOSED`. */
  append(entries: readonly JournalEntry[]): Promise<Receipt> {
    const data = Buffer.concat(entries.map(encodeEntry))
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new PorchlightError('CLOSED', 'The journal is closed.'))
      this.#queue.push({ data, resolve, reject })
      void this.#writer.wake()
    })
  }

  /**
   * Takes entries back whose append failed, so that no later start repeats what a person was told is not saved.
   * They are overwritten where they stand, which takes no space on a full disk.
   */
  async retract({ generation, offset, data }: Receipt): Promise<void> {
    // After a rotation the failed append is long past, and the last entry of a sequence wins.
    if (generation !== this.#generation) return
    const voided = voidEntries(data)
    await writeAll(this.#file, voided, offset)
    await sync(this.#file)
  }

  /** Writes what is queued, then closes the file. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#writer.running
    await this.#file.close()
  }

  /** One sync for all that was queued meanwhile. */
  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue
      this.#queue = []
      try {
        let offset = await this.#write(Buffer.concat(batch.map((w) => w.data)))
        for (const { data, resolve } of batch) {
          resolve({ generation: this.#generation, offset, data })
          offset += data.byteLength
        }
      } catch (error) {
        for (const w of batch) w.reject(asDiskError(error))
      }
    }
  }

  /** Returns where the data begins. */
  async #write(data: Buffer): Promise<number> {
    if (this.#size > 0 && this.#size + data.byteLength > this.#limit) await this.#rotate()
    try {
      const offset = this.#size
      await writeAll(this.#file, data, offset)
      await sync(this.#file)
      this.#size += data.byteLength
      return offset
    } catch (error) {
      // Half an entry must not stay in front of the next one.
      await this.#file.truncate(this.#size).catch(() => {})
      throw error
    }
  }

  async #rotate(): Promise<void> {
    await this.#syncStore()
    const path = join(this.#dir, 'journal')
    // The new file is there before the old one is let go of: whatever fails, one of them is written to.
    const file = await openToWrite(`${path}.new`, true)
    try {
      await renameDurably(path, join(this.#dir, 'journal.old'))
      await renameDurably(`${path}.new`, path)
    } catch (error) {
      await file.close()
      throw error
    }
    await this.#file.close()
    this.#file = file
    this.#size = 0
    this.#generation++
  }
}

function openToWrite(path: string, fresh: boolean): Promise<FileHandle> {
  const making = fresh ? constants.O_CREAT | constants.O_TRUNC : 0
  return open(path, constants.O_RDWR | making | SYNCED, 0o600)
}

async function sync(file: FileHandle): Promise<void> {
  if (SYNCED === 0) await file.datasync()
}

/** A nearly full disk takes a part of a write without an error: the rest meets it. */
async function writeAll(file: FileHandle, data: Buffer, offset: number): Promise<void> {
  for (let at = 0; at < data.byteLength;) {
    const { bytesWritten } = await file.write(data, at, data.byteLength - at, offset + at)
    at += bytesWritten
  }
}

function encodeEntry(entry: JournalEntry): Buffer {
  const data = Buffer.allocUnsafe(HEADER + FIXED + entry.block.byteLength)
  entry.core.copy(data, HEADER)
  data.writeBigUInt64LE(BigInt(entry.seq), HEADER + 32)
  entry.block.copy(data, HEADER + FIXED)
  data.writeUInt32LE(data.byteLength - HEADER, 0)
  data.writeUInt32LE(crc32(data.subarray(HEADER)), 4)
  return data
}

/** The same entries, of no core. */
function voidEntries(data: Buffer): Buffer {
  const out = Buffer.from(data)
  for (let at = 0; at < out.byteLength;) {
    const end = at + HEADER + out.readUInt32LE(at)
    out.fill(0, at + HEADER, at + HEADER + 32)
    out.writeUInt32LE(crc32(out.subarray(at + HEADER, end)), at + 4)
    at = end
  }
  return out
}

/** All whole entries from the start of `data`; `intact` is false when something readable follows a bad entry. */
export function decodeJournal(data: Buffer): {
  entries: JournalEntry[]
  size: number
  intact: boolean
  torn: boolean
} {
  const entries: JournalEntry[] = []
  let at = 0
  for (;;) {
    const entry = entryAt(data, at)
    if (!entry) break
    entries.push(entry.value)
    at = entry.end
  }
  // A torn write is at the very end; a bad entry with good ones behind it is damage.
  let intact = true
  for (let probe = at + 1; intact && probe < data.byteLength && probe < at + MAX_ENTRY; probe++) {
    if (entryAt(data, probe)) intact = false
  }
  return { entries, size: at, intact, torn: at < data.byteLength }
}

function entryAt(data: Buffer, at: number): { value: JournalEntry; end: number } | null {
  if (at + HEADER + FIXED > data.byteLength) return null
  const length = data.readUInt32LE(at)
  const start = at + HEADER
  if (length < FIXED || length > MAX_ENTRY || start + length > data.byteLength) return null
  const entry = data.subarray(start, start + length)
  if (crc32(entry) !== data.readUInt32LE(at + 4)) return null
  return {
    value: {
      core: Buffer.from(entry.subarray(0, 32)),
      seq: Number(entry.readBigUInt64LE(32)),
      block: Buffer.from(entry.subarray(FIXED)),
    },
    end: start + length,
  }
}

async function readGeneration(path: string): Promise<ReturnType<typeof decodeJournal> | null> {
  try {
    return decodeJournal(await readFile(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
