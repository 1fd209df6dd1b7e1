import { every } from '../clock.ts'
import type { Clock, Timer } from '../clock.ts'
import { Job } from '../job.ts'
import type { Room } from '../room/room.ts'
import type { FilePolicy, FileReason } from './api.ts'
import { evictionOrder, expired } from './policy/eviction.ts'
import type { Tenant } from './policy/eviction.ts'
import type { ItemStore } from './store/item-store.ts'
import type { StoredItem } from './store/stored-item.ts'

const LOOK_EVERY = 60_000

export interface HousekeepingOptions {
  readonly store: ItemStore
  /** All rooms that are for people; null while they are not all open. */
  readonly rooms: () => readonly Room[] | null
  readonly policy: (roomId: string) => FilePolicy
  /** Most bytes of received files; null for no limit. */
  readonly quota: () => number | null
  /** True for an item whose message is about to be written. */
  readonly offering: (root: string) => boolean
  /** True for an item that is being read or fetched. */
  readonly busy: (item: StoredItem) => boolean
  readonly drop: (item: StoredItem) => Promise<void>
  /** As `drop`, and it is not fetched by itself again. */
  readonly letGo: (item: StoredItem) => Promise<void>
  readonly clock: Clock
  readonly onerror: (error: unknown) => void
}

/** Frees what no message offers any more, what was kept for as long as it should be, and what is beyond the quota. */
export class Housekeeping {
  readonly #options: HousekeepingOptions
  readonly #job = new Job(() => this.#run().catch((error: unknown) => this.#options.onerror(error)))
  readonly #timer: Timer
  readonly #measured = new WeakMap<StoredItem, { path: string | null; bytes: number }>()

  constructor(options: HousekeepingOptions) {
    this.#options = options
    this.#timer = every(options.clock, LOOK_EVERY, async () => {
      await this.#lookForLost().catch((error: unknown) => options.onerror(error))
      await this.#job.wake()
    })
  }

  /** Messages went, or a rule changed. */
  wake(): Promise<void> {
    return this.#job.wake()
  }

  /** Bytes that files take of the data directory. */
  async used(): Promise<number> {
    const sizes = await Promise.all(this.#options.store.all().map((item) => this.#bytes(item)))
    return sizes.reduce((sum, bytes) => sum + bytes, 0)
  }

  /** Makes room for so many bytes within the quota: why not, or null when there is. */
  async space(bytes: number): Promise<FileReason | null> {
    const quota = this.#options.quota()
    if (quota === null) return null
    const over = (await this.#promised()) + bytes - quota
    if (over <= 0) return null
    const tenants = await this.#tenants()
    const going = evictionOrder(tenants, over)
    // What would not make enough room is not given up for nothing.
    if (going.reduce((sum, tenant) => sum + tenant.bytes, 0) < over) return 'quota'
    for (const { item } of going) await this.#options.letGo(item)
    return null
  }

  async close(): Promise<void> {
    this.#timer.cancel()
    await this.#job.running
  }

  /** What is here, and what is on its way. */
  async #promised(): Promise<number> {
    let bytes = await this.used()
    for (const item of this.#options.store.all()) {
      if (item.complete || !this.#options.busy(item)) continue
      bytes += Math.max(0, item.descriptor.size - (await this.#bytes(item)))
    }
    return bytes
  }

  /** A complete item is measured once for each place at which it is. */
  async #bytes(item: StoredItem): Promise<number> {
    const known = this.#measured.get(item)
    if (item.complete && known?.path === item.path) return known.bytes
    const bytes = await item.diskBytes()
    if (item.complete) this.#measured.set(item, { path: item.path, bytes })
    return bytes
  }

  /** A stick that was out may be in again. */
  async #lookForLost(): Promise<void> {
    for (const item of this.#options.store.all()) {
      const away = item.problem === 'source-gone' || item.problem === 'lost-here'
      if (away) await item.look()
    }
  }

  async #run(): Promise<void> {
    await this.#dropUnoffered()
    await this.#dropExpired()
    const quota = this.#options.quota()
    if (quota === null) return
    for (const { item } of evictionOrder(await this.#tenants(), (await this.used()) - quota)) {
      await this.#options.letGo(item)
    }
  }

  /** What its room does not offer any more, once all that is stored of the room was looked at. */
  async #dropUnoffered(): Promise<void> {
    const rooms = this.#options.rooms()
    if (!rooms) return
    for (const item of this.#options.store.all()) {
      const { rootHex, kind } = item
      if (kind === 'held' || this.#options.offering(rootHex)) continue
      const files = rooms.find(({ id }) => id === item.room)?.conversation.files
      // While its timeline is placed anew, a room knows less than it will.
      if (files && (!files.complete || files.knows(rootHex))) continue
      await this.#options.drop(item)
    }
  }

  async #dropExpired(): Promise<void> {
    const now = this.#options.clock.now()
    for (const item of this.#options.store.all()) {
      const gone = expired([this.#tenant(item)], this.#options.policy(item.room), now)
      if (gone.length > 0) await this.#options.letGo(item)
    }
  }

  #tenants(): Promise<(Tenant & { item: StoredItem })[]> {
    return Promise.all(
      this.#options.store.all().map(async (item) => ({
        ...this.#tenant(item),
        bytes: await this.#bytes(item),
      })),
    )
  }

  #tenant(item: StoredItem): Omit<Tenant, 'bytes'> & { item: StoredItem } {
    const { asked, addedAt, usedAt } = item.meta
    return { item, kind: item.kind, asked, addedAt, usedAt, busy: this.#options.busy(item) }
  }
}
