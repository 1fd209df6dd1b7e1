import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Timer } from '../../clock.ts'
import { disk } from '../../files/store/item-files.ts'
import { makeDirectory } from '../../files/store/put-in-place.ts'
import { writePrivateFile } from '../../durability/private-file.ts'
import { errorCode } from '../../errors.ts'
import { chunkCount, HASH, SEAL } from '../../files/descriptor.ts'
import type { Held } from '../../files/held.ts'
import { each } from '../../files/store/each.ts'
import type { ItemStore } from '../../files/store/item-store.ts'
import type { StoredItem } from '../../files/store/stored-item.ts'
import { MAX_ROOTS } from '../../files/swarm/messages.ts'
import type { Swarm } from '../../files/swarm/swarm.ts'
import type { Logger } from '../../logger.ts'
import type { ItemName } from '../copy.ts'
import type { Lister } from '../exchange/shared-copy.ts'
import { KEPT_FOR } from '../holder/held-mirror.ts'
import type { MirrorItems } from '../holder/held-mirror.ts'
import type { Holder } from '../holder/holder.ts'
import { fetchOrder, mostNamed } from './fetch-order.ts'
import { ItemFetches } from './item-fetches.ts'
import type { Ended } from './item-fetches.ts'
import { MAX_LISTED } from './item-lists.ts'
import type { ListChange } from './item-lists.ts'
import type { Keeping } from './keeping.ts'
import { mirrorOf, mirrorRoom } from './shared-rooms.ts'
import { decodeWishes, encodeWishes } from './wish-file.ts'
import { listerName, WishList } from './wish-list.ts'
import type { Wish } from './wish-list.ts'

/** Items that one may name who shares no room with this device, and all such at one address. */
const MAX_STRANGE = 256
const MAX_AT_ADDRESS = 1024
/** Items that are named in all, and of these by whom shares no room with this device. */
const MAX_NAMED = 131_072
const MAX_NAMED_STRANGE = 32_768
/** What an item costs beside its chunks: its files, and its record. */
const ENTRY = 8 * 1024
/** How long an item is left alone, by why it did not come. */
const RESTS: Readonly<Record<Ended | 'refused', number>> = {
  'no-source': 5_000,
  still: 600_000,
  false: 60_000,
  full: 600_000,
  refused: 60_000,
}
/** How long news is gathered. */
const GATHER = 50
/** How often what rested is looked at. */
const LOOK_EVERY = 5_000

export interface ItemKeeperOptions {
  /** Where it is written what depositors would have kept. */
  readonly dir: string
  /** For these items alone; closed with the keeper. */
  readonly store: ItemStore
  readonly holder: Holder
  readonly swarm: Swarm
  /** True for an item (root in hex) that this device's own people have, or get. */
  readonly own: (root: string) => boolean
  /** What is kept of a mirror (hex id) is something else. */
  readonly onchange: (id: string) => void
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Keeps items of the mirrors that a holder holds, as ciphertext: what depositors name is fetched from them, or from
 * other holders, counted for who named it, given to whoever comes for it, and deleted once nobody names it.
 */
export class ItemKeeper implements MirrorItems {
  readonly #options: ItemKeeperOptions
  readonly #lists = new Map<string, WishList>()
  readonly #dirty = new Set<string>()
  /** What others are asked about of each mirror. */
  readonly #watched = new Map<string, string>()
  readonly #fetches: ItemFetches
  readonly #onsources = (): void => this.#wake()
  /** What is done, one after another. */
  #turn: Promise<unknown> = Promise.resolve()
  #looking: Timer | null = null
  #resting: Timer | null = null
  #closed = false

  private constructor(options: ItemKeeperOptions) {
    this.#options = options
    this.#fetches = new ItemFetches({
      ...options,
      oncomplete: (id) => this.#oncomplete(id),
      onended: (id, item, why) => this.#onended(id, item, why),
    })
    options.swarm.on('sources', this.#onsources)
  }

