import { readFileSync } from 'node:fs'
import { lstat, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Clock } from '../../clock.ts'
import type { Envelope } from '../../crypto/envelope.ts'
import { asDiskError } from '../../durability/disk-error.ts'
import { syncDirectory, writePrivateFile } from '../../durability/private-file.ts'
import type { Logger } from '../../logger.ts'
import { HASH, chunkCount } from '../descriptor.ts'
import type { Descriptor } from '../descriptor.ts'
import { manifestRoot } from '../sealing.ts'
import type { ChunkWork } from '../work/chunk-work.ts'
import { encodeRecord } from './item-record.ts'
import type { ItemRecord } from './item-record.ts'
import type { StoredItem } from './stored-item.ts'

/** What all items of a store have in common. */
export interface StoreContext {
  readonly dir: string
  readonly envelope: Envelope
  readonly work: ChunkWork
  readonly clock: Clock
  readonly logger: Logger
  /** Before bytes are written; may give what is to be called after it. Errors: `DISK_FULL`. */
  readonly space: (bytes: number) => Promise<(() => void) | void>
}

/** The files that the store keeps of one item. */
export class ItemFiles {
  readonly rootHex: string
  readonly context: StoreContext
  /** Removes the item, in its turn. */
  readonly onremove: (item: StoredItem) => Promise<void>
  /** Undefined: not looked for yet. */
  #manifest: Buffer | null | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(context: StoreContext, root: Buffer, onremove: (item: StoredItem) => Promise<void>) {
    this.context = context
    this.onremove = onremove
    this.rootHex = root.toString('hex')
  }

  get work(): ChunkWork {
    return this.context.work
  }

  /** How people and directories name it. */
  get id(): string {
    return this.rootHex.slice(0, 32)
  }

  get progressPath(): string {
    return this.#named('progress')
  }

  get manifestPath(): string {
    return this.#named('manifest')
  }

  get contentsPath(): string {
    return this.#named('contents')
  }

  /** Where a record's bytes are. */
  absolute({ own, place }: Pick<ItemRecord, 'own' | 'place'>): string {
    return own ? join(this.context.dir, place) : place
  }

  /** The manifest, read when it is first asked for; null when it is not here or damaged. */
  manifest(descriptor: Descriptor): Buffer | null {
    if (this.#manifest !== undefined) return this.#manifest
    let stored: Buffer | null = null
    try {
      stored = readFileSync(this.manifestPath)
    } catch {
      // It is fetched, or made, again.
    }
    this.#manifest = stored && isManifest(descriptor, stored) ? stored : null
    return this.#manifest
  }

  /** Durable when it resolves. Errors: `DISK_FULL`. */
  async saveManifest(manifest: Buffer): Promise<void> {
    await disk(() => writePrivateFile(this.manifestPath, manifest))
    this.#manifest = manifest
  }

  /** One that can be had again: it is synced with the first chunks. Errors: `DISK_FULL`. */
  async putManifest(manifest: Buffer): Promise<void> {
    await disk(() => writeFile(this.manifestPath, manifest, { mode: 0o600 }))
    this.#manifest = manifest
  }

  /** Errors: `DISK_FULL`. */
  saveRecord(record: ItemRecord): Promise<void> {
    const { envelope } = this.context
    const done = this.#writing.then(() =>
      disk(() => writePrivateFile(this.#named('item'), envelope.seal(encodeRecord(record)))),
    )
    this.#writing = done.catch(() => {})
    return done
  }

  /** Resolves once no record is being written. */
  saved(): Promise<void> {
    return this.#writing
  }

  /** Errors: `DISK_FULL`. */
  async saveContents(bytes: Uint8Array): Promise<void> {
    await disk(() => writePrivateFile(this.contentsPath, bytes))
  }

  /** Removes the record first: what is left after a crash belongs to nobody, and goes at the next start. */
  async remove(): Promise<void> {
    await this.#writing
    for (const what of ['item', 'manifest', 'progress', 'contents']) {
      await rm(this.#named(what), { force: true })
      if (what === 'item') await syncDirectory(dirname(this.#named(what)))
    }
  }

  /** Bytes on the disk of the files that the store keeps beside the item's own. */
  async diskBytes(): Promise<number> {
    let bytes = 0
    for (const what of ['item', 'manifest', 'progress', 'contents']) {
      bytes += await allocated(this.#named(what))
    }
    return bytes
  }

  #named(what: string): string {
    return join(itemsDir(this.context.dir), `${this.rootHex}.${what}`)
  }
}

/** Where the store keeps what it knows. */
export function itemsDir(dir: string): string {
  return join(dir, 'items')
}

/** True for the hashes that the descriptor's root names. */
export function isManifest(descriptor: Descriptor, manifest: Buffer): boolean {
  if (manifest.byteLength !== chunkCount(descriptor) * HASH) return false
  return manifestRoot(descriptor, manifest).equals(descriptor.root)
}

/** Bytes that a file or a directory takes on the disk; 0 when there is none. */
export async function allocated(path: string): Promise<number> {
  const stats = await lstat(path).catch(() => null)
  if (!stats) return 0
  let bytes = stats.blocks * 512
  if (stats.isDirectory()) {
    for (const name of await readdir(path).catch(() => []))
      bytes += await allocated(resolve(path, name))
  }
  return bytes
}

/** Runs what writes. Errors: `DISK_FULL` and those of `asDiskError`. */
export async function disk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asDiskError(error)
  }
}
