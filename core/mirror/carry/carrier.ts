import { every } from '../../clock.ts'
import type { Clock, Timer } from '../../clock.ts'
import { errorCode } from '../../errors.ts'
import { each } from '../../files/store/each.ts'
import type { Logger } from '../../logger.ts'
import { Turn } from '../../turn.ts'
import type { LogRange, Stored } from '../copy.ts'
import type { ParcelsMessage } from '../exchange/messages.ts'
import type { SharedCopy, Visitor } from '../exchange/shared-copy.ts'
import type { Loose } from '../holder/holder.ts'
import type { Shelf, ShelfMirror } from '../holder/shelf.ts'
import { mirrorId } from '../mirror-keys.ts'
import type { Refused } from '../policy/refusals.ts'
import { proveRange, sizeOf } from '../range/prove.ts'
import { CarriedMirror } from './carried-mirror.ts'
import { byLog, decodeCarried, encodeCarried, MAX_LOTS } from './lots.ts'
import type { CarriedBook, CarriedLot, LogParcel } from './lots.ts'
import { believed, keptUntil, makeSpace } from './spray.ts'
import type { SprayLimits } from './spray.ts'

/** How often what is over is looked for. */
const SWEEP = 60 * 60_000
const AT_ONCE = 16
/** Mirrors of which something is carried: in all, and begun by those at one address. */
const MAX_CARRIED = 2_048
const MAX_AT_ADDRESS = 256
/** The share of the space that those at one address fill at most. */
const ADDRESS_SHARE = 1 / 4
/** What a range costs beside its blocks, about. */
const RANGE = 512

export interface CarrierOptions {
  readonly shelf: Shelf
  /** Bytes for what is carried; 0 while nothing is. */
  readonly quota: () => number
  readonly limits: SprayLimits
  readonly clock: Clock
  readonly logger: Logger
  /** Mirrors came or went, or this device became a regular of one. */
  readonly onchange: () => void
}

/** What was offered of one log. */
interface Offered {
  readonly copies: number
  readonly until: number
}

/** What this device carries for strangers, within a quota; it can read none of it. */
export class Carrier implements Loose {
  readonly #options: CarrierOptions
  readonly #carried = new Map<string, CarriedMirror>()
  /** Who began a mirror in this run: address → how many. */
  readonly #begun = new Map<string, number>()
  /** By mirror, log and address: what was claimed last of what is on its way. */
  readonly #offered = new Map<string, Offered>()
  readonly #turn = new Turn()
  #sweeper: Timer | null = null
  #closed = false

  private constructor(options: CarrierOptions) {
    this.#options = options
  }

