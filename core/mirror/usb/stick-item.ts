import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory, writePrivateFile } from '../../durability/private-file.ts'
import { chunkCount, HASH, isPossible, plainLength, SEAL } from '../../files/descriptor.ts'
import type { Descriptor } from '../../files/descriptor.ts'
import type { Held } from '../../files/held.ts'
import { hashChunk, manifestRoot } from '../../files/sealing.ts'
import {
  clearsDirectory,
  isPlainDirectory,
  isPlainFile,
  NO_FOLLOW,
  readPlainFile,
} from '../archive/plain-file.ts'

const MANIFEST = 'manifest'
const MAX_MANIFEST = 2 * 1024 * 1024
/** Most bytes of one file: FAT takes less than 4 GiB. */
const FILE_BYTES = 1024 * 1024 * 1024
/** Bytes after which what was written is synced. */
const SYNC_EVERY = 32 * 1024 * 1024

/** What moving an item needs. */
export interface ItemMoveOptions {
  /** Before bytes are written to the medium. Errors: `DISK_FULL`. */
  readonly space: (bytes: number) => Promise<() => void>
  readonly signal?: AbortSignal | undefined
  readonly onbytes: (bytes: number) => void
}

/**
 * An item on a medium: its manifest, and its sealed chunks one after another in files that any file system takes. It
 * has its name once all of it is there; its key is not.
 */
export class StickItem {
  readonly #items: string
  readonly #dir: string
  readonly #descriptor: Descriptor
  readonly #perFile: number

  /** `items`: the directory of a mirror's items. */
  constructor(items: string, descriptor: Descriptor) {
    this.#items = items
    this.#dir = join(items, descriptor.root.toString('hex'))
    this.#descriptor = descriptor
    this.#perFile = Math.max(1, Math.floor(FILE_BYTES / (descriptor.chunk + SEAL)))
  }

  /** All of it is there, as far as its name says. */
  async isThere(): Promise<boolean> {
    return (await isPlainDirectory(this.#items)) && (await isPlainDirectory(this.#dir))
  }

  async remove(): Promise<void> {
    if (!(await clearsDirectory(this.#items))) return
    for (const dir of [this.#dir, this.#part]) await rm(dir, { recursive: true, force: true })
  }

  /** Writes an item that is whole here; goes on with what an earlier try left. False when it can not be read here any more. Errors: `DISK_FULL`, those of the file system. */
  async write(held: Held, options: ItemMoveOptions): Promise<boolean> {
    const { manifest } = held
    if (!manifest) return false
    await this.#begin(manifest)
    const count = chunkCount(this.#descriptor)
    for (let index = await this.#written(manifest); index < count;) {
      const next = await this.#writeSome(held, index, options)
      if (next === index) return false
      index = next
    }
    await syncDirectory(this.#part)
    await rename(this.#part, this.#dir)
    await syncDirectory(this.#items)
    return true
  }

  /** Gives it to an item that is wanted here; false when what is there is not what its name says. Errors: `DISK_FULL`, those of the file system. */
  async read(held: Held, { signal, onbytes }: ItemMoveOptions): Promise<boolean> {
    const manifest = await this.#manifest(this.#dir)
    if (!manifest || !(await held.takeManifest(manifest))) return false
    const count = chunkCount(this.#descriptor)
    for (let index = 0; index < count; index++) {
      signal?.throwIfAborted()
      if (held.have.has(index)) continue
      // The names in a folder come first; what they lay out is told by then.
      if (index >= held.usable) return true
      const chunk = await this.#chunk(this.#dir, index, manifest)
      if (!chunk) return false
      const sealed = held.buffer(chunk.byteLength)
      chunk.copy(sealed)
      if (!(await held.write(index, sealed))) return false
      onbytes(chunk.byteLength)
    }
    return true
  }

  get #part(): string {
    return `${this.#dir}.part`
  }

  async #begin(manifest: Buffer): Promise<void> {
    // A link in their place would have us write where it leads.
    for (const dir of [this.#items, this.#dir, this.#part]) await clearsDirectory(dir)
    const there = await this.#manifest(this.#part)
    if (there?.equals(manifest)) return
    await rm(this.#part, { recursive: true, force: true })
    await mkdir(this.#part, { recursive: true, mode: 0o700 })
    await writePrivateFile(join(this.#part, MANIFEST), manifest)
    await syncDirectory(this.#items)
  }

  /** How many chunks an earlier try left, from the first on; each is looked at. */
  async #written(manifest: Buffer): Promise<number> {
    const count = chunkCount(this.#descriptor)
    let index = 0
    while (index < count && (await this.#chunk(this.#part, index, manifest))) index++
    return index
  }

  /** Writes chunks from `start` on into one file and syncs them: gives the first that was not written. */
  async #writeSome(held: Held, start: number, options: ItemMoveOptions): Promise<number> {
    const { space, signal, onbytes } = options
    const path = this.#file(this.#part, start)
    await isPlainFile(path)
    const end = Math.min(chunkCount(this.#descriptor), (this.#number(start) + 1) * this.#perFile)
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | NO_FOLLOW, 0o600)
    let index = start
    try {
      for (let bytes = 0; index < end && bytes < SYNC_EVERY; index++) {
        signal?.throwIfAborted()
        const chunk = await held.read(index)
        if (typeof chunk === 'string') break
        try {
          const written = await space(chunk.bytes.byteLength)
          await writeAll(file, chunk.bytes, this.#at(index)).finally(written)
          bytes += chunk.bytes.byteLength
          onbytes(chunk.bytes.byteLength)
        } finally {
          chunk.release()
        }
      }
      await file.datasync()
    } finally {
      await file.close()
    }
    return index
  }

  async #manifest(dir: string): Promise<Buffer | null> {
    if (!(await isPlainDirectory(this.#items)) || !(await isPlainDirectory(dir))) return null
    const manifest = await readPlainFile(join(dir, MANIFEST), MAX_MANIFEST)
    if (manifest?.byteLength !== chunkCount(this.#descriptor) * HASH) return null
    return manifestRoot(this.#descriptor, manifest).equals(this.#descriptor.root) ? manifest : null
  }

  async #chunk(dir: string, index: number, manifest: Buffer): Promise<Buffer | null> {
    const path = this.#file(dir, index)
    if (!(await isPlainFile(path))) return null
    const file = await open(path, constants.O_RDONLY | NO_FOLLOW)
    try {
      const length = plainLength(this.#descriptor, index) + SEAL
      const bytes = Buffer.allocUnsafe(length)
      const { bytesRead } = await file.read(bytes, 0, length, this.#at(index))
      const hash = manifest.subarray(index * HASH, (index + 1) * HASH)
      return bytesRead === length && hashChunk(bytes).equals(hash) ? bytes : null
    } finally {
      await file.close()
    }
  }

  #number(index: number): number {
    return Math.floor(index / this.#perFile)
  }

  #file(dir: string, index: number): string {
    return join(dir, `${String(this.#number(index) + 1).padStart(6, '0')}.dat`)
  }

  #at(index: number): number {
    return (index % this.#perFile) * (this.#descriptor.chunk + SEAL)
  }
}

/** The roots (hex) of items whose writing was begun or ended in a directory. */
export async function rootsIn(items: string): Promise<string[]> {
  const names = (await isPlainDirectory(items)) ? await readdir(items) : []
  return names.filter((name) => /^[0-9a-f]{64}$/.test(name))
}

/** True for what an item can be. */
export function isItem(descriptor: Descriptor): boolean {
  return descriptor.root.byteLength === HASH && isPossible(descriptor)
}

async function writeAll(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, at + done)
    done += bytesWritten
  }
}
