import type { Clock, Timer } from '../../clock.ts'
import { AddressCounts } from './address-counts.ts'
import { isOverdue, mayRead, overdueIn } from './reading-bounds.ts'
import type { Reading } from './reading-bounds.ts'

/** How often slow ones are looked for, at most and at least, while others wait. */
const SOONEST = 1_000
const LATEST = 10_000

/** One range that is read and sent. */
export interface ReadSlot {
  /** What it holds in memory, once that is known. */
  holds(bytes: number): void
  /** So many bytes more left. */
  moved(bytes: number): void
  /** It is sent, or over. */
  leave(): void
}

/** Who reads, and how much. */
export interface Reader {
  /** Most bytes of the range. */
  readonly bytes: number
  /** What it can not choose freely, see core/address-bucket.ts. */
  readonly address: string
  /** It is a member of a room of this device. */
  readonly paired: boolean
  /** It reads too slowly, and others wait. */
  readonly end: () => void
}

interface Waiting extends Reader {
  readonly go: (slot: ReadSlot) => void
}

interface Slot extends Reading {
  since: number
  moved: number
  bytes: number
  readonly reader: Reader
}

/** Bounds what all links together hold in memory of ranges, and what those of one address do. */
export class ReadSlots {
  readonly #clock: Clock
  readonly #counts = new AddressCounts()
  readonly #waiting: Waiting[] = []
  /** Oldest first. */
  readonly #slots = new Set<Slot>()
  #timer: Timer | null = null
  #closed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Bytes that are held now. */
  get held(): number {
    return this.#counts.all
  }

  /** Resolves when a range may be read. */
  enter(reader: Reader): Promise<ReadSlot> {
    return new Promise((go) => {
      this.#waiting.push({ ...reader, go })
      this.#next()
    })
  }

  /** Nobody is watched any more. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#timer = null
  }

  #slot(reader: Reader): ReadSlot {
    // While it is read from the disk, the reader is not to blame.
    const slot: Slot = { reader, bytes: 0, moved: 0, since: Infinity }
    const holds = (bytes: number): void => {
      if (!this.#slots.has(slot)) return
      this.#counts.add(reader.address, bytes - slot.bytes)
      slot.bytes = bytes
    }
    this.#slots.add(slot)
    holds(reader.bytes)
    return {
      holds: (bytes) => {
        holds(bytes)
        slot.since = this.#clock.monotonic()
        this.#next()
      },
      moved: (bytes) => (slot.moved += bytes),
      leave: () => {
        holds(0)
        if (this.#slots.delete(slot)) this.#next()
      },
    }
  }

  /** Members first, then whoever waits longest; nobody for who fills the share of its own address. */
  #next(): void {
    const order = [...this.#waiting].toSorted((a, b) => Number(b.paired) - Number(a.paired))
    for (const one of order) {
      const may = mayRead(one, { all: this.#counts.all, address: this.#counts.of(one.address) })
      if (may === 'full') break
      if (may === 'yes') {
        this.#waiting.splice(this.#waiting.indexOf(one), 1)
        one.go(this.#slot(one))
      }
    }
    this.#watch()
  }

  /** Whoever reads too slowly ends while others wait. */
  #watch(): void {
    if (this.#closed || this.#timer || this.#waiting.length === 0 || this.#slots.size === 0) return
    const now = this.#clock.monotonic()
    const soonest = Math.min(LATEST, ...[...this.#slots].map((slot) => overdueIn(slot, now)))
    this.#timer = this.#clock.after(Math.max(SOONEST, soonest), () => {
      this.#timer = null
      const late = this.#clock.monotonic()
      for (const slot of this.#slots) {
        if (this.#waiting.length > 0 && isOverdue(slot, late)) slot.reader.end()
      }
      this.#watch()
    })
  }
}
