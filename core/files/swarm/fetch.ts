import { EventEmitter } from 'node:events'
import type { Clock, Timer } from '../../clock.ts'
import { PorchlightError } from '../../errors.ts'
import type { ErrorCode } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { Random } from '../../random.ts'
import type { FileReason } from '../api.ts'
import { chunkCount, HASH, plainLength, SEAL } from '../descriptor.ts'
import type { Held } from '../held.ts'
import { Assembly, MANIFEST_KEY } from './assembly.ts'
import { fetchReason } from './fetch-reason.ts'
import type { FileLink } from './file-link.ts'
import type { Refused } from './messages.ts'
import { pick } from './picker.ts'
import { RateMeter } from './rate-meter.ts'
import { lacking } from './remote-items.ts'
import type { RemoteItem } from './remote-items.ts'
import { worthTwice } from './stall.ts'

/** A fetch's rank: what somebody reads now, what somebody asked for, what is fetched by itself. */
export const PRIORITIES = ['reading', 'asked', 'auto'] as const
/** One of these. */
export type Priority = (typeof PRIORITIES)[number]

export interface FetchEvents {
  /** Progress, sources, rate or reason changed; at most some times a second. */
  change: []
  complete: []
}

export interface FetchOptions {
  /** Rooms that the item is in. */
  readonly rooms: () => readonly string[]
  readonly priority: Priority
  /** May it be fetched over this transport? */
  readonly allows: (transport: string) => boolean
}

/** What a fetch needs of the swarm. */
export interface FetchHost {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  links(): Iterable<FileLink<Fetch>>
  /** There may be more to ask. */
  fill(): void
  /** Priorities changed. */
  reorder(): void
  /** It sent wrong bytes. */
  distrust(link: FileLink<Fetch>): void
  /** So many bytes are complete, and being stored. */
  storing(bytes: number): void
  stored(bytes: number): void
  /** So many bytes less are to come. */
  free(bytes: number): void
  stopped(fetch: Fetch): void
}

/** Picked at a time for one source. */
const BATCH = 64
/** Answers begun and broken off that are kept to be finished elsewhere, and their bytes. */
const MAX_PARTIALS = 16
const MAX_PARTIAL_BYTES = 16 * 1024 * 1024
const CHANGE_DELAY = 200
/** A peer that does not say for so long what it has is not waited for. */
const ASKING = 5_000
const BUSY_REST = 2_000
/** Chunks in a row that could not be stored for no known reason. */
const MAX_FAILURES = 8
/** What keeps an item from being stored. */
const HALTS: Partial<Record<ErrorCode, FileReason>> = {
  DISK_FULL: 'disk-full',
  CHANGED: 'lost-here',
  DAMAGED: 'damaged',
}

/** Gets an item from all that have some of it: its manifest first, then its chunks. */
export class Fetch extends EventEmitter<FetchEvents> {
  readonly held: Held
  readonly root: string
  readonly rooms: () => readonly string[]
  readonly allows: (transport: string) => boolean
  readonly count: number
  readonly #host: FetchHost
  readonly #meter = new RateMeter()
  /** Behind the chunk that was asked for last. */
  #cursor: number
  #priority: Priority
  #focus: { readonly from: number; readonly to: number } | null = null
  /** From where each chunk that is under way is coming. */
  readonly #coming = new Map<number, FileLink<Fetch>[]>()
  readonly #writing = new Set<number>()
  readonly #partials = new Map<number, Assembly>()
  /** Chunks that were wrong when put together from several sources: they come from one now. */
  readonly #whole = new Set<number>()
  /** What is to be asked of each source next, the first last; cleared when that may be something else. */
  readonly #queues = new Map<FileLink<Fetch>, number[]>()
  /** What keeps this device from storing more, until it is tried again. */
  #halted: FileReason | null = null
  #damaged = false
  #usable = 0
  #failures = 0
  #over = false
  #timer: Timer | null = null
  readonly #onlost = (): void => this.#again()
  readonly #ongained = (index: number): void => {
    if (!this.#writing.has(index)) this.#goOn()
  }

