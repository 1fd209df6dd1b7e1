/**
 * How much one log may hold: a burst, and from then on so much for each second that its author claims to have
 * passed. It is computed from the records alone, in their order, so every device finds the same records over it,
 * whatever came when; a flood costs its author the log, and nobody else anything but the burst.
 */
import { decodeExact, encode, list, optional, struct, uint } from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'

/** How much one log may hold, by the times that its records claim. */
export interface AllowanceLimits {
  /** Records and bytes that may come at once. */
  readonly records: number
  readonly bytes: number
  /** And so many more each second: whole numbers. */
  readonly recordRate: number
  readonly byteRate: number
  /** How far a claimed time may be ahead of ours before what it would allow has to wait, in ms. */
  readonly ahead: number
  /** Records over the allowance after which the log has ended. */
  readonly over: number
}

/** The limits of every room. */
export const LIMITS: AllowanceLimits = {
  records: 150_000,
  bytes: 128 * 1024 * 1024,
  recordRate: 2,
  byteRate: 8 * 1024,
  ahead: 86_400_000,
  over: 1_000,
}

/** `over`: it shows nothing. `early`: it leans on time that has not passed yet, and waits for it. */
export type AllowanceVerdict = 'good' | 'over' | 'early' | 'ended'

/** A bucket that empties with time: what is in it, in thousandths, at a time in ms. */
interface Level {
  at: number
  records: number
  bytes: number
}

interface Saved {
  next: number
  claimed: Level
  passed: Level
  over: number[]
  end: number | null
}

/** The allowance of one log, asked for record after record. */
export class Allowance {
  readonly #limits: AllowanceLimits
  #next = 0
  /** By claimed time alone: decides. */
  #claimed = empty()
  /** By claimed time as far as it may have passed: decides what waits. */
  #passed = empty()
  #over = new Set<number>()
  #end: number | null = null

  constructor(limits: AllowanceLimits = LIMITS) {
    this.#limits = limits
  }

  /** Records judged so far. */
  get judged(): number {
    return this.#next
  }

  /** The length at which the log ended for good; null while it goes on. */
  get end(): number | null {
    return this.#end
  }

  /**
   * The verdict on a record of `size` bytes that claims the wall-clock ms `sentAt`. A record is judged once all
   * before it are; asked again for one that was judged, it says the same.
   */
  judge(seq: number, size: number, sentAt: number, now: number): AllowanceVerdict {
    if (this.#end !== null && seq >= this.#end) return 'ended'
    if (seq < this.#next) return this.#over.has(seq) ? 'over' : 'good'
    const { ahead, over } = this.#limits
    const claimed = this.#drained(this.#claimed, sentAt)
    if (!this.#fits(claimed, size)) {
      this.#over.add(seq)
      this.#next = seq + 1
      if (this.#over.size >= over) this.#end = this.#next
      return 'over'
    }
    const passed = this.#drained(this.#passed, Math.min(sentAt, now + ahead))
    if (!this.#fits(passed, size)) return 'early'
    this.#claimed = filled(claimed, size)
    this.#passed = filled(passed, size)
    this.#next = seq + 1
    return 'good'
  }

  /**
   * Milliseconds until this device may write so many records more, of so many bytes in all, without coming near the
   * allowance; 0 when it may now.
   */
  wait(records: number, bytes: number, now: number): number {
    const { recordRate, byteRate } = this.#limits
    const level = this.#drained(this.#claimed, now)
    // A part is kept back: what is under way already, and clocks that go back, must not bring us over it.
    const spare = 0.98
    const tooMany = level.records + 1000 * (records - spare * this.#limits.records)
    const tooMuch = level.bytes + 1000 * (bytes - spare * this.#limits.bytes)
    const wait = Math.ceil(Math.max(0, tooMany / recordRate, tooMuch / byteRate))
    return wait === 0 ? 0 : wait + Math.max(0, level.at - now)
  }

  /**
   * True when so much more would have to wait for a time that is far ahead, which a clock that was wrong once claimed:
   * a log's time never goes back.
   */
  isStuck(records: number, bytes: number, now: number): boolean {
    return this.#claimed.at > now + this.#limits.ahead && this.wait(records, bytes, now) > 0
  }

  save(): Buffer {
    const over = [...this.#over]
    return encode(saved, {
      next: this.#next,
      claimed: this.#claimed,
      passed: this.#passed,
      over,
      end: this.#end,
    })
  }

  /** Errors: `MALFORMED`. */
  load(data: Buffer): void {
    this.#take(decodeExact(saved, data))
  }

  /** Forgets all: the records will be judged again from the first. */
  reset(): void {
    this.#take({ next: 0, claimed: empty(), passed: empty(), over: [], end: null })
  }

  #take({ next, claimed, passed, over, end }: Saved): void {
    this.#next = next
    this.#claimed = claimed
    this.#passed = passed
    this.#over = new Set(over)
    this.#end = end
  }

  /** What is left in a bucket at a time; a time that goes back changes nothing. */
  #drained(level: Level, time: number): Level {
    const { recordRate, byteRate } = this.#limits
    const at = Math.max(level.at, time)
    const passed = at - level.at
    return {
      at,
      records: Math.max(0, level.records - passed * recordRate),
      bytes: Math.max(0, level.bytes - passed * byteRate),
    }
  }

  #fits(level: Level, size: number): boolean {
    const { records, bytes } = this.#limits
    return level.records + 1000 <= 1000 * records && level.bytes + 1000 * size <= 1000 * bytes
  }
}

function empty(): Level {
  return { at: 0, records: 0, bytes: 0 }
}

function filled(level: Level, size: number): Level {
  return { at: level.at, records: level.records + 1000, bytes: level.bytes + 1000 * size }
}

const level: Codec<Level> = struct<Level>({ at: uint, records: uint, bytes: uint })
const saved = struct<Saved>({
  next: uint,
  claimed: level,
  passed: level,
  over: list(uint, LIMITS.over),
  end: optional(uint),
})
