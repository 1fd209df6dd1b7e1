import type { Clock, Timer } from '../../clock.ts'
import type { Connection } from '../../connection/connection.ts'
import { MAX_WHOLE_LENGTH } from '../range/prove.ts'
import type { BlocksMessage, EndMessage, WantMessage } from './messages.ts'

/** A peer that sends nothing of a range for so long is not waited for. */
const STALLED_AFTER = 10_000
/** Bytes that count as something: a drip must not keep a log from being asked elsewhere. */
const PROGRESS = 16 * 1024
/** What frames, roots and signature add to the blocks of a range. */
const OVERHEAD = 8 * 1024
/** And to each block. */
const PER_BLOCK = 4

/** What came of a want: blocks with their proof; `nothing`; `late` when nothing came for too long; `broken` when it was more than was asked for. */
export type Answer =
  { readonly blocks: Buffer[]; readonly end: EndMessage } | 'nothing' | 'late' | 'broken'

interface Open {
  readonly max: number
  readonly blocks: Buffer[]
  readonly resolve: (answer: Answer) => void
  size: number
  /** Bytes at which the stall timer was last set anew. */
  counted: number
  stall: Timer
}

/** What this side asked for over one link: nothing else is taken in, and no more than was asked for. */
export class RangeClient {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #send: (want: WantMessage) => void
  readonly #open = new Map<number, Open>()
  #nextId = 1
  #closed = false

  constructor(connection: Connection, clock: Clock, send: (want: WantMessage) => void) {
    this.#connection = connection
    this.#clock = clock
    this.#send = send
  }

  /** Ranges that were asked for and are not here. */
  get size(): number {
    return this.#open.size
  }

  /** Asks for a range of at most `max` bytes. */
  want(what: Omit<WantMessage, 'id'>): Promise<Answer> {
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
      }
      this.#open.set(id, open)
      this.#connection.expect(expected(what.max))
      this.#send({ ...what, id })
    })
  }

  /** Blocks of a range; false for what nobody asked for. */
  onblocks({ id, blocks }: BlocksMessage): boolean {
    const open = this.#open.get(id)
    // One that was late may still be on its way.
    if (!open) return id < this.#nextId
    for (const block of blocks) {
      open.size += block.byteLength
      open.blocks.push(block)
    }
    if (open.size > open.max || open.blocks.length > mostBlocks(open.max)) {
      this.#settle(id, 'broken')
      return true
    }
    if (open.size - open.counted >= PROGRESS) {
      open.counted = open.size
      open.stall.cancel()
      open.stall = this.#watch(id)
    }
    return true
  }

  /** A range is complete, or there is none; false for what nobody asked for. */
  onend(end: EndMessage): boolean {
    const open = this.#open.get(end.id)
    if (!open) return end.id < this.#nextId
    // What was allowed and did not come is not left to be used for other things.
    this.#connection.expect(-Math.max(0, expected(open.max) - taken(open)))
    if (end.length === 0) this.#settle(end.id, 'nothing')
    else this.#settle(end.id, { blocks: open.blocks, end })
    return true
  }

  close(): void {
    this.#closed = true
    for (const id of this.#open.keys()) this.#settle(id, 'late')
  }

  #watch(id: number): Timer {
    return this.#clock.after(STALLED_AFTER, () => this.#settle(id, 'late'))
  }

  #settle(id: number, answer: Answer): void {
    const open = this.#open.get(id)
    this.#open.delete(id)
    open?.stall.cancel()
    open?.resolve(answer)
  }
}

function expected(max: number): number {
  return max + OVERHEAD + PER_BLOCK * Math.ceil(max / 64)
}

/** Very small blocks cost more memory than their bytes. */
function mostBlocks(max: number): number {
  return Math.min(MAX_WHOLE_LENGTH, 64 + Math.ceil(max / 32))
}

/** What of that a range took, or may have taken. */
function taken({ size, blocks }: Open): number {
  return size + OVERHEAD + PER_BLOCK * blocks.length
}
