import type Hypercore from 'hypercore'
import type { Download } from 'hypercore'
import { BoundedMap } from '../bounded-map.ts'
import { tellLengths } from '../replication/length-news.ts'
import { Allowance } from './allowance.ts'
import { boundsText, isSilenced, UNBOUNDED } from './log-bounds.ts'
import type { LogBounds } from './log-bounds.ts'

/** Blocks that a log remembers as it is written. */
const FRESH = 64

/** One device's content log in a room. The room owns it and closes it. */
export class ContentLog {
  readonly key: Buffer
  readonly hex: string
  /** Its author: device and person ids (hex). */
  readonly device: string
  readonly person: string
  /** True for the logs of this device. */
  readonly own: boolean
  /** It is of a device of this person: nothing in it is unread. */
  readonly mine: boolean
  readonly core: Hypercore
  readonly #onintake: (bytes: number) => void
  #download: Download | null = null
  #paused = false
  /** How much of it counts, by what it holds. */
  readonly allowance: Allowance
  #bounds: LogBounds = UNBOUNDED
  /** The bounds that count, as they were taken last. */
  #taken: LogBounds | null = null
  /** Blocks just written here, by sequence: they are placed next, and need not be read back for that. */
  readonly #fresh = new BoundedMap<number, Buffer>(FRESH)

  /** `onintake` counts bytes that peers sent. */
  constructor(
    core: Hypercore,
    author: { device: string; person: string; mine?: boolean },
    own: boolean,
    onintake: (bytes: number) => void,
    allowance = new Allowance(),
  ) {
    this.allowance = allowance
    this.#onintake = onintake
    core.on('download', (_seq: number, bytes: number) => onintake(bytes))
    this.core = core
    tellLengths(core)
    this.key = Buffer.from(core.key)
    this.hex = this.key.toString('hex')
    this.device = author.device
    this.person = author.person
    this.own = own
    this.mine = own || author.mine === true
  }

  /** Fetches whatever is missing, now and as it is announced; idempotent. */
  fetch(): void {
    this.#paused = false
    if (this.core.closing) return
    const { limit } = this
    if (limit === 0) return
    this.#download ??= this.core.download({ start: 0, end: limit === Infinity ? -1 : limit })
  }

  /** Appends blocks of this device's own. */
  async append(blocks: Buffer[]): Promise<void> {
    const start = this.core.length
    blocks.forEach((block, i) => this.#fresh.set(start + i, block))
    try {
      await this.core.append(blocks)
    } catch (error) {
      this.#fresh.clear()
      throw error
    }
  }

  /** A record's block; null where it is not here. */
  async get(seq: number): Promise<Buffer | null> {
    const fresh = this.#fresh.get(seq)
    if (!fresh) return this.core.get(seq, { wait: false })
    this.#fresh.delete(seq)
    return fresh
  }

  /** Records from here on count for nothing: they are not fetched, shown, counted or told of. */
  get limit(): number {
    return Math.min(this.#bounds.limit, this.allowance.end ?? Infinity)
  }

  /** How far the records go that are here, without a gap, and count. */
  get reach(): number {
    return Math.min(this.core.contiguousLength, this.limit)
  }

  /** True for a record that shows nothing, as its author might not write then. */
  isSilenced(seq: number): boolean {
    return isSilenced(this.#bounds, seq)
  }

  /** Takes what counts of the log; tells what did before and does now when that is something else. */
  bound(bounds: LogBounds): { before: LogBounds; after: LogBounds } | null {
    this.#bounds = bounds
    const after = { limit: this.limit, silenced: bounds.silenced }
    const before = this.#taken
    this.#taken = after
    if (before && boundsText(before) === boundsText(after)) return null
    if (this.#download) {
      this.#download.destroy()
      this.#download = null
      this.fetch()
    }
    return { before: before ?? UNBOUNDED, after }
  }

  /** Stops fetching, for a disk that is full. */
  pause(): void {
    this.#paused = true
    this.#download?.destroy()
    this.#download = null
  }

  /** Stores a range that a peer sent with the log's signature at its end; refuses any other. */
  async store(blocks: Buffer[], signature: Buffer): Promise<void> {
    await this.core.append(blocks, { signature })
    this.took(blocks)
  }

  /** Counts blocks that came and that no peer sent block by block. */
  took(blocks: readonly Buffer[]): void {
    this.#onintake(blocks.reduce((bytes, block) => bytes + block.byteLength, 0))
  }

  get paused(): boolean {
    return this.#paused
  }

  async close(): Promise<void> {
    this.pause()
    await this.core.close()
  }
}