  constructor(held: Held, options: FetchOptions, host: FetchHost) {
    super()
    this.held = held
    this.root = held.descriptor.root.toString('hex')
    this.rooms = options.rooms
    this.allows = options.allows
    this.count = chunkCount(held.descriptor)
    this.#priority = options.priority
    this.#host = host
    this.#cursor = Math.floor(host.random.float() * this.count)
    held.on('lost', this.#onlost)
    // A fetch that this one takes the place of may have been writing.
    held.on('gained', this.#ongained)
    // All of it may be here, on its way to its place.
    queueMicrotask(() => {
      if (!this.#over && this.complete) this.#finish()
    })
  }

  get priority(): Priority {
    return this.#focus ? 'reading' : this.#priority
  }

  set priority(priority: Priority) {
    if (priority === this.#priority) return
    this.#priority = priority
    this.#host.reorder()
  }

  /** Devices in reach that have some of it. */
  get sources(): number {
    const devices = new Set<string>()
    for (const link of this.#host.links()) if (link.offers(this.root)) devices.add(link.device!)
    return devices.size
  }

  /** Bytes a second, smoothed. */
  get rate(): number {
    return this.#meter.rate(this.#host.clock.monotonic())
  }

  get complete(): boolean {
    return this.held.manifest !== null && this.held.have.isFull
  }

  /** Why it stands still; null while it goes on. */
  get reason(): FileReason | null {
    if (this.#over || this.complete) return null
    const busy = this.#coming.size > 0 || this.#writing.size > 0
    if (busy && !this.#halted) return null
    const now = this.#host.clock.monotonic()
    const facts = { offered: false, asking: false, changed: false, gone: false }
    for (const link of this.#host.links()) {
      const item = link.item(this.root)
      if (!item || link.bad || !this.allows(link.transport)) continue
      facts.offered ||= this.#offers(item)
      facts.asking ||= item.kind === null && now - item.since < ASKING
      facts.changed ||= item.trouble === 'changed'
      facts.gone ||= item.trouble === 'gone'
    }
    return fetchReason({ ...facts, halted: this.#halted, damaged: this.#damaged })
  }

  /** Chunks that somebody waits for: [from, to) comes first, in order. */
  focus(from: number, to: number): void {
    this.#focus = { from, to: Math.min(to, this.count) }
    this.#queues.clear()
    this.#host.reorder()
  }

  unfocus(): void {
    if (!this.#focus) return
    this.#focus = null
    this.#queues.clear()
    this.#host.reorder()
  }

  /** Goes on after the disk was full, or after all sources were found wrong. */
  retry(): void {
    this.#halted = null
    this.#damaged = false
    this.#again()
  }

  /** Ends it; what is here stays. */
  stop(): void {
    if (this.#over) return
    this.#over = true
    this.#timer?.cancel()
    this.held.off('lost', this.#onlost)
    this.held.off('gained', this.#ongained)
    this.#withdraw()
    this.#partials.clear()
    this.#host.stopped(this)
  }

  /** True when it may be asked of this source. */
  takesFrom(link: FileLink<Fetch>): boolean {
    if (this.#over || this.#halted || !this.allows(link.transport)) return false
    const kind = link.item(this.root)?.kind
    return (kind === 'some' || kind === 'all') && link.usable
  }

  /** What to ask of this source next; null for nothing. The caller asks for it. */
  next(link: FileLink<Fetch>): Assembly | null {
    const key = this.#nextKey(link)
    if (key === null) return null
    this.#coming.set(key, [...(this.#coming.get(key) ?? []), link])
    const partial = this.#coming.get(key)!.length === 1 ? this.#partials.get(key) : undefined
    if (partial) this.#partials.delete(key)
    if (partial) return partial
    return new Assembly(key, this.#length(key), (bytes) =>
      key === MANIFEST_KEY ? Buffer.alloc(bytes) : this.held.buffer(bytes),
    )
  }

  get focused(): boolean {
    return this.#focus !== null
  }

  /** True when this source has something of it that is not under way; of what somebody reads, the next of it. */
  waitsFor(link: FileLink<Fetch>): boolean {
    if (!this.takesFrom(link)) return false
    if (!this.held.manifest) return !this.#coming.has(MANIFEST_KEY)
    if (this.#focus)
      return this.#lacks(this.#focus.from) && has(link.item(this.root)!, this.#focus.from)
    return this.#queue(link).length > 0
  }

  /** What other chunks give way to: a chunk that somebody waits for. */
  isUrgent(key: number): boolean {
    return this.#focus !== null && key >= this.#focus.from && key < this.#focus.to
  }

  /** True when somebody else can be asked for this. */
  elsewhere(key: number, link: FileLink<Fetch>): boolean {
    for (const other of this.#host.links()) {
      if (other !== link && this.takesFrom(other) && has(other.item(this.root)!, key)) return true
    }
    return false
  }

  /** What the source has changed. */
  onremote(): void {
    this.#queues.clear()
    this.#changed()
  }

  onbytes(bytes: number): void {
    this.#meter.add(this.#host.clock.monotonic(), bytes)
    this.#changed()
  }

  /** An answer will not come from this source; its beginning is kept when it can be trusted. */
  onreturned(link: FileLink<Fetch>, assembly: Assembly): void {
    this.#host.free(assembly.length)
    const { key } = assembly
    const rest = (this.#coming.get(key) ?? []).filter((one) => one !== link)
    if (rest.length > 0) return void this.#coming.set(key, rest)
    this.#coming.delete(key)
    this.#queues.clear()
    this.#changed()
    if (this.#over || assembly.at === 0 || this.#whole.has(key) || distrusted(assembly)) return
    this.#partials.set(key, assembly)
    let bytes = 0
    for (const [old, { length }] of [...this.#partials].toReversed()) {
      bytes += length
      const late = bytes > MAX_PARTIAL_BYTES || this.#partials.size > MAX_PARTIALS
      if (old !== key && late) this.#partials.delete(old)
    }
  }

  onrefused(link: FileLink<Fetch>, assembly: Assembly, reason: Refused): void {
    const item = link.item(this.root)
    if (reason === 'busy') link.rest(BUSY_REST)
    else if (item) {
      if (assembly.key === MANIFEST_KEY) item.kind = 'none'
      else lacking(item, assembly.key)
      if (reason !== 'none') item.trouble = reason
    }
    this.onreturned(link, assembly)
  }

  /** The whole of an answer is here. */
  async onwhole(link: FileLink<Fetch>, assembly: Assembly): Promise<void> {
    const { key } = assembly
    const links = this.#coming.get(key) ?? []
    this.#coming.delete(key)
    this.#partials.delete(key)
    this.#writing.add(key)
    this.#host.storing(assembly.length)
    for (const other of links) if (other !== link) this.#cancel(other, key)
    try {
      if (await this.#store(assembly)) {
        this.#whole.delete(key)
        this.#failures = 0
      } else this.#refute(link, assembly)
    } catch (error) {
      this.#failed(error)
    } finally {
      this.#writing.delete(key)
      this.#host.stored(assembly.length)
    }
    if (!this.#stored(key)) this.#queues.clear()
    this.#goOn()
  }

  /** More is here than before. */
  #goOn(): void {
    if (this.#over) return
    if (this.complete) return this.#finish()
    if (this.held.usable !== this.#usable) this.#queues.clear()
    this.#usable = this.held.usable
    this.#changed()
    this.#host.fill()
  }

  async #store(assembly: Assembly): Promise<boolean> {
    if (this.#over || this.#stored(assembly.key)) return true
    if (assembly.key !== MANIFEST_KEY) return this.held.write(assembly.key, assembly.take())
    const right = await this.held.takeManifest(assembly.take())
    if (right) this.#queues.clear()
    return right
  }

  #stored(key: number): boolean {
    return key === MANIFEST_KEY ? this.held.manifest !== null : this.held.have.has(key)
  }

  #refute(link: FileLink<Fetch>, assembly: Assembly): void {
    // Who of several sent the wrong part is not known: it is fetched again from one.
    if (assembly.from.size > 1) return void this.#whole.add(assembly.key)
    this.#damaged = true
    this.#host.distrust(link)
  }

  #failed(error: unknown): void {
    if (this.#over) return
    const code = error instanceof PorchlightError ? error.code : undefined
    if (code === 'CLOSED') return this.stop()
    const known = code === undefined ? undefined : HALTS[code]
    if (!known) {
      this.#host.logger.warn('file-write', { error: String(error) })
      if (++this.#failures < MAX_FAILURES) return
    }
    // Whatever it is that this disk does not take, going on would fetch the same again and again.
    this.#halted = known ?? 'disk-full'
    this.#withdraw()
    this.#changed()
  }

  #finish(): void {
    this.stop()
    this.emit('complete')
  }

  /** Takes back all that is under way. */
  #withdraw(): void {
    for (const link of this.#host.links()) {
      for (const { assembly } of link.client.cancel(({ taker }) => taker === this)) {
        this.onreturned(link, assembly)
      }
    }
  }

  #cancel(link: FileLink<Fetch>, key: number): void {
    const which = ({ taker, assembly }: { taker: Fetch; assembly: Assembly }): boolean =>
      taker === this && assembly.key === key
    for (const { assembly } of link.client.cancel(which)) this.#host.free(assembly.length)
  }

  #nextKey(link: FileLink<Fetch>): number | null {
    if (!this.takesFrom(link)) return null
    if (!this.held.manifest) {
      if (this.#writing.has(MANIFEST_KEY)) return null
      return this.#coming.has(MANIFEST_KEY) ? this.#late(link) : MANIFEST_KEY
    }
    return this.#fresh(link) ?? (this.#allComing() ? this.#late(link) : null)
  }

  /** A chunk that is not under way. */
  #fresh(link: FileLink<Fetch>): number | null {
    for (;;) {
      const queue = this.#queue(link)
      const index = queue.pop()
      if (index === undefined) return null
      if (queue.length === 0) this.#queues.delete(link)
      if (!this.#lacks(index)) continue
      if (!this.isUrgent(index)) this.#cursor = index + 1
      return index
    }
  }

  /** What to ask of this source next; an empty one stays until something changes, so that nothing is looked for at each byte. */
  #queue(link: FileLink<Fetch>): number[] {
    const queue = this.#queues.get(link) ?? this.#pick(link).toReversed()
    this.#queues.set(link, queue)
    return queue
  }

  #pick(link: FileLink<Fetch>): number[] {
    const others: NonNullable<RemoteItem['bits']>[] = []
    for (const other of this.#host.links()) {
      const bits = other.item(this.root)?.bits
      if (bits && other !== link) others.push(bits)
    }
    return pick(
      {
        count: this.held.usable,
        lacks: (index) => this.#lacks(index),
        theirs: link.item(this.root)!.bits,
        others,
        start: this.#cursor,
        chance: this.#host.random.float(),
        focus: this.#focus,
      },
      BATCH,
    )
  }

  /** What is under way from a source that is far slower, or drips on purpose. */
  #late(link: FileLink<Fetch>): number | null {
    const item = link.item(this.root)!
    let best: { key: number; there: number } | null = null
    for (const [key, [from, second]] of this.#coming) {
      if (!from || second || from === link || !has(item, key)) continue
      const there = from.takes(bytesUntil(from, this, key))
      const here = link.takes(link.client.awaited + this.#length(key))
      if (worthTwice(there, here) && there > (best?.there ?? 0)) best = { key, there }
    }
    return best?.key ?? null
  }

  /** True when all is here or under way, as far as it can be stored. */
  #allComing(): boolean {
    const { have, usable } = this.held
    if (usable === this.count) {
      return have.count + this.#coming.size + this.#writing.size >= this.count
    }
    for (let index = 0; index < usable; index++) if (this.#lacks(index)) return false
    return true
  }

  #lacks(index: number): boolean {
    if (index >= this.held.usable) return false
    return !this.held.have.has(index) && !this.#coming.has(index) && !this.#writing.has(index)
  }

  /** Does it have anything that is missing here? */
  #offers(item: RemoteItem): boolean {
    if (item.kind === 'all') return true
    if (item.kind !== 'some') return false
    if (!this.held.manifest) return true
    for (let index = 0; index < this.count; index++) {
      if (item.bits?.has(index) && !this.held.have.has(index)) return true
    }
    return false
  }

  #length(key: number): number {
    if (key === MANIFEST_KEY) return this.count * HASH
    return plainLength(this.held.descriptor, key) + SEAL
  }

  #again(): void {
    this.#queues.clear()
    this.#changed()
    this.#host.fill()
  }

  #changed(): void {
    if (this.#over) return
    this.#timer ??= this.#host.clock.after(CHANGE_DELAY, () => {
      this.#timer = null
      this.emit('change')
    })
  }
}

function has(item: RemoteItem, key: number): boolean {
  if (item.kind === 'all' || key === MANIFEST_KEY) return true
  return item.bits?.has(key) ?? false
}

function distrusted({ from }: Assembly): boolean {
  return [...from].some((source) => (source as FileLink<Fetch>).bad)
}

/** Bytes that will come from a source until this chunk is here. */
function bytesUntil(link: FileLink<Fetch>, fetch: Fetch, key: number): number {
  let bytes = 0
  for (const { taker, assembly } of link.client.wants) {
    bytes += assembly.missing
    if (taker === fetch && assembly.key === key) break
  }
  return bytes
}
