import type { Clock } from '../clock.ts'
import { PorchlightError } from '../errors.ts'
import { fileCard } from '../room/messages/file-card.ts'
import type { FileEntry } from '../room/messages/file-book.ts'
import type { Room } from '../room/room.ts'
import type { FileReason } from './api.ts'
import { arrival, isWhole } from './arrival.ts'
import type { Fetches } from './fetches.ts'
import type { FileSettings } from './file-settings.ts'
import { Offers } from './offers.ts'
import type { ItemStore } from './store/item-store.ts'
import type { StoredItem } from './store/stored-item.ts'
import type { Swarm } from './swarm/swarm.ts'
import { Verifier } from './verifier.ts'
import { REASON_WORDS } from './words.ts'

export interface WantsOptions {
  readonly store: ItemStore
  readonly swarm: Swarm
  readonly settings: FileSettings
  readonly fetches: Fetches
  /** Why so many more bytes can not be had here; null when they can. */
  readonly space: (bytes: number) => Promise<FileReason | null>
  readonly drop: (item: StoredItem) => Promise<void>
  /** An item is here from now on, however little of it. */
  readonly onbegin: (item: StoredItem) => void
  readonly clock: Clock
}

/** How often what others change here is fetched anew for one who asks. */
const MAX_TRIES = 3

/** Whatever a person asks for may come over any way. */
export const anyTransport = (): boolean => true

/** Gets what a person asks for. */
export class Wants {
  readonly #options: WantsOptions
  readonly #offers = new Offers()
  readonly #verifier = new Verifier()
  readonly #refuting = new Map<string, Promise<boolean>>()
  /** What was begun, and made way for what another message says. */
  readonly #refuted = new WeakSet<StoredItem>()

  constructor(options: WantsOptions) {
    this.#options = options
  }

  /** An item that a person wants now: begun, or gone on with. Errors: `DISK_FULL` at the quota, those of `ItemStore.begin`. */
  async want(room: Room, entry: FileEntry, out?: string): Promise<StoredItem> {
    const { settings, store, drop } = this.#options
    const here = store.get(entry.root)
    if (here?.kind === 'shared' && here.room === room.id) {
      if (await this.#stands(here)) return here
      await drop(here)
    } else if (here && here.room !== room.id && !here.meta.asked && here.kind !== 'shared') {
      // It came by itself in another room, where somebody offered it again: who asks for it here goes first.
      await drop(here)
    } else if (here?.problem === 'lost-here') {
      // What others made of it is theirs; it begins anew, wherever it is wanted now.
      await drop(here)
    }
    if (!here && out === undefined) {
      const { item } = this.#offers.best(room, entry.root) ?? entry
      await this.#checkQuota(item.size)
    }
    const item = await this.begin(room, entry, out)
    await settings.decline(entry.root, false)
    // Without its manifest, which a bad disk may have taken, nothing of it can be passed on.
    if (item.complete && item.manifest) return item
    item.meta.paused = false
    item.meta.asked = true
    await item.save()
    this.#options.fetches.start(item, 'asked', anyTransport)
    return item
  }

  /** An item of which nothing need be here yet. Errors: those of `ItemStore.begin`. */
  async begin(room: Room, { root }: FileEntry, out?: string): Promise<StoredItem> {
    const entry = this.#offers.best(room, root)
    if (!entry) throw noSuchFile(root)
    const { files } = entry.item
    const { name } = fileCard(entry.item, 'remote')
    const item = await this.#options.store.begin(entry.item, { name, room: room.id, out, files })
    const { fetches } = this.#options
    // What an earlier message said of it is not fetched any more.
    if (fetches.get(root)?.held !== item) fetches.stop(root)
    this.#options.onbegin(item)
    return item
  }

  /**
   * An item of which `done` is here, used from now on; by another message that offers it, where what the first says
   * proves wrong. Errors: those of `want` and of `arrival`.
   */
  async arrived(
    room: Room,
    entry: FileEntry,
    done: (item: StoredItem) => boolean,
    { out, signal }: { out?: string | undefined; signal?: AbortSignal | undefined },
  ): Promise<StoredItem> {
    for (let tries = 0; ; tries++) {
      const item = await this.want(room, entry, out)
      if (this.#refuted.has(item)) continue
      try {
        const whole = isWhole(item)
        await arrival(item, this.#options.fetches, done, signal)
        // What was here may have been changed since; what has just come was compared as it came.
        if (whole && !(await this.#verifier.check(item, signal))) {
          if (tries < MAX_TRIES) continue
          throw new PorchlightError('DAMAGED', REASON_WORDS['lost-here'])
        }
        if (!whole && isWhole(item)) await this.#verifier.note(item)
        item.meta.usedAt = this.#options.clock.now()
        await item.save()
        return item
      } catch (error) {
        const damaged = error instanceof PorchlightError && error.code === 'DAMAGED'
        if (!damaged || !(await this.refuted(room, item))) throw error
      }
    }
  }

  /**
   * What was said of an item proved wrong, or nobody gives it undamaged: it is begun anew by another message. False when
   * there is none that says otherwise.
   */
  refuted(room: Room, item: StoredItem): Promise<boolean> {
    const { rootHex } = item
    const running = this.#refuting.get(rootHex)
    if (running) return running
    if (this.#options.store.get(rootHex) !== item) return Promise.resolve(true)
    if (!item.ref || !this.#offers.refute(room, item.ref)) return Promise.resolve(false)
    return this.#beginAnew(room, item)
  }

  /**
   * For so many ms a source has been saying that there is no such item, and no other that there is: as `refuted` once
   * it is another message's turn.
   */
  doubted(room: Room, item: StoredItem, ms: number): Promise<boolean> {
    const turn = !this.#refuting.has(item.rootHex) && item.ref !== null
    if (!turn || !this.#offers.doubt(room, item.ref, ms)) return Promise.resolve(false)
    return this.#beginAnew(room, item)
  }

  #beginAnew(room: Room, item: StoredItem): Promise<boolean> {
    const { rootHex } = item
    const anew = this.#replace(room, item).finally(() => this.#refuting.delete(rootHex))
    this.#refuting.set(rootHex, anew)
    return anew
  }

  async #replace(room: Room, item: StoredItem): Promise<boolean> {
    const { fetches } = this.#options
    const { asked } = item.meta
    const entry = room.conversation.files.get(item.rootHex)
    fetches.stop(item.rootHex)
    this.#refuted.add(item)
    const removed = item.remove()
    fetches.emit('refuted', item)
    await removed
    if (asked && entry) await this.want(room, entry)
    return true
  }

  /** What was sent from here may be something else by now. Others may have it; until they do, what is here is all there is. */
  async #stands(item: StoredItem): Promise<boolean> {
    await item.retry()
    if (!item.problem || this.#options.swarm.sources(item.rootHex) === 0) return true
    return (await item.diskBytes()) > 0
  }

  async #checkQuota(bytes: number): Promise<void> {
    const reason = await this.#options.space(bytes)
    if (reason) throw new PorchlightError('DISK_FULL', REASON_WORDS[reason])
  }
}

/** What a person sees who names a file that is not in the room. */
export function noSuchFile(file: string): PorchlightError {
  return new PorchlightError('NOT_FOUND', `There is no file ${file.slice(0, 40)} in this room.`)
}
