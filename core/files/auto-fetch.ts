import type { Clock, Timer } from '../clock.ts'
import { Job } from '../job.ts'
import type { FileEntry } from '../room/messages/file-book.ts'
import type { Room } from '../room/room.ts'
import type { FilePolicy, FileReason } from './api.ts'
import type { Fetches } from './fetches.ts'
import { autoFetchSize, mayAutoFetch } from './policy/policy.ts'
import type { ItemStore } from './store/item-store.ts'
import type { StoredItem } from './store/stored-item.ts'
import type { Swarm } from './swarm/swarm.ts'

/** Items of a room that peers are asked about, the newest. */
const WATCHED = 128
/** Fetches at once that nobody asked for. */
const AT_ONCE = 8
/** How long news is gathered before what follows from it is looked at. */
const GATHER = 50

export interface AutoFetchOptions {
  readonly rooms: () => Iterable<Room>
  readonly store: ItemStore
  readonly swarm: Swarm
  readonly fetches: Fetches
  readonly policy: (roomId: string) => FilePolicy
  readonly declined: (root: string) => boolean
  readonly begin: (entry: FileEntry) => Promise<StoredItem>
  /** Why so many more bytes can not be had here; null when they can. */
  readonly room: (bytes: number) => Promise<FileReason | null>
  readonly clock: Clock
  readonly onerror: (error: unknown) => void
}

/** Fetches what the policy lets this device fetch by itself, as soon as somebody in reach has it. */
export class AutoFetch {
  readonly #options: AutoFetchOptions
  readonly #job = new Job(() =>
    this.#look().catch((error: unknown) => this.#options.onerror(error)),
  )
  #timer: Timer | null = null
  #closed = false

  constructor(options: AutoFetchOptions) {
    this.#options = options
  }

  /** Something may be wanted, or to be had, that was not. */
  wake(): void {
    if (this.#closed) return
    this.#timer ??= this.#options.clock.after(GATHER, () => {
      this.#timer = null
      void this.#job.wake()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await this.#job.running
  }

  async #look(): Promise<void> {
    for (const room of this.#options.rooms()) {
      const { store, swarm } = this.#options
      const entries = room.conversation.files.list().toReversed()
      const lacking = entries.filter(({ root }) => !store.get(root)?.complete).slice(0, WATCHED)
      swarm.watch(
        room.id,
        lacking.map(({ root }) => root),
      )
      for (const entry of lacking) {
        if (this.#closed) return
        await this.#consider(entry, this.#options.policy(room.id))
      }
    }
  }

  async #consider(entry: FileEntry, policy: FilePolicy): Promise<void> {
    const { store, swarm, fetches, declined, begin, room } = this.#options
    const { root } = entry
    const size = autoFetchSize(entry.item)
    if (fetches.get(root) || fetches.automatic >= AT_ONCE || declined(root)) return
    const here = store.get(root)
    if (here && (here.kind !== 'received' || here.meta.paused || here.meta.asked)) return
    // All of it is here, on its way to its place.
    if (here?.have.isFull) return
    const allows = (transport: string): boolean => mayAutoFetch(policy, transport, size)
    if (swarm.sources(root, allows) === 0) return
    if (!here && (await room(size)) !== null) return
    const item = here ?? (await begin(entry))
    if (!this.#closed && !item.complete) fetches.start(item, 'auto', allows)
  }
}