  /** Goes on with what was kept. Errors: those of the disk. */
  static async open(options: ItemKeeperOptions): Promise<ItemKeeper> {
    await disk(() => makeDirectory(options.dir, 0o700))
    const keeper = new ItemKeeper(options)
    await each(await readdir(options.dir), (name) => keeper.#load(name))
    for (const item of options.store.all()) {
      if (keeper.#wishOf(item)) keeper.#follow(item)
      else await item.remove()
    }
    options.holder.items = keeper
    keeper.#wake()
    return keeper
  }

  /** How many items are kept whole, of all that are named. */
  get count(): { readonly kept: number; readonly named: number } {
    let named = 0
    for (const wishes of this.#lists.values()) named += wishes.size
    return { named, kept: this.#options.store.all().filter(({ complete }) => complete).length }
  }

  /** What is here of an item (root in hex) for those who share a mirror, by the name that files know it by. */
  held(roomId: string, root: string): Held | null {
    const id = mirrorOf(roomId)
    const item = id === null ? null : this.#options.store.get(root)
    return item?.room === id && this.#wishOf(item!) ? item : null
  }

  /** What is kept whole of a mirror (hex id), the newest first. */
  kept(id: string): ItemName[] {
    return [...(this.#lists.get(id) ?? [])]
      .filter((wish) => this.#itemOf(id, wish)?.complete)
      .map(({ item }) => item)
      .reverse()
  }

  /** An item of a mirror that is named and may be stored, begun where it was not; null for another. */
  async begin(id: string, { root, size, chunk }: ItemName): Promise<Held | null> {
    return this.#inTurn(async () => {
      const wish = this.#lists
        .get(id)
        ?.of(root.toString('hex'))
        .find(({ item }) => item.size === size && item.chunk === chunk)
      return wish ? this.#begin(id, wish) : null
    })
  }

  /** There may be space for what was refused. */
  retry(): void {
    for (const wishes of this.#lists.values()) {
      for (const wish of wishes) if (wish.refused !== 'false') wish.restsUntil = -Infinity
    }
    this.#wake()
  }

  list(id: string, lister: Lister, change: ListChange): void {
    void this.#inTurn(() => this.#change(id, lister, change))
  }

  listed(id: string): readonly ItemName[] {
    const { listers = new Map<string, Lister>() } = this.#lists.get(id) ?? {}
    return [...(this.#lists.get(id) ?? [])]
      .filter(({ by }) => [...by].some((name) => listers.get(name)?.node === false))
      .map(({ item }) => item)
      .reverse()
  }

  *keeping(id: string, lister: Lister): Generator<readonly [string, Keeping]> {
    for (const wish of this.#lists.get(id)?.named(listerName(lister)) ?? []) {
      const kept = this.#itemOf(id, wish)?.complete ?? false
      yield [wish.rootHex, kept ? 'kept' : (wish.refused ?? 'waiting')]
    }
  }

  forget(id: string, depositor: Buffer): void {
    void this.#inTurn(() => this.#leave(id, listerName({ key: depositor, node: false })))
  }

  remove(ids: readonly string[]): void {
    void this.#inTurn(async () => {
      for (const id of ids) await this.#remove(id)
    })
  }

  sweep(now: number): void {
    void this.#inTurn(async () => {
      for (const [id, { listers }] of this.#lists) {
        for (const [name, lister] of listers) {
          lister.seen = Math.min(lister.seen, now)
          if (lister.node && lister.seen + KEPT_FOR <= now) await this.#leave(id, name)
        }
      }
      await this.#saveAll()
    })
  }

  async idle(): Promise<void> {
    await this.#turn
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#resting?.cancel()
    this.#looking?.cancel()
    this.#options.swarm.off('sources', this.#onsources)
    this.#fetches.close()
    await this.#turn
    await this.#saveAll()
    await this.#options.store.close()
  }

  /** Never rejects. */
  async #inTurn<T>(run: () => Promise<T>): Promise<T | null> {
    const turn = this.#turn.then(run).catch((error: unknown) => {
      if (!this.#closed) this.#options.logger.warn('mirror-items', { code: errorCode(error) })
      return null
    })
    this.#turn = turn
    return turn
  }

  async #load(name: string): Promise<void> {
    const { holder, dir } = this.#options
    const path = join(dir, name)
    const bytes = await readFile(path).catch(() => null)
    const wishes = bytes && holder.stored(name) ? decodeWishes(bytes) : null
    if (!wishes) return rm(path, { force: true })
    this.#lists.set(name, wishes)
    for (const wish of wishes) {
      const payer = wishes.listers.get(wish.payer ?? '')
      const counted = payer && holder.restore(name, payer, costOf(wish.item))
      if (!counted) wish.payer = null
    }
  }

