import type { Clock, Timer } from '../clock.ts'
import { Job } from '../job.ts'
import type { FileEntry } from '../room/messages/file-book.ts'
import type { Room } from '../room/room.ts'
import type { FilePolicy, FileReason } from './api.ts'
import type { Fetches } from './fetches.ts'
import { autoFetchSize, MAX_UNOPENED, mayAutoFetch } from './policy/policy.ts'
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
  /** What is here of a room's item (its root in hex). */
  readonly item: (roomId: string, root: string) => StoredItem | null
  readonly swarm: Swarm
  readonly fetches: Fetches
  readonly policy: (roomId: string) => FilePolicy
  readonly declined: (root: string) => boolean
  readonly begin: (room: Room, entry: FileEntry) => Promise<StoredItem>
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
  /** The items of each room (its id), the newest first, until something is said of them. */
  readonly #entries = new Map<string, readonly FileEntry[]>()
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

  /** The items of a room came, went or changed; or the room is gone. */
  renew(roomId: string): void {
    this.#entries.delete(roomId)
    this.wake()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await this.#job.running
  }

  async #look(): Promise<void> {
    const rooms = [...this.#options.rooms()]
    const unopened = this.#unopened(rooms)
    for (const room of rooms) {
      const { item, swarm } = this.#options
      const entries = this.#of(room)
      const lacking = entries.filter(({ root }) => !item(room.id, root)?.complete).slice(0, WATCHED)
      swarm.watch(
        room.id,
        lacking.map(({ root }) => root),
      )
      for (const entry of lacking) {
        if (this.#closed) return
        await this.#consider(room, entry, unopened)
      }
    }
  }

  async #consider(room: Room, entry: FileEntry, unopened: Map<string, number>): Promise<void> {
    const { swarm, fetches, declined, begin } = this.#options
    const { root, author } = entry
    const weight = autoFetchSize(entry.item)
    if (fetches.get(root) || fetches.automatic >= AT_ONCE || declined(root)) return
    const here = this.#options.item(room.id, root)
    if (here && (here.kind !== 'received' || here.meta.paused || here.meta.asked)) return
    // All of it is here, on its way to its place.
    if (here?.have.isFull) return
    const policy = this.#options.policy(room.id)
    const allows = (transport: string): boolean => mayAutoFetch(policy, transport, weight)
    if (swarm.sources(root, allows) === 0) return
    if (!here) {
      const total = (unopened.get(author) ?? 0) + weight
      if (total > MAX_UNOPENED || (await this.#options.room(weight)) !== null) return
      unopened.set(author, total)
    }
    const item = here ?? (await begin(room, entry))
    if (!this.#closed && !item.complete) fetches.start(item, 'auto', allows)
  }

  #of(room: Room): readonly FileEntry[] {
    const known = this.#entries.get(room.id)
    if (known) return known
    const entries = room.conversation.files.list().toReversed()
    this.#entries.set(room.id, entries)
    return entries
  }

  /** What came of each author (their id) without being asked for, and was never opened: bytes. */
  #unopened(rooms: readonly Room[]): Map<string, number> {
    const bytes = new Map<string, number>()
    for (const room of rooms) {
      for (const { root, author, item } of room.conversation.files.list()) {
        const here = this.#options.item(room.id, root)
        if (here?.kind !== 'received' || here.meta.asked || here.meta.usedAt > 0) continue
        bytes.set(author, (bytes.get(author) ?? 0) + autoFetchSize(item))
      }
    }
    return bytes
  }
}
