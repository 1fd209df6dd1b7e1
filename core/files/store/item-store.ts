import { readdir, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { PorchlightError } from '../../errors.ts'
import type { Random } from '../../random.ts'
import type { ShareProgress } from '../api.ts'
import { HASH, isPossible } from '../descriptor.ts'
import type { Descriptor, ItemRef } from '../descriptor.ts'
import { safeName } from '../safe-name.ts'
import { MAX_CONTENTS } from './contents.ts'
import { HeldItem } from './held-item.ts'
import { each } from './each.ts'
import { elsewhere, notThere } from './item-errors.ts'
import { ItemFiles, disk, itemsDir } from './item-files.ts'
import type { StoreContext } from './item-files.ts'
import { HELD, RECEIVED, SHARED, newRecord } from './item-record.ts'
import type { ItemRecord } from './item-record.ts'
import { makeDirectory, targetFor } from './put-in-place.ts'
import { ReceivedItem } from './received-item.ts'
import { readRecord } from './record-file.ts'
import { SharedItem } from './shared-item.ts'
import { assertNotOwn, readToShare, storeStream } from './sharing.ts'
import type { StoredItem } from './stored-item.ts'
import { splitName, sweep } from './sweep.ts'
import { Turns } from './turns.ts'

export interface ItemStoreOptions extends StoreContext {
  readonly random: Random
  /** The node's own directory, of which nothing is offered; the one above `dir` unless it is said. */
  readonly data?: string | undefined
}

export interface ShareOptions {
  /** The id of the room in which it is offered. */
  readonly room: string
  readonly signal?: AbortSignal | undefined
  readonly onprogress?: ShareProgress | undefined
}

export interface BeginOptions {
  /** As its message claims. */
  readonly name: string
  /** The room (its id) of that message. */
  readonly room: string
  /** Where a person wants it. */
  readonly out?: string | undefined
  /** How many files its message says that a folder has: with another number it is damaged. */
  readonly files?: number | undefined
}

/** The items of this device: what it shares in place, what it receives, what it holds for others. */
export class ItemStore {
  /** Names of records that could not be read and were set aside. */
  readonly damaged: readonly string[]
  readonly #options: ItemStoreOptions
  readonly #items: Map<string, StoredItem>
  /** Items are made and removed one at a time for each root. */
  readonly #turns = new Turns()
  readonly #closing = new AbortController()
  readonly #sharing = new Set<Promise<StoredItem>>()

  private constructor(
    options: ItemStoreOptions,
    items: Map<string, StoredItem>,
    damaged: string[],
  ) {
    this.#options = options
    this.#items = items
    this.damaged = damaged
  }

  /** Opens the store of a directory. A record that can not be read is set aside; files that belong to no item go. */
  static async open(options: ItemStoreOptions): Promise<ItemStore> {
    const { dir, logger } = options
    await disk(() => makeDirectory(itemsDir(dir), 0o700))
    const damaged: string[] = []
    const items = new Map<string, StoredItem>()
    const store = new ItemStore(options, items, damaged)
    await each(await readdir(itemsDir(dir)), async (name) => {
      const [rootHex, what] = splitName(name)
      if (what === 'damaged') damaged.push(rootHex)
      if (what !== 'item') return
      const { record, code } = await readRecord(options, rootHex)
      if (!record) {
        logger.warn('files: a record can not be read', { code: code ?? 'damaged' })
        damaged.push(rootHex)
        // One that the disk does not give today may be had another day.
        if (code === undefined) {
          await rename(join(itemsDir(dir), name), join(itemsDir(dir), `${rootHex}.damaged`))
        }
        return
      }
      const item = store.#make(record)
      await item.load()
      items.set(rootHex, item)
    })
    await sweep(dir, store.all(), damaged)
    return store
  }

  /**
   * Offers a file or a folder where it is; all of it is read once. Errors: `NOT_FOUND`, `FORBIDDEN` (also for this node's
   * own data), `BAD_REQUEST` (neither, empty, too many files), `TOO_LARGE`, `CHANGED` when it is written to meanwhile,
   * `DISK_FULL`, `CLOSED` when the store is closed before the end, and the signal's reason.
   */
  share(path: string, options: ShareOptions): Promise<StoredItem> {
    const { dir, data = dirname(dir) } = this.#options
    return this.#untilClosed(options, async (ending) => {
      // A link that a person names is theirs to follow; none is below it.
      const place = await realpath(resolve(path)).catch(notThere)
      await assertNotOwn(place, data)
      return this.#share(place, safeName(basename(resolve(path))), false, ending)
    })
  }

  /** Stores bytes that come as a stream, and offers them. Errors: as `share`. */
  shareBytes(
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    options: ShareOptions,
  ): Promise<StoredItem> {
    const { dir, random, space } = this.#options
    return this.#untilClosed(options, async (ending) => {
      const safe = safeName(name)
      const home = join(dir, 'sent', random.bytes(16).toString('hex'))
      try {
        const path = await storeStream(home, safe, bytes, { space, signal: ending.signal })
        return await this.#share(path, safe, true, ending)
      } catch (error) {
        await rm(home, { recursive: true, force: true })
        throw error
      }
    })
  }

  /**
   * Begins to receive an item, or goes on: what stopped one that is known already is tried again. With `out` one
   * that is not complete goes there once it is (a directory that exists: into it). Errors: `BAD_REQUEST` for what no item can be,
   * `EXISTS`, `NOT_FOUND` for the directory of `out`, `DISK_FULL`, `DAMAGED` when it is not what was said of it.
   */
  begin(ref: ItemRef, options: BeginOptions): Promise<StoredItem> {
    assertPossible(ref)
    return this.#once(ref.root, async (known) => {
      // What was held as ciphertext is of another form; and the first message of an item may have lied of it.
      const unproven = known?.problem === 'damaged' || known?.manifest === null
      const another = known?.kind === 'held' || (known && unproven && !alike(known, ref))
      if (!known || another) {
        if (known) await this.#discard(known)
        return this.#receive(ref, options)
      }
      if (known.room !== options.room) throw elsewhere()
      const wasHere = known.complete
      await known.retry()
      const { out } = options
      // What came back, or was finished, just now was asked for there as well.
      if (out !== undefined && !wasHere) await known.moveTo(out)
      return known
    })
  }

  /** Begins to hold an item for others, as ciphertext. Errors: `BAD_REQUEST`, `DISK_FULL`. */
  hold(descriptor: Descriptor, room: string): Promise<StoredItem> {
    assertPossible({ ...descriptor, contents: 0 })
    return this.#once(descriptor.root, async (known) => {
      if (known) return known
      const item = new HeldItem(
        newRecord(HELD, this.#now, { ...descriptor, room, key: null, own: true }),
        this.#files(descriptor.root),
      )
      await item.begin()
      return item
    })
  }

  /**
   * Ends an item and frees what it takes, once what was asked of its root before is over; whoever begins with that root
   * later gets another. What is complete elsewhere than in the store's directory stays. One that was removed before is no
   * error.
   */
  remove(item: StoredItem): Promise<void> {
    return this.#turns.run(item.rootHex, async () => {
      this.#assertOpen()
      if (this.get(item.rootHex) === item) await this.#discard(item)
    })
  }

  get(rootHex: string): StoredItem | null {
    return this.#items.get(rootHex) ?? null
  }

  all(): StoredItem[] {
    return [...this.#items.values()]
  }

  /** Ends all items; what is under way is written first, but for what is read to be offered: that stops. */
  async close(): Promise<void> {
    this.#closing.abort(storeClosed())
    await Promise.allSettled(this.#sharing)
    await this.#turns.idle()
    await Promise.all(this.all().map((item) => item.close()))
  }

  async #receive(ref: ItemRef, { name, room, out, files = 0 }: BeginOptions): Promise<StoredItem> {
    const own = out === undefined
    const record = newRecord(RECEIVED, this.#now, {
      ...ref,
      room,
      files,
      name: safeName(name),
      own,
    })
    if (out !== undefined) record.out = await targetFor(out, record.name)
    const item = new ReceivedItem(record, this.#files(ref.root))
    await item.begin()
    return item
  }

  /** Ends with the store, which waits for it. */
  async #untilClosed(
    options: ShareOptions,
    share: (ending: ShareOptions & { signal: AbortSignal }) => Promise<StoredItem>,
  ): Promise<StoredItem> {
    this.#assertOpen()
    const ends = [this.#closing.signal, ...(options.signal ? [options.signal] : [])]
    const sharing = share({ ...options, signal: AbortSignal.any(ends) })
    this.#sharing.add(sharing)
    try {
      return await sharing
    } finally {
      this.#sharing.delete(sharing)
    }
  }

  async #share(
    place: string,
    name: string,
    own: boolean,
    options: ShareOptions,
  ): Promise<StoredItem> {
    const { envelope } = this.#options
    const offered = await readToShare(place, name, this.#options, options)
    const { ref, manifest, layout, tags, listing } = offered
    const record = newRecord(SHARED, this.#now, {
      ...ref,
      room: options.room,
      name,
      own,
      place: own ? join('sent', basename(dirname(place)), name) : place,
      complete: true,
    })
    return this.#once(ref.root, async () => {
      const files = this.#files(ref.root)
      await Promise.all([
        listing && files.saveContents(envelope.seal(listing)),
        files.saveManifest(manifest),
      ])
      await files.saveRecord(record)
      return new SharedItem(record, files, { layout, tags })
    })
  }

  #once(
    root: Buffer,
    make: (known: StoredItem | null) => Promise<StoredItem>,
  ): Promise<StoredItem> {
    const rootHex = root.toString('hex')
    return this.#turns.run(rootHex, async () => {
      this.#assertOpen()
      const item = await make(this.#known(rootHex))
      this.#items.set(rootHex, item)
      return item
    })
  }

  /** In its turn. */
  async #discard(item: StoredItem): Promise<void> {
    this.#items.delete(item.rootHex)
    await item.discard()
  }

  #known(rootHex: string): StoredItem | null {
    const known = this.get(rootHex)
    if (known) return known
    // Directories are named by half of the root.
    const id = rootHex.slice(0, 32)
    if (this.all().some((item) => item.rootHex.startsWith(id))) {
      throw new PorchlightError('BAD_REQUEST', 'Another item has this id. Nothing was changed.')
    }
    return null
  }

  #make(record: ItemRecord): SharedItem | ReceivedItem | HeldItem {
    const files = this.#files(record.root)
    if (record.kind === SHARED) return new SharedItem(record, files)
    return record.kind === RECEIVED ? new ReceivedItem(record, files) : new HeldItem(record, files)
  }

  #files(root: Buffer): ItemFiles {
    return new ItemFiles(this.#options, root, (item) => this.remove(item))
  }

  get #now(): number {
    return this.#options.clock.now()
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw storeClosed()
  }
}

function storeClosed(): PorchlightError {
  return new PorchlightError('CLOSED', 'The file store is closed.')
}

function alike({ ref }: StoredItem, other: ItemRef): boolean {
  if (ref === null || ref.size !== other.size || ref.chunk !== other.chunk) return false
  return ref.key.equals(other.key) && ref.contents === other.contents
}

function assertPossible(ref: Descriptor & { contents: number }): void {
  const { size, contents } = ref
  const fits = Number.isSafeInteger(contents) && contents >= 0 && contents <= MAX_CONTENTS
  if (isPossible(ref) && fits && contents <= size && ref.root.byteLength === HASH) return
  throw new PorchlightError(
    'BAD_REQUEST',
    'The description of this file is not one that a file can have. Nothing was fetched.',
  )
}