  async #change(id: string, lister: Lister, change: ListChange): Promise<void> {
    const { holder } = this.#options
    if (this.#closed || !holder.stored(id)) return
    const wishes = this.#lists.get(id) ?? new WishList()
    this.#lists.set(id, wishes)
    const own = wishes.countOf(listerName(lister))
    const most = Math.min(own + this.#room(lister), lister.paired ? MAX_LISTED : MAX_STRANGE)
    const { dropped, changed } = wishes.change(lister, change, { now: holder.time.now(), most })
    this.#dirty.add(id)
    for (const wish of dropped) await this.#letGo(id, wishes, wish)
    if (!changed) return
    await this.#save(id)
    this.#told(id)
  }

  /** How many items more somebody may name. */
  #room({ address, paired }: Lister): number {
    let [named, strange, near] = [0, 0, 0]
    for (const wishes of this.#lists.values()) {
      for (const [name, other] of wishes.listers) {
        const count = wishes.countOf(name)
        named += count
        if (other.paired) continue
        strange += count
        if (other.address === address) near += count
      }
    }
    const left = MAX_NAMED - named
    const most = paired ? [left] : [left, MAX_AT_ADDRESS - near, MAX_NAMED_STRANGE - strange]
    return Math.max(0, Math.min(...most))
  }

  async #leave(id: string, lister: string): Promise<void> {
    const wishes = this.#lists.get(id)
    if (!wishes) return
    const dropped = wishes.forget(lister)
    for (const wish of dropped) await this.#letGo(id, wishes, wish)
    // Who counted it is gone; somebody else who names it counts it from now on, or nobody can.
    for (const wish of wishes) {
      if (wish.payer !== lister) continue
      wish.payer = null
      if (!(await this.#pay(id, wishes, wish))) await this.#letGo(id, wishes, wish)
    }
    await this.#save(id)
    this.#told(id)
  }

  async #remove(id: string): Promise<void> {
    const wishes = this.#lists.get(id)
    this.#lists.delete(id)
    this.#dirty.delete(id)
    this.#watch(id, [])
    if (!wishes) return
    for (const wish of wishes) await this.#letGo(id, wishes, wish)
    await rm(join(this.#options.dir, id), { force: true })
  }

  /** Frees what an item takes. */
  async #letGo(id: string, wishes: WishList, wish: Wish): Promise<void> {
    const { holder, swarm } = this.#options
    const item = this.#itemOf(id, wish)
    const payer = wishes.listers.get(wish.payer ?? '')
    wish.payer = null
    if (item) {
      this.#fetches.stop(item)
      await item.remove()
      swarm.changed(item.rootHex)
    }
    if (payer) holder.release(id, payer, costOf(wish.item))
  }

  #told(id: string): void {
    this.#options.onchange(id)
    this.#wake()
  }

