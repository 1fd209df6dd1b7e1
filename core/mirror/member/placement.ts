import type { KeyPair } from 'hypercore'
import type { Clock, Timer } from '../../clock.ts'
import type { MirrorFiles } from '../api.ts'
import { mirrorFiles } from '../items/mirror-files.ts'
import { REFUSED_WORDS } from '../policy/refusals.ts'
import type { Refused } from '../policy/refusals.ts'
import { mirrorId } from '../mirror-keys.ts'
import { coveredOf, prefixOf } from './coverage.ts'
import type { HeldRoom, KeptWords, NodeLink } from './node-link.ts'
import { retryAfter } from './retry.ts'
import type { SavedPlace } from './saved-mirrors.ts'

/** How often a node that is in reach all the time is told that it is still wanted: it forgets after weeks. */
const RENEW = 12 * 3_600_000

export interface PlacementOptions {
  readonly room: HeldRoom
  /** Node key (hex). */
  readonly node: string
  /** What is kept over restarts. */
  readonly saved: SavedPlace
  readonly depositor: () => KeyPair
  readonly clock: Clock
  readonly onchange: () => void
}

/** One room at one node: asks it to hold the room, again when it refused, and knows what it holds. */
export class Placement {
  /** The id (hex) of the mirror. */
  readonly id: string
  readonly #options: PlacementOptions
  #link: NodeLink | null = null
  #refused: Refused | null = null
  #refusals = 0
  #free = -1
  #asking = false
  #timer: Timer | null = null

  constructor(options: PlacementOptions) {
    this.#options = options
    this.id = mirrorId(options.room.keys.mirror)
  }

  get room(): HeldRoom {
    return this.#options.room
  }

  get saved(): SavedPlace {
    return this.#options.saved
  }

  /** The session with the node; null while it is not in reach. */
  get link(): NodeLink | null {
    return this.#link
  }

  /** Why the node does not hold it; null while it does, or was not asked. */
  get refused(): Refused | null {
    return this.#refused
  }

  /** In words for people. */
  get reason(): string | null {
    return this.#refused && REFUSED_WORDS[this.#refused]
  }

  /** Records here that the node did not say it holds. */
  get behind(): number {
    let [here, held] = [0, 0]
    const spans = this.#link?.stored(this.id)
    for (const { key, length } of this.room.lengths()) {
      here += length
      held += coveredOf(spans?.get(key.toString('hex')) ?? [], length)
    }
    return Math.max(0, here - (this.#link ? held : this.saved.held))
  }

  /** How far the node has the files of the room; null while it is away or holds nothing of it. */
  get files(): MirrorFiles | null {
    const link = this.#link
    if (!link || link.kept(this.id)?.refused !== null) return null
    return mirrorFiles(link.named(this.id), link.keeping(this.id).values())
  }

  /** The node is met over this link, or (null) no more; or it said something else of itself. */
  meet(link: NodeLink | null): void {
    const free = link?.node?.free ?? -1
    const more = free > this.#free
    this.#free = free
    if (link === this.#link && (this.#refused === null || !more)) return
    if (link !== this.#link) this.#refusals = 0
    this.#link = link
    this.#wake(0)
  }

  /** The node said what it has of some logs (hex). */
  stored(logs: Iterable<string>): void {
    const spans = this.#link?.stored(this.id)
    if (!spans) return
    const prefixes = [...logs].map((log) => {
      return { key: Buffer.from(log, 'hex'), length: prefixOf(spans.get(log) ?? []) }
    })
    this.room.stored(this.#options.node, prefixes)
    if (spans.size === 0) this.#dropped()
    this.#count()
  }

  /** The node said, without being asked, whether it holds the room. */
  told(words: KeptWords): void {
    if (!this.#asking) this.#kept(words)
  }

  #kept({ refused, until, bytes }: KeptWords): void {
    this.#refused = refused as Refused | null
    if (refused === null) {
      this.#refusals = 0
      this.saved.until = until
      this.saved.bytes = bytes
    } else {
      this.#refusals++
      this.#dropped()
      // Others may have it held there all the same.
      this.stored(this.#link?.stored(this.id).keys() ?? [])
    }
    this.#count()
    this.#wake(refused === null ? RENEW : retryAfter(this.#refusals))
    this.#options.onchange()
  }

  /** The room is not to be held there any more; true when the node was told. */
  forget(): boolean {
    this.close()
    this.room.dropped(this.#options.node)
    // Before both ends found that they have it, the node would not know what is meant.
    if (!this.#link || this.#link.closed || !this.#link.matched(this.id)) return false
    this.#link.forget(this.room.keys.mirror, { depositor: this.#options.depositor() })
    return true
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  /** The node has nothing of the room any more. */
  #dropped(): void {
    this.room.dropped(this.#options.node)
    Object.assign(this.saved, { held: 0, bytes: null, until: null })
  }

  #count(): void {
    const spans = this.#link?.stored(this.id)
    if (!spans) return
    let held = 0
    for (const { key, length } of this.room.lengths()) {
      held += coveredOf(spans.get(key.toString('hex')) ?? [], length)
    }
    this.saved.held = held
  }

  #wake(ms: number): void {
    this.#timer?.cancel()
    this.#timer = null
    if (!this.#link) return
    this.#timer = this.#options.clock.after(ms, () => void this.#ask())
  }

  async #ask(): Promise<void> {
    const link = this.#link
    if (!link || this.#asking || link.closed) return
    this.#asking = true
    const { depositor } = this.#options
    const said = await link.deposit(this.room.keys.mirror, { depositor: depositor() })
    this.#asking = false
    // Closed, or met over another link meanwhile.
    if (this.#timer === null) return
    if (link !== this.#link) return this.#wake(0)
    if (said) return this.#kept(said)
    this.#wake(retryAfter(++this.#refusals))
  }
}
