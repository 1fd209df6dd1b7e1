import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyPair } from 'hypercore'
import type { Clock } from '../../clock.ts'
import type { DiskGuard } from '../../durability/disk-guard.ts'
import { errorCode } from '../../errors.ts'
import type { Held } from '../../files/held.ts'
import type { ItemStore } from '../../files/store/item-store.ts'
import type { Swarm } from '../../files/swarm/swarm.ts'
import type { Logger } from '../../logger.ts'
import { Turn } from '../../turn.ts'
import type { HeldView, SharingSettings } from '../api.ts'
import { Carrier } from '../carry/carrier.ts'
import type { CarriedMirror } from '../carry/carried-mirror.ts'
import type { SprayLimits } from '../carry/spray.ts'
import { Archive } from '../archive/archive.ts'
import type { ParcelsMessage } from '../exchange/messages.ts'
import type { MirrorLink } from '../exchange/mirror-link.ts'
import type { Keeper, NodeOffer, SharedCopy, Visitor } from '../exchange/shared-copy.ts'
import type { Copy, ItemName } from '../copy.ts'
import { Holder } from '../holder/holder.ts'
import type { Present } from '../holder/holder.ts'
import { ItemKeeper } from '../items/item-keeper.ts'
import { DEFAULT_QUOTA } from '../policy/quota.ts'
import type { Quota } from '../policy/quota.ts'
import { GuardedCopy } from './guarded-copy.ts'

/** The directory of items that are kept for others. */
const ITEMS = 'mirror-items'
/** Most bytes of what a node calls itself. */
const MAX_NAME = 64

export interface SpaceOptions {
  /** The data directory. */
  readonly dir: string
  readonly settings: () => SharingSettings
  /** The device's own pair: a node's key is its device's. */
  readonly keyPair: () => KeyPair
  readonly name: () => string
  /** By which others name this device's relay; null while it is none. */
  readonly relayKey: () => Buffer | null
  readonly links: () => Iterable<MirrorLink>
  readonly guard: () => DiskGuard
  /** Opens the items that are kept for others, in a directory of this name. Errors: those of the disk. */
  readonly openItems: (name: string) => Promise<ItemStore>
  readonly swarm: Swarm
  /** True for an item (root in hex) that this device's own people have. */
  readonly ownItem: (root: string) => boolean
  readonly spray: SprayLimits
  /** Mirrors came or went. */
  readonly onchange: () => void
  /** What is kept of items of a mirror is something else. */
  readonly onitems: (copy: Copy) => void
  readonly clock: Clock
  readonly logger: Logger
}

interface Opened {
  readonly archive: Archive
  readonly holder: Holder
  readonly items: ItemKeeper
  readonly carrier: Carrier
}

/** The space that this device has for others: opened when it is first offered, or where something lies in it. */
export class Space {
  readonly #options: SpaceOptions
  #opened: Opened | null = null
  readonly #turn = new Turn()
  #closed = false

  constructor(options: SpaceOptions) {
    this.#options = options
  }

