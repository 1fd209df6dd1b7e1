import { BoundedMap } from '../bounded-map.ts'
import type { Clock, Timer } from '../clock.ts'
import { Job } from '../job.ts'
import type { Logger } from '../logger.ts'
import type { ContentLog } from '../room/content-log.ts'
import type { KeyStatus } from '../room/epochs/key-ring.ts'
import type { Place } from '../room/place.ts'
import { FIRST_SILENT_KIND, KIND_FILE, KIND_TEXT, openRecord, readHeader } from '../room/record.ts'
import type { Head, RecordBody } from '../room/record.ts'
import type { PlacedRecord } from '../room/record-consumer.ts'
import { HIDDEN, SHOWN, UNKNOWN } from './log-index.ts'
import type { LogIndex } from './log-index.ts'
import { Placer } from './placer.ts'
import type { Unplaced } from './placer.ts'
import { compare, pageAfter, pageBefore, unreadAfter } from './order.ts'
import type { Position } from './order.ts'
import { Pace } from './pace.ts'
import type { SavedLog } from './snapshot.ts'

/** Records read and placed in one go, between which the event loop runs. */
const BATCH = 256
/** How long a record waits for one that it builds on before it is shown all the same. */
const PATIENCE = 2_000
/** After so long, a log is looked at again whose next record leans on time that had not passed. */
const EARLY = 60_000
/** Bodies kept, so that what just arrived is not read and opened twice. */
const CACHED = 512

export interface TimelineOptions {
  readonly room: Buffer
  /** A log waits at a record whose key is `pending`; one whose key is `never` here is placed, and shows nothing. */
  readonly keyStatus: (epoch: number) => KeyStatus
  readonly epochKey: (epoch: number) => Buffer | null
  /** Where a log (hex) stops to count: a head beyond that names nothing. */
  readonly limitOf: (log: string) => number
  /** True for a log of which nothing is shown on this device, as its author is blocked here. */
  readonly hides?: (log: ContentLog) => boolean
  readonly clock: Clock
  readonly logger: Logger
  /** Records were placed; `reordered` when some that were shown before moved. */
  readonly onplaced: (positions: readonly Position[], reordered: boolean) => void
  /** A record found its place; again when it is placed anew. */
  readonly onrecord: (record: PlacedRecord) => void
  /** All records that are here are placed. */
  readonly onrest?: () => void
  /** A log holds so much more than it may that it has ended. */
  readonly onended: () => void
  /** All records will be placed anew. */
  readonly onrebuild: () => void
}

interface Source {
  readonly log: ContentLog
  readonly index: LogIndex
  /** How far its records can be read, as it was found last: not past one whose key, or time, is to come. */
  readable: number
}

/**
 * A room's timeline: reads the logs as they grow, opens their records, and keeps them in the room's order.
 * All of it can be thrown away and rebuilt.
 */