  #wake(): void {
    if (this.#closed) return
    this.#looking ??= this.#options.clock.after(GATHER, () => {
      this.#looking = null
      void this.#inTurn(() => this.#look())
    })
  }

  /** Begins what can be had, and asks who has the rest. */
  async #look(): Promise<void> {
    const { swarm, clock, own } = this.#options
    const now = clock.monotonic()
    const ready: { readonly id: string; readonly item: ItemName; readonly wish: Wish }[] = []
    for (const [id, wishes] of this.#lists) {
      const lacking: { item: ItemName; wish: Wish }[] = []
      for (const [root, variants] of wishes.roots()) {
        if (variants.some((wish) => this.#itemOf(id, wish)?.complete) || own(root)) continue
        const paired = (name: string): boolean => wishes.listers.get(name)?.paired ?? false
        const wish = mostNamed(variants, paired, now)
        if (wish) lacking.push({ item: wish.item, wish })
        else this.#lookLater()
      }
      this.#watch(id, fetchOrder(lacking))
      for (const { item, wish } of lacking) {
        if (swarm.sources(wish.rootHex) > 0) ready.push({ id, item, wish })
      }
    }
    for (const { id, wish } of fetchOrder(ready)) {
      if (this.#closed || !this.#fetches.free) return
      if (this.#fetches.has(wish.rootHex)) continue
      const item = await this.#begin(id, wish)
      if (item && !item.complete && !this.#closed)
        this.#fetches.start(id, item, (device) => means(wish, device))
    }
  }

  /** Asks those who share a mirror what they have of its items. */
  #watch(id: string, lacking: readonly { readonly wish: Wish }[]): void {
    const roots = lacking.slice(0, MAX_ROOTS).map(({ wish }) => wish.rootHex)
    const print = roots.join()
    if (print === (this.#watched.get(id) ?? '')) return
    if (roots.length > 0) this.#watched.set(id, print)
    else this.#watched.delete(id)
    this.#options.swarm.watch(mirrorRoom(id), roots)
  }

  /** Takes space for an item and makes its place; null when that can not be, and why is noted. */
  async #begin(id: string, wish: Wish): Promise<StoredItem | null> {
    const { store, swarm } = this.#options
    const wishes = this.#lists.get(id)!
    const known = store.get(wish.rootHex)
    const mine = this.#itemOf(id, wish)
    if (known && !mine && !(await this.#displace(known))) return this.#refuse(id, wish, 'crowded')
    if (wish.payer === null && !(await this.#pay(id, wishes, wish))) {
      // Not counted by anybody any more.
      if (mine) await this.#letGo(id, wishes, wish)
      return null
    }
    // At the next start what is held is what is known to be paid for.
    await this.#save(id)
    try {
      const item = await store.hold(wish.item, id)
      this.#follow(item)
      swarm.changed(item.rootHex)
      return item
    } catch (error) {
      this.#options.logger.warn('mirror-item', { code: errorCode(error) })
      await this.#letGo(id, wishes, wish)
      return this.#refuse(id, wish, 'full')
    }
  }

  async #pay(id: string, wishes: WishList, wish: Wish): Promise<boolean> {
    const listers = [...wish.by].flatMap((name) => wishes.listers.get(name) ?? [])
    for (const lister of listers.sort((a, b) => Number(b.paired) - Number(a.paired))) {
      const refused = await this.#options.holder.reserve(id, lister, costOf(wish.item))
      if (refused === null) {
        wish.payer = listerName(lister)
        if (wish.refused) this.#options.onchange(id)
        wish.refused = null
        return true
      }
      this.#refuse(id, wish, refused)
    }
    return false
  }

  #refuse(id: string, wish: Wish, refused: NonNullable<Wish['refused']>): null {
    const isNews = wish.refused !== refused
    wish.refused = refused
    this.#rest(wish, 'refused')
    if (isNews) this.#options.onchange(id)
    return null
  }

  /** An item that another mirror names, or another description of it, gives way while nothing of it is here. */
  async #displace(item: StoredItem): Promise<boolean> {
    if (item.manifest !== null && item.have.count > 0) return false
    const wishes = this.#lists.get(item.room)
    const wish = this.#wishOf(item)
    if (wishes && wish) await this.#letGo(item.room, wishes, wish)
    else await item.remove()
    return true
  }

  #rest(wish: Wish, why: keyof typeof RESTS): void {
    wish.restsUntil = this.#options.clock.monotonic() + RESTS[why]
    this.#lookLater()
  }

  #lookLater(): void {
    if (this.#closed) return
    this.#resting ??= this.#options.clock.after(LOOK_EVERY, () => {
      this.#resting = null
      this.#wake()
    })
  }

  #oncomplete(id: string): void {
    this.#told(id)
  }

  #onended(id: string, item: StoredItem, why: Ended): void {
    const wish = this.#wishOf(item)
    const wishes = this.#lists.get(id)
    if (wish && wishes) {
      this.#rest(wish, why)
      if (why === 'false') wish.refused = 'false'
      if (why === 'full') wish.refused = 'full'
      // Half of it is of no use to anybody, and what is false never will be.
      if (why === 'false' || why === 'full') void this.#inTurn(() => this.#letGo(id, wishes, wish))
    }
    this.#told(id)
  }

  #follow(item: StoredItem): void {
    if (item.listenerCount('lost', this.#onsources) > 0) return
    item.on('lost', this.#onsources)
  }

  #itemOf(id: string, { rootHex, item: { size, chunk } }: Wish): StoredItem | null {
    const item = this.#options.store.get(rootHex)
    if (item?.room !== id) return null
    return item.descriptor.size === size && item.descriptor.chunk === chunk ? item : null
  }

  /** The wish for which an item is kept; null when nobody names it any more. */
  #wishOf(item: StoredItem): Wish | null {
    const wishes = this.#lists.get(item.room)?.of(item.rootHex) ?? []
    return wishes.find((wish) => this.#itemOf(item.room, wish) === item) ?? null
  }

  async #save(id: string): Promise<void> {
    const wishes = this.#lists.get(id)
    if (!wishes) return
    this.#dirty.add(id)
    await disk(() => writePrivateFile(join(this.#options.dir, id), encodeWishes(wishes)))
    this.#dirty.delete(id)
  }

  async #saveAll(): Promise<void> {
    for (const id of this.#dirty) {
      await this.#save(id).catch((error: unknown) => {
        this.#options.logger.warn('mirror-items', { code: errorCode(error) })
      })
    }
  }
}

/** Bytes that an item is counted for. */
export function costOf({ size, chunk }: ItemName): number {
  return size + chunkCount({ size, chunk }) * (SEAL + HASH) + ENTRY
}

/** True for a device (hex) that names an item, as a depositor or as a node. */
function means({ by }: Wish, device: string): boolean {
  const key = Buffer.from(device, 'hex')
  return [true, false].some((node) => by.has(listerName({ key, node })))
}
