import type { Random } from '../../random.ts'
import { HASH, plainLength, SEAL } from '../descriptor.ts'
import type { Held } from '../held.ts'
import { Assembly, MANIFEST_KEY } from './assembly.ts'
import type { Fetch } from './fetch.ts'
import type { FileLink } from './file-link.ts'
import { pick } from './picker.ts'
import type { RemoteItem } from './remote-items.ts'
import { worthTwice } from './stall.ts'

/** Picked at a time for one source. */
const BATCH = 64
/** Answers begun and broken off that are kept to be finished elsewhere, and their bytes. */
const MAX_PARTIALS = 16
const MAX_PARTIAL_BYTES = 16 * 1024 * 1024

/** Chunks of what somebody reads that all else gives way to, and that are asked of others when a source is slow. */
const NEXT = 8

/** Sources that are asked for one chunk at a time, each far faster than those before: some may drip on purpose. */
const MAX_SOURCES = 4

type Link = FileLink<Fetch>

/** Chunks: [from, to). */
export interface Stretch {
  readonly from: number
  readonly to: number
}

export interface FetchPlanOptions {
  readonly held: Held
  /** Chunks of the item. */
  readonly count: number
  readonly random: Random
  readonly links: () => Iterable<Link>
  /** May it be asked of this source? */
  readonly takesFrom: (link: Link) => boolean
}

/** What of an item is under way from where, and what is asked of each source next. */
export class FetchPlan {
  readonly #options: FetchPlanOptions
  readonly #held: Held
  readonly #root: string
  /** From where each chunk that is under way is coming. */
  readonly #coming = new Map<number, Link[]>()
  readonly #writing = new Set<number>()
  readonly #partials = new Map<number, Assembly>()
  /** Chunks that were wrong when put together from several sources: they come from one now. */
  readonly #whole = new Set<number>()
  /** What is to be asked of each source next, the first last; cleared when that may be something else. */
  readonly #queues = new Map<Link, number[]>()
  #focus: Stretch | null = null
  /** Behind the chunk that was asked for last. */
  #cursor: number

  constructor(options: FetchPlanOptions) {
    this.#options = options
    this.#held = options.held
    this.#root = options.held.descriptor.root.toString('hex')
    this.#cursor = Math.floor(options.random.float() * options.count)
  }

  /** True while anything is under way or being stored. */
  get busy(): boolean {
    return this.#coming.size > 0 || this.#writing.size > 0
  }

  /** Chunks that somebody waits for. */
  get focus(): Stretch | null {
    return this.#focus
  }

  set focus(focus: Stretch | null) {
    this.#focus = focus
    this.lookAgain()
  }

  /** What to ask of a source next may be something else now. */
  lookAgain(): void {
    this.#queues.clear()
  }

  /** What to ask of this source next; null for nothing. It is under way then. */
  next(link: Link): Assembly | null {
    const key = this.#nextKey(link)
    if (key === null) return null
    const others = this.#coming.get(key) ?? []
    this.#coming.set(key, [...others, link])
    const partial = others.length === 0 ? this.#partials.get(key) : undefined
    if (partial) this.#partials.delete(key)
    return partial ?? this.#begin(key)
  }