export class Timeline {
  readonly #options: TimelineOptions
  // What came since, and was not read, is not here yet: a record that is placed without it must be placed anew.
  readonly #placer = new Placer((hex) => {
    const source = this.#sources.get(hex)
    return source ? Math.min(source.readable, source.log.reach) : 0
  })
  readonly #sources = new Map<string, Source>()
  readonly #bodies = new BoundedMap<string, RecordBody>(CACHED)
  /** Records that were read and wait for their place. */
  readonly #unplaced = new Map<string, PlacedRecord>()
  readonly #awake = new Set<Source>()
  readonly #pump = new Job(() =>
    this.#place().catch((error: unknown) => {
      if (!this.#closed) this.#options.logger.error('timeline-failed', { error: String(error) })
    }),
  )
  #patience: Timer | null = null
  #early: Timer | null = null
  #rest: Timer | null = null
  // A member who lets out record after record that others build on must not have all placed anew each time.
  readonly #pace = new Pace(250, 8_000)
  // Nor one who brings out acts that change what counts of a log: each goes through all records.
  readonly #rebuilds = new Pace(500, 60_000)
  #rebuild: Timer | null = null
  #first: Promise<void> | null = null
  #begun = false
  /** All that is here is placed. */
  #resting = true
  #forcing = false
  #closed = false
  /** Goes up when all is placed anew: what was being read then counts for nothing. */
  #turn = 0

  constructor(options: TimelineOptions) {
    this.#options = options
  }

  /** Adds a log, with what a snapshot knows of it. */
  add(log: ContentLog, saved: SavedLog | undefined): void {
    if (this.#sources.has(log.hex)) return
    const index = this.#placer.add(log.key, log.mine)
    // A log that is shorter than its snapshot lost its tail: what is left decides.
    if (saved && saved.lamports.length <= log.reach) {
      saved.lamports.forEach((time, seq) => index.push(time, saved.kinds[seq]!))
      index.final = index.length
    }
    const source = { log, index, readable: 0 }
    this.#sources.set(log.hex, source)
    log.core.on('append', () => this.#wake(source))
    log.core.on('download', () => this.#wake(source))
    this.#wake(source)
  }

  /** Looks at all logs again: a new epoch key may open what could not be opened. */
  wake(): void {
    for (const source of this.#sources.values()) this.#wake(source)
  }

  /**
   * Places everything anew: what may be read, or how far logs count, changed for what was placed. At once, or
   * where that goes on and on, after a while; `urgent` where what is shown must go.
   */
  rebuild({ urgent = false } = {}): void {
    if (this.#closed || (this.#rebuild && !urgent)) return
    this.#rebuild?.cancel()
    this.#rebuild = null
    const wait = urgent ? 0 : this.#rebuilds.take(this.#options.clock.monotonic())
    if (wait > 0) {
      this.#rebuild = this.#options.clock.after(wait, () => {
        this.#rebuild = null
        this.rebuild()
      })
      return
    }
    this.#turn++
    this.#resting = false
    this.#placer.restart()
    this.#unplaced.clear()
    this.#bodies.clear()
    this.#options.onrebuild()
    this.#options.onplaced([], true)
    this.wake()
    this.#goOn()
  }

  /** True while all is to be placed anew: what is placed does not fit what counts now. */
  get outdated(): boolean {
    return this.#rebuild !== null
  }

  /** True when every record that was read is placed for good. */
  get settled(): boolean {
    return !this.#placer.blocked && [...this.logs].every((log) => log.settled)
  }

  /** True while no record that is here waits for its place, for the first time or anew. */
  get caughtUp(): boolean {
    return this.#begun && this.#resting && !this.#rebuild
  }

  /** All logs that are stored were added: `ready` waits for what they hold now. */
  begin(): void {
    this.#begun = true
    this.#first = this.#pump.running
  }

  /** Resolves once what was stored at `begin` has been read. */
  async ready(): Promise<void> {
    await this.#first
  }

  /** The placed records of every log. */
  get logs(): Iterable<LogIndex> {
    return this.#placer.logs.values()
  }

  /** The placed records of a log. */
  index(hex: string): LogIndex | undefined {
    return this.#placer.logs.get(hex)
  }

  /** A record, while it is placed. */
  position({ log: hex, seq }: Place): Position | null {
    const log = this.#placer.logs.get(hex)
    return log && seq < log.length ? { log, seq } : null
  }

  /** The log itself. */
  source(hex: string): ContentLog | undefined {
    return this.#sources.get(hex)?.log
  }

  /** True when nothing of this log is shown on this device. */
  hides(hex: string): boolean {
    return this.#options.hides?.(this.#sources.get(hex)!.log) ?? false
  }

  /** How many messages can be seen. */
  get total(): number {
    return this.#visible().reduce((total, index) => total + index.shown, 0)
  }

  /** Records that arrived and wait for others that did not. */
  get waiting(): number {
    let waiting = 0
    for (const hex of this.#sources.keys()) waiting += this.#placer.waiting(hex)
    return waiting
  }

  /** What follows a position. */
  pageAfter(after: Position, limit: number): Position[] {
    return pageAfter(this.#visible(), after, limit)
  }

  page(before: Position | null, limit: number): { positions: Position[]; more: boolean } {
    return pageBefore(this.#visible(), before, limit)
  }

  unreadAfter(position: Position | null): number {
    return unreadAfter(this.#visible(), position)
  }

  /** The last position in the room's order, visible or not; null in an empty room. */
  get last(): Position | null {
    let last: Position | null = null
    for (const log of this.logs) {
      if (log.length === 0) continue
      const end = { log, seq: log.length - 1 }
      if (!last || compare(end, last) > 0) last = end
    }
    return last
  }

  /** The body of a placed record; null when its block can not be had or opened. */
  async body(position: Position): Promise<RecordBody | null> {
    const id = cacheId(position.log.hex, position.seq)
    const cached = this.#bodies.get(id)
    if (cached) return cached
    const source = this.#sources.get(position.log.hex)!
    // A core closes itself on a conflict: its author signed two histories.
    const block = await source.log.get(position.seq).catch(() => null)
    const body = block && this.#open(source, position.seq, block)
    if (body) this.#bodies.set(id, body)
    return body || null
  }

  /** True while a body is held in memory. */
  holds({ log, seq }: Position): boolean {
    return this.#bodies.has(cacheId(log.hex, seq))
  }

  /** Drops a body from memory: its time is over. */
  forget({ log, seq }: Position): void {
    this.#bodies.delete(cacheId(log.hex, seq))
  }

  /** The part placed for good, for a snapshot. */
  save(): SavedLog[] {
    return [...this.logs].map((log) => ({ key: log.key, ...log.save() }))
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const timer of [this.#patience, this.#early, this.#rest, this.#rebuild]) timer?.cancel()
    this.#awake.clear()
    await this.#pump.running
  }

  #visible(): LogIndex[] {
    return [...this.logs].filter((index) => !this.hides(index.hex))
  }

  #wake(source: Source): void {
    if (this.#closed) return
    this.#awake.add(source)
    this.#goOn()
  }

  #goOn(): void {
    this.#resting = false
    void this.#pump.wake()
  }

  async #place(): Promise<void> {
    for (;;) {
      for (const source of this.#awake) {
        this.#awake.delete(source)
        const records = await this.#read(source)
        if (records.length === 0) continue
        const placed = this.#placer.offer(source.index.hex, records)
        this.#awake.add(source)
        // Logs that waited for this one have been placed too, and can be read on.
        for (const { log } of placed) this.#awake.add(this.#sources.get(log.hex)!)
        if (placed.length > 0) this.#tell(placed)
      }
      if (this.#awake.size === 0 && !this.#retake() && !this.#forceOn()) break
    }
    if (this.#placer.blocked) return this.#waitPatiently()
    this.#resting = true
    if (!this.#closed) this.#options.onrest?.()
  }

  /** The next records of a log; empty at its end, at a block that is missing, or when too many wait. */
  async #read(source: Source): Promise<Unplaced[]> {
    const { log, index } = source
    if (this.#closed || this.#placer.waiting(log.hex) >= BATCH) return []
    const turn = this.#turn
    const start = this.#placer.next(index.hex)
    source.readable = log.reach
    const end = Math.min(start + BATCH, log.reach)
    if (start >= end) return []
    const gets: Promise<Buffer | null>[] = []
    for (let seq = start; seq < end; seq++) gets.push(log.get(seq))
    const blocks = await Promise.all(gets).catch(() => [])
    if (turn !== this.#turn) return []
    const records: Unplaced[] = []
    for (const [i, block] of blocks.entries()) {
      // What counts of the log may have changed meanwhile.
      if (start + i >= log.reach) break
      const record = block && this.#examine(source, start + i, block, blocks.length <= 64)
      if (!record) break
      records.push(record)
    }
    if (records.length < end - start) source.readable = start + records.length
    return records
  }

  /** What the placer needs of a block; null while its epoch's key may still come. A bad record is hidden. */
  #examine(source: Source, seq: number, block: Buffer, keep: boolean): Unplaced | null {
    const header = readHeader(block)
    const status = header && this.#options.keyStatus(header.epoch)
    if (status === 'pending') return null
    if (status === 'never') return { kind: HIDDEN, heads: [] }
    const body = this.#open(source, seq, block)
    const allowed = this.#allow(source.log, seq, block.byteLength, body?.sentAt ?? 0)
    if (allowed === 'later') return null
    if (allowed === 'no') return { kind: HIDDEN, heads: [] }
    if (!body) {
      this.#options.logger.warn('record-refused', { log: source.log.hex.slice(0, 8), seq })
      return { kind: HIDDEN, heads: [] }
    }
    const heads = this.#counting(body.heads)
    if (source.log.isSilenced(seq)) return { kind: HIDDEN, heads }
    const id = cacheId(source.log.hex, seq)
    const { log } = source
    this.#unplaced.set(id, { log, seq, body, epoch: header!.epoch, size: block.byteLength })
    if (keep) this.#bodies.set(id, body)
    return { kind: shownAs(body.kind), heads }
  }

  #allow({ allowance }: ContentLog, seq: number, size: number, at: number): 'yes' | 'no' | 'later' {
    const verdict = allowance.judge(seq, size, at, this.#options.clock.now())
    if (verdict === 'good') return 'yes'
    if (verdict === 'early') {
      this.#early ??= this.#options.clock.after(EARLY, () => {
        this.#early = null
        this.wake()
      })
      return 'later'
    }
    if (allowance.end === seq + 1) this.#options.onended()
    return 'no'
  }

  /** Heads as far as they name what counts: nobody waits for records that are refused. */
  #counting(heads: readonly Head[]): Head[] {
    return heads.flatMap(({ log, length }) => {
      const counting = Math.min(length, this.#options.limitOf(log.toString('hex')))
      return counting > 0 ? [{ log, length: counting }] : []
    })
  }

  #tell(placed: readonly Position[]): void {
    for (const { log, seq } of placed) {
      const id = cacheId(log.hex, seq)
      const record = this.#unplaced.get(id)
      this.#unplaced.delete(id)
      if (record) this.#options.onrecord(record)
    }
    this.#options.onplaced(placed, false)
  }

  #open(source: Source, seq: number, block: Buffer): RecordBody | null {
    const header = readHeader(block)
    const key = header && this.#options.epochKey(header.epoch)
    if (!key) return null
    const place = { room: this.#options.room, log: source.log.key, seq, epoch: header.epoch }
    return openRecord(block, place, key)
  }

  /** Takes provisional placements back when what they lacked has come; true when there is work again. */
  #retake(): boolean {
    if (!this.#placer.stale || this.#mustRest()) return false
    this.#placer.unsettle()
    this.#unplaced.clear()
    this.#options.onplaced([], true)
    for (const source of this.#sources.values()) this.#awake.add(source)
    return true
  }

  #mustRest(): boolean {
    const { clock } = this.#options
    const wait = this.#pace.take(clock.monotonic())
    if (wait === 0) return false
    this.#rest ??= clock.after(wait, () => {
      this.#rest = null
      if (!this.#closed) this.#goOn()
    })
    return true
  }

  #waitPatiently(): void {
    this.#patience ??= this.#options.clock.after(PATIENCE, () => {
      this.#patience = null
      if (this.#closed || this.#pump.running || !this.#placer.blocked) return
      this.#forcing = true
      this.#goOn()
    })
  }

  /** Once patience has ended, it is over for all that waits; true when there is work again. */
  #forceOn(): boolean {
    this.#forcing &&= this.#placer.blocked && !this.#closed
    if (!this.#forcing) return false
    const placed = this.#placer.force()
    this.#tell(placed)
    for (const { log } of placed) this.#awake.add(this.#sources.get(log.hex)!)
    return true
  }
}

function shownAs(kind: number): number {
  if (kind === KIND_TEXT || kind === KIND_FILE) return SHOWN
  return kind < FIRST_SILENT_KIND ? UNKNOWN : HIDDEN
}

function cacheId(hex: string, seq: number): string {
  return `${hex}/${seq}`
}