  /** Reads what an archive has that is carried. Errors: those of the disk. */
  static async open(options: CarrierOptions): Promise<Carrier> {
    const carrier = new Carrier(options)
    const mirrors = [...options.shelf.mirrors()].filter(({ kind }) => kind === 'carry')
    await each(mirrors, async (stored) => carrier.#open(stored, await stored.about()), AT_ONCE)
    await carrier.sweep()
    carrier.#sweeper = carrier.#sweepOften()
    return carrier
  }

  /** All that is carried, as sessions find it. */
  *copies(): Generator<SharedCopy> {
    for (const { shared } of this.#carried.values()) yield shared
  }

  /** What is carried of each room. */
  mirrors(): Iterable<CarriedMirror> {
    return this.#carried.values()
  }

  get bytes(): number {
    let bytes = 0
    for (const mirror of this.#carried.values()) bytes += mirror.bytes
    return bytes
  }

  get held(): { readonly mirrors: number; readonly bytes: number } {
    return { mirrors: this.#carried.size, bytes: this.bytes }
  }

  /** Notes what somebody offers; false when nothing of it is to be asked for. Rejects never. */
  take({ key, logs, until, regular }: ParcelsMessage, { address }: Visitor): Promise<boolean> {
    return this.#turn.run(async () => {
      const { quota, clock, limits, logger } = this.#options
      if (this.#closed || quota() === 0) return false
      const now = clock.now()
      const kept = keptUntil(until, now, limits)
      if (kept <= now) return false
      try {
        const mirror = this.#carried.get(mirrorId(key)) ?? (await this.#begin(key, address))
        if (!mirror) return false
        for (const { key: log, copies } of logs) {
          const name = `${mirror.id}/${log.toString('hex')}/${address}`
          if (this.#offered.size >= MAX_LOTS * 16) this.#offered.clear()
          this.#offered.set(name, { copies: believed(copies), until: kept })
        }
        if (regular === 1) await this.#become(mirror, now)
        return logs.length > 0
      } catch (error) {
        logger.warn('carry-take', { code: errorCode(error) })
        return false
      }
    })
  }

  /** Copies were handed over, or what is carried was noted otherwise: writes it down. */
  save(mirror: CarriedMirror): Promise<void> {
    return this.#turn
      .run(async () => {
        if (this.#carried.get(mirror.id) === mirror) await mirror.save()
      })
      .catch((error: unknown) => {
        this.#options.logger.warn('carry-save', { code: errorCode(error) })
      })
  }

  /** Drops so many bytes for something that comes first, if there are as many. */
  free(bytes: number): Promise<void> {
    return this.#turn.run(async () => {
      const now = this.#options.clock.now()
      const newcomer = { bytes, copies: Infinity, since: now, until: Infinity }
      const quota = Math.max(bytes, this.#used())
      for (const parcel of makeSpace(this.#parcels(), newcomer, quota, now) ?? []) {
        await this.#drop(parcel)
      }
    })
  }

  /** Deletes all that is carried. */
  drop(): Promise<void> {
    return this.#turn.run(async () => {
      for (const mirror of this.#carried.values()) await this.#remove(mirror)
      this.#options.onchange()
    })
  }

  /** Deletes what is over, and what is beyond the quota. */
  sweep(): Promise<void> {
    return this.#turn.run(async () => {
      const { clock, quota } = this.#options
      const now = clock.now()
      for (const parcel of this.#parcels()) if (parcel.until <= now) await this.#drop(parcel)
      const nothing = { bytes: 0, copies: Infinity, since: now, until: Infinity }
      const over = quota() > 0 ? makeSpace(this.#parcels(), nothing, quota(), now) : null
      for (const parcel of over ?? []) await this.#drop(parcel)
      for (const mirror of this.#carried.values()) {
        const { lots, regularUntil } = mirror.book
        if (lots.length === 0 && regularUntil <= now) await this.#remove(mirror)
      }
      this.#options.onchange()
    })
  }

  /** Ends. The archive is closed by whoever opened it. */
  async close(): Promise<void> {
    this.#closed = true
    this.#sweeper?.cancel()
    await this.#turn.over()
  }

  #sweepOften(): Timer {
    const { clock, logger } = this.#options
    return every(clock, SWEEP, () =>
      this.sweep().catch((error: unknown) => {
        logger.warn('carry-sweep', { code: errorCode(error) })
      }),
    )
  }

  #open(stored: ShelfMirror, about: Buffer): void {
    const book = decodeCarried(about)
    // What is damaged was somebody's copy of what others have.
    if (book && mirrorId(book.key) === stored.id) this.#keep(book, stored)
    else this.#forget(stored)
  }

  #forget({ id }: ShelfMirror): void {
    void this.#turn.run(() => this.#options.shelf.remove(id)).catch(() => {})
  }

  #keep(book: CarriedBook, stored: ShelfMirror): CarriedMirror {
    const mirror = new CarriedMirror(book, stored, {
      now: () => this.#options.clock.now(),
      room: (visitor) => this.#room(visitor),
      store: (one, range, visitor) => this.#turn.run(() => this.#store(one, range, visitor)),
    })
    this.#carried.set(mirror.id, mirror)
    return mirror
  }

