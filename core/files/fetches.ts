import { EventEmitter } from 'node:events'
import type { StoredItem } from './store/stored-item.ts'
import { PRIORITIES } from './swarm/fetch.ts'
import type { Fetch, Priority } from './swarm/fetch.ts'
import type { Swarm } from './swarm/swarm.ts'

export interface FetchesOptions {
  readonly swarm: Swarm
}

export interface FetchesEvents {
  /** An item (its root in hex) moved on: bytes, sources, reason, or whether it is fetched. */
  change: [root: string]
  complete: [item: StoredItem]
  /** An item is not to be had here any more. */
  dropped: [root: string]
  /** What was said of an item is not believed any more: whoever waits for it begins anew. */
  refuted: [item: StoredItem]
  /** The engine closes. */
  closed: []
}

/** The fetches that run: at most one for each item, whoever wants it. */
export class Fetches extends EventEmitter<FetchesEvents> {
  readonly #options: FetchesOptions
  readonly #running = new Map<string, Fetch>()

  constructor(options: FetchesOptions) {
    super()
    this.setMaxListeners(0)
    this.#options = options
  }

  get(root: string): Fetch | undefined {
    return this.#running.get(root)
  }

  /** Those that run though nobody asked for them. */
  automatic(): Fetch[] {
    return [...this.#running.values()].filter(({ priority }) => priority === 'auto')
  }

  /** Begins to fetch an item, or makes the fetch that runs more urgent. `allows`: the transports it may come over. */
  start(item: StoredItem, priority: Priority, allows: (transport: string) => boolean): Fetch {
    const root = item.rootHex
    const running = this.#running.get(root)
    const same = running?.held === item
    if (running && same && PRIORITIES.indexOf(running.priority) <= PRIORITIES.indexOf(priority)) {
      running.retry()
      return running
    }
    const { swarm } = this.#options
    // Takes the place of the one that runs.
    const fetch = swarm.fetch(item, { rooms: () => [item.room], priority, allows })
    this.#running.set(root, fetch)
    fetch.on('change', () => {
      if (this.#running.get(root) === fetch) this.emit('change', root)
    })
    fetch.once('stopped', () => {
      if (this.#running.get(root) !== fetch) return
      this.#running.delete(root)
      this.emit('change', root)
    })
    fetch.once('complete', () => {
      if (this.#running.get(root) === fetch) this.#running.delete(root)
      this.emit('complete', item)
    })
    this.emit('change', root)
    return fetch
  }

  /** Ends a fetch; what has come of it stays. */
  stop(root: string): void {
    const fetch = this.#running.get(root)
    if (!fetch) return
    this.#running.delete(root)
    fetch.stop()
    this.emit('change', root)
  }

  /** Ends a fetch, and every wait for it. */
  drop(root: string): void {
    this.stop(root)
    this.emit('dropped', root)
  }

  /** What stopped for want of space looks again. */
  retry(): void {
    for (const fetch of this.#running.values()) if (fetch.reason === 'disk-full') fetch.retry()
  }

  close(): void {
    for (const fetch of this.#running.values()) fetch.stop()
    this.#running.clear()
    this.emit('closed')
  }
}
