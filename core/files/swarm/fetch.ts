import { EventEmitter } from 'node:events'
import { every } from '../../clock.ts'
import type { Timer } from '../../clock.ts'
import { errorCode, PorchlightError } from '../../errors.ts'
import type { FileReason } from '../api.ts'
import { chunkCount } from '../descriptor.ts'
import type { Held } from '../held.ts'
import { MANIFEST_KEY } from './assembly.ts'
import type { Assembly } from './assembly.ts'
import { FetchPlan } from './fetch-plan.ts'
import type { Stretch } from './fetch-plan.ts'
import type { FetchHost } from './fetch-host.ts'
import { fetchReason } from './fetch-reason.ts'
import type { FileLink } from './file-link.ts'
import { Halts } from './halts.ts'
import type { Refused } from './messages.ts'
import { RateMeter } from './rate-meter.ts'
import { lacking } from './remote-items.ts'

/** A fetch's rank: what somebody reads now, what somebody asked for, what is fetched by itself. */
export const PRIORITIES = ['reading', 'asked', 'auto'] as const
/** One of these. */
export type Priority = (typeof PRIORITIES)[number]

export interface FetchEvents {
  /** Progress, sources, rate or reason changed; at most some times a second. */
  change: []
  complete: []
  /** It ended with something missing: by `stop`, or as what it was for is closed. */
  stopped: []
}

export interface FetchOptions {
  /** Rooms that the item is in. */
  readonly rooms: () => readonly string[]
  readonly priority: Priority
  /** May it be fetched over this transport? */
  readonly allows: (transport: string) => boolean
  /** May it be fetched from this device (hex)? Default: from all. */
  readonly from?: (device: string) => boolean
}

const CHANGE_DELAY = 200
/** A peer that does not say for so long what it has is not waited for. */
const ASKING = 5_000
/** How often is looked whether time alone changed how it stands. */
const LOOK_EVERY = ASKING / 2
const BUSY_REST = 2_000

/** Gets an item from all that have some of it: its manifest first, then its chunks. */
export class Fetch extends EventEmitter<FetchEvents> {
  readonly held: Held
  readonly root: string
  readonly rooms: () => readonly string[]
  readonly allows: (transport: string) => boolean
  readonly count: number
  readonly #from: ((device: string) => boolean) | undefined
  readonly #host: FetchHost
  readonly #meter = new RateMeter()
  readonly #priority: Priority
  readonly #plan: FetchPlan
  readonly #halts = new Halts()
  #damaged = false
  /** Devices whose manifest was not the one that is wanted. */
  readonly #liars = new Set<string>()
  /** Since when its manifest is in doubt. */
  #doubtedAt: number | null = null
  /** The reason that was told last. */
  #told: FileReason | null = null
  #usable = 0
  #over = false
  #timer: Timer | null = null
  readonly #looking: Timer
  readonly #onlost = (): void => this.#again()
  readonly #ongained = (index: number): void => {
    if (!this.#plan.isStoring(index)) this.#goOn()
  }