  async #begin(key: Buffer, address: string): Promise<CarriedMirror | null> {
    const { shelf, onchange } = this.#options
    const begun = this.#begun.get(address) ?? 0
    if (begun >= MAX_AT_ADDRESS || this.#carried.size >= MAX_CARRIED) return null
    this.#begun.set(address, begun + 1)
    const book: CarriedBook = { key, regularUntil: 0, lots: [] }
    const id = mirrorId(key)
    const stored = shelf.get(id) ?? (await shelf.create(id, 'carry', encodeCarried(book)))
    if (stored.kind !== 'carry') return null
    const mirror = this.#keep(book, stored)
    onchange()
    return mirror
  }

  async #become(mirror: CarriedMirror, now: number): Promise<void> {
    const { limits, onchange } = this.#options
    const before = mirror.book.regularUntil
    const until = now + limits.life
    // Said again in each meeting: it need not be written down each time.
    if (until - before < limits.life / 8) return
    mirror.book.regularUntil = until
    await mirror.save()
    if (before <= now) onchange()
  }

  #used(): number {
    return this.#parcels().reduce((sum, { bytes }) => sum + bytes, 0)
  }

  #parcels(): LogParcel[] {
    return [...this.#carried.values()].flatMap(({ id, book }) => byLog(id, book.lots))
  }

  #room({ address }: Visitor): { bytes: number; refused: Refused } {
    const share = Math.floor(this.#options.quota() * ADDRESS_SHARE)
    let used = 0
    for (const { book } of this.#carried.values()) {
      for (const lot of book.lots) if (lot.address === address) used += lot.bytes
    }
    return { bytes: Math.max(0, share - used), refused: 'address' }
  }

  async #store(mirror: CarriedMirror, range: LogRange, visitor: Visitor): Promise<Stored> {
    const { clock, quota, limits } = this.#options
    const { book, stored } = mirror
    if (this.#closed || this.#carried.get(mirror.id) !== mirror) return 'full'
    if (book.lots.length >= MAX_LOTS) return 'full'
    // Before anything gives way to it.
    if (!proveRange(range)) return 'refused'
    const log = range.key.toString('hex')
    const now = clock.now()
    const bytes = sizeOf(range.blocks) + RANGE
    const name = `${mirror.id}/${log}/${visitor.address}`
    // What a regular takes was not offered: it sprays none of that.
    const claimed = this.#offered.get(name) ?? { copies: 0, until: now + limits.life }
    const to = range.from + range.blocks.length
    const from = endOf(book.lots, log, range.from)
    const { address } = visitor
    const lot: CarriedLot = { log, from, to, bytes, since: now, ...claimed, address }
    if (this.#room(visitor).bytes < bytes) return 'full'
    const dropped = makeSpace(this.#parcels(), lot, quota(), now)
    // Not what it is to be put beside: that would leave a gap.
    if (!dropped || dropped.some((one) => one.id === mirror.id && one.log === log)) return 'full'
    for (const parcel of dropped) await this.#drop(parcel)
    const said = await stored.store(range)
    if (said !== 'stored' || from >= to) return said
    book.lots.push(lot)
    await mirror.save()
    return said
  }

  async #drop({ id, log }: LogParcel): Promise<void> {
    const mirror = this.#carried.get(id)
    if (!mirror) return
    const { lots, regularUntil } = mirror.book
    const rest = lots.filter((lot) => lot.log !== log)
    lots.splice(0, lots.length, ...rest)
    if (rest.length === 0 && regularUntil <= this.#options.clock.now()) return this.#remove(mirror)
    await mirror.save()
    await mirror.stored.dropLog(Buffer.from(log, 'hex'))
  }

  async #remove(mirror: CarriedMirror): Promise<void> {
    this.#carried.delete(mirror.id)
    await this.#options.shelf.remove(mirror.id)
  }
}

/** Where what is carried of a log from `from` on ends. */
function endOf(lots: readonly CarriedLot[], log: string, from: number): number {
  const known = lots.filter((lot) => lot.log === log && lot.from <= from)
  return known.reduce((end, { to }) => Math.max(end, to), from)
}
