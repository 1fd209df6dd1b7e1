import type { Clock, Timer } from '../../clock.ts'
import type { StoredItem } from '../../files/store/stored-item.ts'
import type { Fetch } from '../../files/swarm/fetch.ts'
import type { Swarm } from '../../files/swarm/swarm.ts'
import { mirrorRoom } from './shared-rooms.ts'

/** Items that are fetched at once. */
const AT_ONCE = 4
/** One that gets nothing for so long makes way for others. */
const PATIENCE = 60_000
/** For so long another source may bring the manifest that one did not have. */
const DOUBT = 5_000

/** Why a fetch ended before all was here. */
export type Ended = 'no-source' | 'still' | 'false' | 'full'

export interface ItemFetchesOptions {
  readonly swarm: Swarm
  readonly clock: Clock
  readonly oncomplete: (mirror: string, item: StoredItem) => void
  readonly onended: (mirror: string, item: StoredItem, why: Ended) => void
}

interface Running {
  readonly mirror: string
  readonly item: StoredItem
  readonly fetch: Fetch
  count: number
  movedAt: number
}

/** Fetches items of mirrors from whoever deposits or holds these, some at a time. */
export class ItemFetches {
  readonly #options: ItemFetchesOptions
  readonly #running = new Map<string, Running>()
  #timer: Timer | null = null

  constructor(options: ItemFetchesOptions) {
    this.#options = options
  }

  /** True while another can begin. */
  get free(): boolean {
    return this.#running.size < AT_ONCE
  }

  /** True while an item (its root in hex) is fetched. */
  has(root: string): boolean {
    return this.#running.has(root)
  }

  /** Fetches what is missing of an item of a mirror (hex id), from devices (hex) that mean the same by its root. */
  start(mirror: string, item: StoredItem, from: (device: string) => boolean): void {
    const { swarm, clock } = this.#options
    const root = item.rootHex
    const fetch = swarm.fetch(item, {
      rooms: () => [mirrorRoom(mirror)],
      priority: 'auto',
      allows: () => true,
      from,
    })
    const running = { mirror, item, fetch, count: item.have.count, movedAt: clock.monotonic() }
    this.#running.set(root, running)
    this.#lookLater()
    fetch.on('change', () => this.#check(running))
    fetch.once('complete', () => {
      if (this.#over(running)) this.#options.oncomplete(mirror, item)
    })
    // A person of this device asked for it, who goes first.
    fetch.once('stopped', () => {
      if (this.#over(running)) this.#options.onended(mirror, item, 'still')
    })
  }

  /** Ends a fetch; what is here stays. */
  stop(item: StoredItem): void {
    const running = this.#running.get(item.rootHex)
    if (running?.item !== item || !this.#over(running)) return
    running.fetch.stop()
  }

  close(): void {
    this.#timer?.cancel()
    for (const { item } of this.#running.values()) this.stop(item)
  }

  #over(running: Running): boolean {
    const root = running.item.rootHex
    return this.#running.get(root) === running && this.#running.delete(root)
  }

  #end(running: Running, why: Ended): void {
    if (!this.#over(running)) return
    running.fetch.stop()
    this.#options.onended(running.mirror, running.item, why)
  }

  #check(running: Running): void {
    const { fetch, item } = running
    if (fetch.complete) return
    const { reason } = fetch
    // With its manifest here, it is what was said of it: who sent other bytes is left, and others may come.
    const unproved = item.manifest === null
    if (unproved && (reason === 'damaged' || fetch.doubted > DOUBT)) this.#end(running, 'false')
    else if (reason === 'disk-full' || item.problem === 'disk-full') this.#end(running, 'full')
    else if (reason !== null) this.#end(running, 'no-source')
  }

  #lookLater(): void {
    this.#timer ??= this.#options.clock.after(PATIENCE / 2, () => {
      this.#timer = null
      this.#look()
      if (this.#running.size > 0) this.#lookLater()
    })
  }

  #look(): void {
    const now = this.#options.clock.monotonic()
    for (const running of this.#running.values()) {
      const { count } = running.item.have
      if (count !== running.count) Object.assign(running, { count, movedAt: now })
      else if (now - running.movedAt >= PATIENCE) this.#end(running, 'still')
    }
  }
}