  /** Opens what is on the disk, and what the settings ask for. Rejects never: without it all else goes on. */
  follow(): Promise<void> {
    return this.#turn.run(async () => {
      const { settings } = this.#options
      this.#opened?.items.retry()
      if (this.#opened || this.#closed) return
      const there = await stat(this.#dir).then(
        () => true,
        () => false,
      )
      if (there || settings().neighbourhood) await this.#tryOpen()
    })
  }

  /** True while this device offers space. */
  get offers(): boolean {
    return this.#opened !== null && this.#options.settings().neighbourhood
  }

  /** How it offers it; null while it does not. An ordinary person's device never tells its key. */
  get offer(): NodeOffer | null {
    const { keyPair, name, relayKey } = this.#options
    const holder = this.#opened?.holder
    if (!holder || !this.offers) return null
    return {
      keyPair: keyPair(),
      name: shortened(name()),
      relayKey: relayKey(),
      free: (visitor) => holder.free(visitor),
    }
  }

  get keeper(): Keeper | null {
    return this.offers ? (this.#opened?.holder ?? null) : null
  }

  /** What is held for others, as sessions find it. */
  *copies(): Generator<SharedCopy> {
    if (this.offers) yield* this.#opened!.holder.copies()
    if (this.#carries) yield* this.#opened?.carrier.copies() ?? []
  }

  /** Bytes that it would carry for strangers, now. */
  get carriable(): number {
    return this.#carries && !this.#closed ? this.#carryQuota : 0
  }

  /** What is carried of each room. */
  carried(): Iterable<CarriedMirror> {
    return this.#carries ? (this.#opened?.carrier.mirrors() ?? []) : []
  }

  /** Somebody offers to have something carried; true when it is to be asked for. Rejects never. */
  async take(parcels: ParcelsMessage, visitor: Visitor): Promise<boolean> {
    if (this.carriable === 0) return false
    if (!this.#opened) await this.#turn.run(() => this.#tryOpen())
    return (await this.#opened?.carrier.take(parcels, visitor)) ?? false
  }

  /** Copies of it were handed over. */
  handed(mirror: CarriedMirror): void {
    void this.#opened?.carrier.save(mirror)
  }

  /** What is held for others, as a medium that somebody brings exchanges it. */
  exchanged(): GuardedCopy[] {
    const visitor = { depositor: null, address: 'medium', paired: false }
    const held = this.offers ? this.#opened!.holder.copies() : []
    return [...held].flatMap(({ scope, copy, guard }) =>
      scope === 'mirror' && guard ? [new GuardedCopy(copy, guard, visitor)] : [],
    )
  }

  held(): HeldView {
    const held = this.#opened?.holder.held ?? { mirrors: 0, depositors: 0, bytes: 0 }
    return { ...held, carried: this.#opened?.carrier.held ?? { mirrors: 0, bytes: 0 } }
  }

  /** What is here of an item (root in hex) of a mirror, by the name that files know it by. */
  heldItem(roomId: string, root: string): Held | null {
    return this.#opened?.items.held(roomId, root) ?? null
  }

  /** An item of a mirror (hex id) that a medium brings, begun where its depositors would have it kept; else null. */
  async broughtItem(id: string, item: ItemName): Promise<Held | null> {
    return (await this.#opened?.items.begin(id, item)) ?? null
  }

  /** Deletes what is carried, or all that is held for others. */
  async drop(what: 'carried' | 'all'): Promise<void> {
    await this.#opened?.carrier.drop()
    if (what === 'all') await this.#opened?.holder.drop()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#turn.over()
    const opened = this.#opened
    this.#opened = null
    await opened?.items.close()
    await opened?.holder.close()
    await opened?.carrier.close()
    await opened?.archive.close()
  }

  get #dir(): string {
    return join(this.#options.dir, 'mirror')
  }

  get #carries(): boolean {
    return this.#options.settings().carry
  }

  get #carryQuota(): number {
    return this.#options.settings().carryQuota
  }

  async #tryOpen(): Promise<void> {
    if (this.#opened || this.#closed) return
    await this.#open().catch((error: unknown) => {
      this.#options.logger.error('mirrors-not-opened', { code: errorCode(error) })
    })
  }

  async #open(): Promise<void> {
    const { guard, logger, onchange, spray } = this.#options
    const archive = await Archive.open(this.#dir, {
      logger,
      space: (bytes) => guard().space(bytes),
    })
    let carrier: Carrier | null = null
    try {
      carrier = await Carrier.open({
        ...this.#options,
        shelf: archive,
        limits: spray,
        quota: () => this.carriable,
      })
      const holder = await Holder.open({
        ...this.#options,
        loose: carrier,
        archive,
        quota: () => this.#quota(),
        present: () => this.#present(),
      })
      const items = await this.#openItems(holder).catch(async (error: unknown) => {
        await holder.close()
        throw error
      })
      this.#opened = { archive, holder, items, carrier }
      onchange()
    } catch (error) {
      await carrier?.close()
      await archive.close()
      throw error
    }
  }

  async #openItems(holder: Holder): Promise<ItemKeeper> {
    const { openItems, ownItem, onitems, dir } = this.#options
    const store = await openItems(ITEMS)
    try {
      return await ItemKeeper.open({
        ...this.#options,
        dir: join(dir, ITEMS, 'lists'),
        store,
        holder,
        own: ownItem,
        onchange: (id) => {
          const copy = holder.stored(id)
          if (copy) onitems(copy)
        },
      })
    } catch (error) {
      await store.close()
      throw error
    }
  }

  #quota(): Quota {
    return { ...DEFAULT_QUOTA, total: this.#options.settings().quota }
  }

  *#present(): Iterable<Present> {
    for (const link of this.#options.links()) {
      const { paired } = link
      for (const deposit of link.deposits()) yield { ...deposit, paired }
    }
  }
}

/** As much of a name as is told to others. */
function shortened(name: string): string {
  let short = ''
  for (const character of name) {
    if (Buffer.byteLength(short + character) > MAX_NAME) break
    short += character
  }
  return short
}
