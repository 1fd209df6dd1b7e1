import type { Clock, Timer } from '../../clock.ts'
import type { Connection } from '../../connection/connection.ts'
import { MAX_WHOLE_LENGTH } from '../range/prove.ts'
import type { BlocksMessage, EndMessage, WantMessage } from './messages.ts'

/** A peer that sends nothing of a range for so long is not waited for. */
const STALLED_AFTER = 10_000
/** The same over a narrow link, where members' text goes first. */
const NARROW_STALLED_AFTER = 30_000
/** Bytes that count as something: a drip must not keep a log from being asked elsewhere. */
const PROGRESS = 16 * 1024
/** Parts of a range of which one counts as something, up to what is in one frame: a long one must not last for good. */
const PARTS = 32
const FRAME = 192 * 1024
/** Ranges that were late and may still be on their way. */
const MAX_LATE = 64
/** What frames, roots and signature add to the blocks of a range. */
const OVERHEAD = 8 * 1024
/** And to each block. */
const PER_BLOCK = 4

/** What came of a want: blocks with their proof; `nothing`; `late` when nothing came for too long; `broken` when it was more than was asked for. */
export type Answer =
  { readonly blocks: Buffer[]; readonly end: EndMessage } | 'nothing' | 'late' | 'broken'

interface Watch {
  readonly signal?: AbortSignal
  /** So many bytes more came. */
  readonly onbytes?: (bytes: number) => void
}

interface Open {
  readonly max: number
  readonly blocks: Buffer[]
  readonly resolve: (answer: Answer) => void
  size: number
  /** Bytes at which the stall timer was last set anew. */
  counted: number
  stall: Timer
  readonly onbytes: (bytes: number) => void
}

/** What this side asked for over one link: nothing else is taken in, and no more than was asked for. */
export class RangeClient {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #send: (want: WantMessage) => void
  readonly #open = new Map<number, Open>()
  /** Of ranges that were late: what of their allowance was taken back. */
  readonly #late = new Map<number, number>()
  #nextId = 1
  #closed = false

  constructor(connection: Connection, clock: Clock, send: (want: WantMessage) => void) {
    this.#connection = connection
    this.#clock = clock
    this.#send = send
  }

  /** Asks for a range of at most `max` bytes; it is late once the signal fires. */
  want(what: Omit<WantMessage, 'id'>, { signal, onbytes }: Watch = {}): Promise<Answer> {
    if (this.#closed) return Promise.resolve('late')
    return new Promise((resolve) => {
      const id = this.#nextId++
      const open: Open = {
        max: what.max,
        blocks: [],
        resolve,
        size: 0,
        counted: 0,
        stall: this.#watch(id),
        onbytes: onbytes ?? (() => {}),
      }
      this.#open.set(id, open)
      signal?.addEventListener('abort', () => this.#settle(id, 'late'), { once: true })
      this.#connection.expect(expected(what.max))
      this.#send({ ...what, id })
    })
  }

  /** Blocks of a range; false for what nobody asked for. */
  onblocks({ id, blocks }: BlocksMessage): boolean {
    const open = this.#open.get(id)
    if (!open) return this.#onlate(id, blocks)
    open.onbytes(blocks.reduce((sum, { byteLength }) => sum + byteLength, 0))
    for (const block of blocks) {
      open.size += block.byteLength
      open.blocks.push(block)
    }
    if (open.size > open.max || open.blocks.length > mostBlocks(open.max)) {
      this.#settle(id, 'broken')
      return true
    }
    if (open.size - open.counted >= progress(open.max)) {
      open.counted = open.size
      open.stall.cancel()
      open.stall = this.#watch(id)
    }
    return true
  }

  /** A range is complete, or there is none; false for what nobody asked for. */
  onend(end: EndMessage): boolean {
    const open = this.#open.get(end.id)
    if (!open) {
      this.#late.delete(end.id)
      return end.id < this.#nextId
    }
    if (end.length === 0) this.#settle(end.id, 'nothing')
    else this.#settle(end.id, { blocks: open.blocks, end })
    return true
  }

  close(): void {
    this.#closed = true
    for (const id of this.#open.keys()) this.#settle(id, 'late')
  }

  #watch(id: number): Timer {
    const ms = this.#connection.narrow ? NARROW_STALLED_AFTER : STALLED_AFTER
    return this.#clock.after(ms, () => this.#settle(id, 'late'))
  }

  #settle(id: number, answer: Answer): void {
    const open = this.#open.get(id)
    if (!open) return
    this.#open.delete(id)
    open.stall.cancel()
    // What was allowed and did not come is not left to be used for other things.
    const rest = Math.max(0, expected(open.max) - taken(open))
    this.#connection.expect(-rest)
    if (answer === 'late') this.#wasLate(id, rest)
    open.resolve(answer)
  }

  #wasLate(id: number, rest: number): void {
    this.#late.set(id, rest)
    const [oldest] = this.#late.keys()
    if (this.#late.size > MAX_LATE) this.#late.delete(oldest!)
  }

  /** One that was late may still be on its way: what it takes is allowed again as it comes, and nothing else. */
  #onlate(id: number, blocks: readonly Buffer[]): boolean {
    const rest = this.#late.get(id)
    if (rest === undefined) return id < this.#nextId
    const size = blocks.reduce((sum, { byteLength }) => sum + byteLength + PER_BLOCK, 0)
    const allowed = Math.min(rest, size)
    this.#connection.expect(allowed)
    this.#late.set(id, rest - allowed)
    return true
  }
}

function expected(max: number): number {
  return max + OVERHEAD + PER_BLOCK * Math.ceil(max / 64)
}

/** What has to come of a range of `max` bytes before it counts as stalled. */
function progress(max: number): number {
  return Math.min(FRAME, Math.max(PROGRESS, max / PARTS))
}

/** Very small blocks cost more memory than their bytes. */
function mostBlocks(max: number): number {
  return Math.min(MAX_WHOLE_LENGTH, 64 + Math.ceil(max / 32))
}

/** What of that a range took, or may have taken. */
function taken({ size, blocks }: Open): number {
  return size + OVERHEAD + PER_BLOCK * blocks.length
}
