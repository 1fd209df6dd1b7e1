import { BoundedMap } from '../bounded-map.ts'
import { every } from '../clock.ts'
import type { Clock, Timer } from '../clock.ts'
import { Job } from '../job.ts'
import type { FileEntry } from '../room/messages/file-book.ts'
import type { Room } from '../room/room.ts'
import type { FilePolicy, FileReason } from './api.ts'
import type { Fetches } from './fetches.ts'
import { autoFetchSize, MAX_UNOPENED, mayAutoFetch, mayComeByItself } from './policy/policy.ts'
import type { StoredItem } from './store/stored-item.ts'
import type { Swarm } from './swarm/swarm.ts'

/** Items of a room that peers are asked about, the newest. */
const WATCHED = 128
/** Fetches at once that nobody asked for. */
const AT_ONCE = 8
/** How long news is gathered before what follows from it is looked at. */
const GATHER = 100
/** A fetch that nobody asked for, and that gets nothing for so long, makes way for others. */
const PATIENCE = 60_000
/** And is not begun again for so long. */
const REST = 600_000
/** Items that are known to stand still. */
const MAX_RESTING = 4_096

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
  readonly space: (bytes: number) => Promise<FileReason | null>
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
  /** How far each fetch was, and since when. */
  readonly #moved = new BoundedMap<string, { count: number; at: number }>(MAX_RESTING)
  /** Items that are not begun before this time (monotonic ms). */
  readonly #resting = new BoundedMap<string, number>(MAX_RESTING)
  readonly #ticker: Timer
  #timer: Timer | null = null
  #closed = false

  constructor(options: AutoFetchOptions) {
    this.#options = options
    this.#ticker = every(options.clock, PATIENCE / 2, () => this.wake())
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
    this.#ticker.cancel()
    this.#timer?.cancel()
    await this.#job.running
  }

  async #look(): Promise<void> {
    this.#rest()
    const rooms = [...this.#options.rooms()]
    const unopened = this.#unopened(rooms)
    for (const room of rooms) {
      const lacking = this.#lacking(room)
      this.#options.swarm.watch(
        room.id,
        lacking.map(({ root }) => root),
      )
      for (const entry of lacking) {
        if (this.#closed) return
        // What one message brings about holds up no other.
        await this.#consider(room, entry, unopened).catch((error: unknown) => {
          this.#resting.set(entry.root, this.#options.clock.monotonic() + REST)
          this.#options.onerror(error)
        })
      }
    }
  }

  /** The newest items of a room that are not here, those first that may come by themselves. */
  #lacking(room: Room): FileEntry[] {
    const { item, declined, policy } = this.#options
    const rules = policy(room.id)
    const first: FileEntry[] = []
    const rest: FileEntry[] = []
    for (const entry of this.#of(room)) {
      const here = item(room.id, entry.root)
      if (here?.complete) continue
      const mayCome = mayComeByItself(rules, autoFetchSize(entry.item))
      const wanted = mayCome && !here?.meta.paused && !declined(entry.root)
      const list = wanted ? first : rest
      list.push(entry)
    }
    return [...first, ...rest].slice(0, WATCHED)
  }

  /** Whatever does not move makes way for others; it begins again when there is news of who has it, or later. */
  #rest(): void {
    const now = this.#options.clock.monotonic()
    for (const fetch of this.#options.fetches.automatic()) {
      const { root, held, reason } = fetch
      const before = this.#moved.get(root)
      const { count } = held.have
      if (before?.count !== count) this.#moved.set(root, { count, at: now })
      const still = before?.count === count && now - before.at > PATIENCE
      if (!still && (reason === null || reason === 'disk-full')) continue
      if (still) this.#resting.set(root, now + REST)
      this.#moved.delete(root)
      this.#options.fetches.stop(root)
    }
  }

  async #consider(room: Room, entry: FileEntry, unopened: Map<string, number>): Promise<void> {
    const { swarm, fetches, begin, declined, clock } = this.#options
    const { root, author } = entry
    const weight = autoFetchSize(entry.item)
    if (fetches.get(root) || fetches.automatic().length >= AT_ONCE || declined(root)) return
    if ((this.#resting.get(root) ?? 0) > clock.monotonic()) return
    const here = this.#options.item(room.id, root)
    if (here && (here.kind !== 'received' || here.problem)) return
    if (here?.meta.asked || here?.meta.paused) return
    // All of it is here, on its way to its place.
    if (here?.have.isFull) return
    const policy = this.#options.policy(room.id)
    const allows = (transport: string): boolean => mayAutoFetch(policy, transport, weight)
    if (swarm.sources(root, allows) === 0) return
    if (!here) {
      const total = (unopened.get(author) ?? 0) + weight
      if (total > MAX_UNOPENED || (await this.#options.space(weight)) !== null) return
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
      for (const { root, author, item } of this.#of(room)) {
        const here = this.#options.item(room.id, root)
        if (here?.kind !== 'received' || here.meta.asked || here.meta.usedAt > 0) continue
        bytes.set(author, (bytes.get(author) ?? 0) + autoFetchSize(item))
      }
    }
    return bytes
  }
}