  constructor(held: Held, options: FetchOptions, host: FetchHost) {
    super()
    this.held = held
    this.root = held.descriptor.root.toString('hex')
    this.rooms = options.rooms
    this.allows = options.allows
    this.#from = options.from
    this.count = chunkCount(held.descriptor)
    this.#priority = options.priority
    this.#host = host
    this.#plan = new FetchPlan({
      held,
      count: this.count,
      random: host.random,
      links: () => host.links(),
      takesFrom: (link) => this.takesFrom(link),
    })
    held.on('lost', this.#onlost)
    // A fetch that this one takes the place of may have been writing.
    held.on('gained', this.#ongained)
    this.#looking = every(host.clock, LOOK_EVERY, () => this.#look())
    // All of it may be here, on its way to its place.
    queueMicrotask(() => {
      if (!this.#over && this.complete) this.#finish()
    })
  }

  get priority(): Priority {
    return this.focused ? 'reading' : this.#priority
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
    if (this.#plan.busy && !this.#halts.reason) return null
    const now = this.#host.clock.monotonic()
    const facts = { offered: false, asking: false, changed: false, gone: false }
    for (const link of this.#host.links()) {
      const item = link.item(this.root)
      if (!item || link.bad || this.#isLiar(link) || !this.allows(link.transport)) continue
      if (!this.isFor(link)) continue
      facts.offered ||= this.#plan.offers(item)
      facts.asking ||= item.kind === null && now - item.since < ASKING
      facts.changed ||= item.trouble === 'changed'
      facts.gone ||= item.trouble === 'gone'
    }
    return fetchReason({ ...facts, halted: this.#halts.reason, damaged: this.#damaged })
  }

  /**
   * For how long (ms) it is in doubt whether there is such an item: somebody sent another manifest, and nobody this one.
   * 0 without a doubt.
   */
  get doubted(): number {
    if (this.#doubtedAt === null || this.held.manifest !== null) return 0
    return this.#host.clock.monotonic() - this.#doubtedAt
  }

  /** Chunks that somebody waits for: [from, to). */
  get focused(): Stretch | null {
    return this.#plan.focus
  }

  /** Chunks that somebody waits for: [from, to) comes first, in order. */
  focus(from: number, to: number): void {
    this.#plan.focus = { from, to: Math.min(to, this.count) }
    this.#host.reorder()
  }

  unfocus(): void {
    if (!this.#plan.focus) return
    this.#plan.focus = null
    this.#host.reorder()
  }

  /** Goes on after the disk was full, or after all sources were found wrong. */
  retry(): void {
    this.#halts.retry()
    this.#damaged = false
    this.#liars.clear()
    this.#again()
  }

  /** Ends it; what is here stays. */
  stop(): void {
    if (this.#over) return
    this.#over = true
    this.#timer?.cancel()
    this.#looking.cancel()
    this.held.off('lost', this.#onlost)
    this.held.off('gained', this.#ongained)
    this.#withdraw()
    this.#host.stopped(this)
    if (!this.complete) this.emit('stopped')
  }

  /** True for a source that is meant: others may mean something else by the same root. */
  isFor(link: FileLink<Fetch>): boolean {
    return !this.#from || link.devicesIn(this.rooms()).some(this.#from)
  }

  /** True when it may be asked of this source. */
  takesFrom(link: FileLink<Fetch>): boolean {
    if (this.#over || this.#halts.reason || !this.allows(link.transport)) return false
    if (!this.isFor(link)) return false
    if (this.#isLiar(link)) return false
    const item = link.item(this.root)
    // Of which chunks it has some, is not known while they are not followed.
    return (item?.kind === 'all' || (item?.bits ?? null) !== null) && link.usable
  }

  /** What to ask of this source next; null for nothing. The caller asks for it. */
  next(link: FileLink<Fetch>): Assembly | null {
    return this.#plan.next(link)
  }

  /** True when this source has something of it that is not under way; of what somebody reads, the next of it. */
  waitsFor(link: FileLink<Fetch>): boolean {
    return this.#plan.waitsFor(link)
  }

  /** What other chunks give way to: a chunk that somebody waits for next. */
  isUrgent(key: number): boolean {
    return this.#plan.isUrgent(key)
  }

  /** True when somebody else can be asked for this. */
  elsewhere(key: number, link: FileLink<Fetch>): boolean {
    return this.#plan.elsewhere(key, link)
  }

  /** What the source has changed. */
  onremote(): void {
    this.#plan.lookAgain()
    this.#changed()
  }

  onbytes(bytes: number): void {
    this.#meter.add(this.#host.clock.monotonic(), bytes)
    this.#changed()
  }

  /** An answer will not come from this source; its beginning is kept when it can be trusted. */
  onreturned(link: FileLink<Fetch>, assembly: Assembly): void {
    this.#host.free(assembly.length)
    this.#plan.returned(link, assembly, !this.#over)
    this.#changed()
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
    this.#host.storing(assembly.length)
    for (const other of this.#plan.storing(link, key)) this.#cancel(other, key)
    try {
      if (await this.#store(assembly)) this.#good(link)
      else this.#refute(link, assembly)
    } catch (error) {
      this.#failed(error)
    } finally {
      this.#plan.stored(key)
      this.#host.stored(assembly.length)
    }
    this.#goOn()
  }

  /** More is here than before. */
  #goOn(): void {
    if (this.#over) return
    if (this.complete) return this.#finish()
    if (this.held.usable !== this.#usable) this.#plan.lookAgain()
    this.#usable = this.held.usable
    this.#changed()
    this.#host.fill()
  }

  async #store(assembly: Assembly): Promise<boolean> {
    if (this.#over || this.#plan.has(assembly.key)) return true
    if (assembly.key !== MANIFEST_KEY) return this.held.write(assembly.key, assembly.take())
    const right = await this.held.takeManifest(assembly.take())
    if (right) this.#plan.lookAgain()
    return right
  }

  #good(link: FileLink<Fetch>): void {
    this.#halts.good()
    // What else is well of a source that was wrong says nothing of others.
    if (!link.bad) this.#damaged = false
  }

  #isLiar({ device }: FileLink<Fetch>): boolean {
    return device !== null && this.#liars.has(device)
  }

  #refute(link: FileLink<Fetch>, assembly: Assembly): void {
    // Who of several sent the wrong part is not known: it is fetched again from one.
    if (assembly.from.size > 1) return this.#plan.distrustParts(assembly.key)
    this.#damaged = true
    // A manifest may be wrong because the message lied of the item's size: its source is left out of this fetch alone.
    if (assembly.key === MANIFEST_KEY && link.device !== null) {
      this.#liars.add(link.device)
      this.#doubtedAt ??= this.#host.clock.monotonic()
    } else this.#host.distrust(link)
  }

  #failed(error: unknown): void {
    if (this.#over) return
    if (error instanceof PorchlightError && error.code === 'CLOSED') return this.stop()
    if (this.#halts.failed(error) === 'unknown') {
      this.#host.logger.warn('file-write', { error: errorCode(error) })
    }
    if (!this.#halts.reason) return
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

  #again(): void {
    this.#plan.lookAgain()
    this.#changed()
    this.#host.fill()
  }

  /** Whoever was waited for may have said nothing, and a doubt may have lasted. */
  #look(): void {
    if (this.doubted > 0 || this.reason !== this.#told) this.#changed()
  }

  #changed(): void {
    if (this.#over) return
    this.#timer ??= this.#host.clock.after(CHANGE_DELAY, () => {
      this.#timer = null
      this.#told = this.reason
      this.emit('change')
    })
  }
}