  /** True when this source has something of it that is not under way; of what somebody reads, the next of it. */
  waitsFor(link: Link): boolean {
    if (!this.#options.takesFrom(link)) return false
    if (!this.#held.manifest) return !this.#coming.has(MANIFEST_KEY)
    if (!this.#focus) return this.#queue(link).length > 0
    const { from } = this.#focus
    return this.#lacks(from) && has(link.item(this.#root)!, from)
  }

  /** True for a chunk that somebody waits for next: others give way to it. */
  isUrgent(key: number): boolean {
    return this.#focus !== null && within(this.#next(this.#focus), key)
  }

  /** True when somebody else can be asked for this. */
  elsewhere(key: number, link: Link): boolean {
    for (const other of this.#options.links()) {
      if (other === link || !this.#options.takesFrom(other)) continue
      if (has(other.item(this.#root)!, key)) return true
    }
    return false
  }

  /** An answer will not come from this source; with `keep`, its beginning is kept when it can be trusted. */
  returned(link: Link, assembly: Assembly, keep: boolean): void {
    const { key } = assembly
    const rest = (this.#coming.get(key) ?? []).filter((one) => one !== link)
    if (rest.length > 0) return void this.#coming.set(key, rest)
    this.#coming.delete(key)
    this.lookAgain()
    if (keep && assembly.at > 0 && !this.#whole.has(key) && !distrusted(assembly)) {
      this.#keep(assembly)
    }
  }

  /** The whole of an answer is here, and being stored; gives the other sources that were asked for it. */
  storing(link: Link, key: number): Link[] {
    const others = (this.#coming.get(key) ?? []).filter((one) => one !== link)
    this.#coming.delete(key)
    this.#partials.delete(key)
    this.#writing.add(key)
    return others
  }

  /** It was stored, or could not be. */
  stored(key: number): void {
    this.#writing.delete(key)
    if (this.has(key)) this.#whole.delete(key)
    else this.lookAgain()
  }

  isStoring(key: number): boolean {
    return this.#writing.has(key)
  }

  /** Put together from several sources it was wrong: next time it comes from one. */
  distrustParts(key: number): void {
    this.#whole.add(key)
  }

  /** True for what is here. */
  has(key: number): boolean {
    return key === MANIFEST_KEY ? this.#held.manifest !== null : this.#held.have.has(key)
  }

  /** True when a peer has anything that is missing here. */
  offers(item: RemoteItem): boolean {
    if (item.kind === 'all') return true
    if (item.kind !== 'some') return false
    if (!this.#held.manifest || !item.bits) return true
    for (let index = 0; index < this.#options.count; index++) {
      if (item.bits.has(index) && !this.#held.have.has(index)) return true
    }
    return false
  }

  #begin(key: number): Assembly {
    return new Assembly(key, this.#length(key), (bytes) =>
      key === MANIFEST_KEY ? Buffer.alloc(bytes) : this.#held.buffer(bytes),
    )
  }

  #keep(assembly: Assembly): void {
    this.#partials.set(assembly.key, assembly)
    let bytes = 0
    for (const [key, { length }] of [...this.#partials].toReversed()) {
      bytes += length
      const late = bytes > MAX_PARTIAL_BYTES || this.#partials.size > MAX_PARTIALS
      if (key !== assembly.key && late) this.#partials.delete(key)
    }
  }

  #nextKey(link: Link): number | null {
    if (!this.#options.takesFrom(link)) return null
    if (!this.#held.manifest) {
      if (this.#writing.has(MANIFEST_KEY)) return null
      return this.#coming.has(MANIFEST_KEY) ? this.#late(link) : MANIFEST_KEY
    }
    const urgent = this.#focus && this.#late(link, this.#next(this.#focus))
    return urgent ?? this.#fresh(link) ?? (this.#allComing() ? this.#late(link) : null)
  }

  /** A chunk that is not under way. */
  #fresh(link: Link): number | null {
    for (;;) {
      const queue = this.#queue(link)
      const index = queue.pop()
      if (index === undefined) return null
      if (queue.length === 0) this.#queues.delete(link)
      if (!this.#lacks(index)) continue
      if (!this.#focus || !within(this.#focus, index)) this.#cursor = index + 1
      return index
    }
  }

  /** What to ask of this source next; an empty one stays until something changes, so that nothing is looked for at each byte. */
  #queue(link: Link): number[] {
    const queue = this.#queues.get(link) ?? this.#pick(link).toReversed()
    this.#queues.set(link, queue)
    return queue
  }

  #pick(link: Link): number[] {
    const others: NonNullable<RemoteItem['bits']>[] = []
    for (const other of this.#options.links()) {
      const bits = other.item(this.#root)?.bits
      if (bits && other !== link) others.push(bits)
    }
    return pick(
      {
        count: this.#held.usable,
        lacks: (index) => this.#lacks(index),
        theirs: link.item(this.#root)!.bits,
        others,
        start: this.#cursor,
        chance: this.#options.random.float(),
        focus: this.#focus,
      },
      BATCH,
    )
  }

  /** What of a stretch is lacking first. */
  #next({ from, to }: Stretch): Stretch {
    let first = from
    while (first < to && this.#held.have.has(first)) first++
    return { from: first, to: Math.min(to, first + NEXT) }
  }

  /** What is under way from a source that is far slower, or drips on purpose; of a stretch, its first such chunk. */
  #late(link: Link, stretch: Stretch | null = null): number | null {
    const item = link.item(this.#root)!
    let best: { key: number; there: number } | null = null
    for (const [key, sources] of this.#coming) {
      if (stretch && !within(stretch, key)) continue
      if (sources.length >= MAX_SOURCES || sources.includes(link) || !has(item, key)) continue
      if (stretch && best && key > best.key) continue
      const there = Math.min(...sources.map((one) => one.takes(bytesUntil(one, this.#held, key))))
      const here = link.takes(link.client.awaited + this.#length(key))
      if (worthTwice(there, here) && (stretch || there > (best?.there ?? 0))) best = { key, there }
    }
    return best?.key ?? null
  }

  /** True when all is here or under way, as far as it can be stored. */
  #allComing(): boolean {
    const { have, usable } = this.#held
    if (usable === this.#options.count) {
      return have.count + this.#coming.size + this.#writing.size >= usable
    }
    for (let index = 0; index < usable; index++) if (this.#lacks(index)) return false
    return true
  }

  #lacks(index: number): boolean {
    if (index >= this.#held.usable || this.#held.have.has(index)) return false
    return !this.#coming.has(index) && !this.#writing.has(index)
  }

  #length(key: number): number {
    if (key === MANIFEST_KEY) return this.#options.count * HASH
    return plainLength(this.#held.descriptor, key) + SEAL
  }
}

function within({ from, to }: Stretch, key: number): boolean {
  return key >= from && key < to
}

function has(item: RemoteItem, key: number): boolean {
  if (item.kind === 'all' || key === MANIFEST_KEY) return true
  return item.bits?.has(key) ?? false
}

function distrusted({ from }: Assembly): boolean {
  return [...from].some((source) => (source as Link).bad)
}

/** Bytes that will come from a source until this chunk is here. */
function bytesUntil(link: Link, held: Held, key: number): number {
  let bytes = 0
  for (const { taker, assembly } of link.client.wants) {
    bytes += assembly.missing
    if (taker.held === held && assembly.key === key) break
  }
  return bytes
}
