import { sleep } from '../../clock.ts'
import type { Clock } from '../../clock.ts'
import type { Connection } from '../../connection/connection.ts'
import { errorCode } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { Copy, LogRange } from '../copy.ts'
import { MAX_WHOLE_BYTES } from '../range/prove.ts'
import { MAX_FRAME_BLOCKS } from './messages.ts'
import type { MirrorSenders, WantMessage } from './messages.ts'
import type { ReadSlot, ReadSlots } from './read-slots.ts'

/** Bytes of blocks in one frame. */
const FRAME = 192 * 1024
/** The same over a narrow link, so that the receiver sees it coming. */
const NARROW_FRAME = 2 * 1024
/** Ranges a peer may have asked for that were not sent yet. */
const MAX_WAITING = 64
/** How often a connection whose words are held back is looked at. */
const CORKED = 5

/** What serving ranges over one link needs. */
export interface RangeServerOptions {
  readonly connection: Connection
  readonly send: Pick<MirrorSenders, 'blocks' | 'end'>
  readonly slots: ReadSlots
  /** What the peer can not choose freely. */
  readonly address: string
  /** True while it is a member of a room of this device. */
  readonly paired: () => boolean
  readonly clock: Clock
  readonly logger: Logger
  /** What the peer may have of a log under a tag; null for nothing. */
  readonly copy: (want: WantMessage) => Copy | null
}

/** Sends the ranges that one peer asks for, one after another, no faster than they leave. */
export class RangeServer {
  readonly #options: RangeServerOptions
  readonly #ending = new AbortController()
  readonly #waiting: WantMessage[] = []
  #running = false

  constructor(options: RangeServerOptions) {
    this.#options = options
  }

  /** True while a range is being sent. */
  get busy(): boolean {
    return this.#running
  }

  /** Answers a peer; false for one that asks for too much at once. */
  want(want: WantMessage): boolean {
    if (this.#waiting.push(want) > MAX_WAITING) return false
    if (!this.#running) void this.#run()
    return true
  }

  /** Ranges that wait are not sent any more. */
  close(): void {
    this.#waiting.length = 0
    this.#ending.abort()
  }

  async #run(): Promise<void> {
    this.#running = true
    for (let want = this.#waiting.shift(); want; want = this.#waiting.shift()) {
      await this.#serve(want).catch((error: unknown) => {
        if (this.#ending.signal.aborted) return
        this.#options.logger.warn('mirror-serve', { code: errorCode(error) })
        this.#nothing(want!.id)
      })
    }
    this.#running = false
  }

  #nothing(id: number): void {
    this.#options.send.end.send({ id, roots: [], length: 0, signature: Buffer.alloc(0) })
  }

  async #serve(want: WantMessage): Promise<void> {
    const { connection, slots, send, copy, address, paired } = this.#options
    const slot = await slots.enter({
      bytes: Math.min(want.max, MAX_WHOLE_BYTES),
      address,
      paired: paired(),
      end: () => connection.close('the peer reads too slowly'),
    })
    try {
      if (this.#ending.signal.aborted) return
      const from = copy(want)
      const max = Math.min(want.max, MAX_WHOLE_BYTES)
      const range = from ? await from.read(want.key, want.from, max) : null
      if (!range || range.blocks.length === 0) return this.#nothing(want.id)
      slot.holds(heldBy(range.blocks))
      await this.#blocks(want.id, range, slot)
      const { roots, signature } = range
      const length = range.from + range.blocks.length
      send.end.send({ id: want.id, roots: [...roots], length, signature })
    } finally {
      slot.leave()
    }
  }

  async #blocks(id: number, { blocks }: LogRange, slot: ReadSlot): Promise<void> {
    const { connection, send, clock } = this.#options
    const most = connection.narrow ? NARROW_FRAME : FRAME
    for (let at = 0; at < blocks.length;) {
      const start = at
      let size = 0
      for (; at < blocks.length && at - start < MAX_FRAME_BLOCKS; at++) {
        const more = blocks[at]!.byteLength
        if (size + more > most && at > start) break
        size += more
      }
      // Held back, all would be gathered into one frame, too large for the peer.
      while (connection.mux.corked > 0) await sleep(clock, CORKED, this.#ending.signal)
      send.blocks.send({ id, blocks: blocks.slice(start, at) })
      await connection.drained()
      slot.moved(size)
      if (this.#ending.signal.aborted) return
    }
  }
}

/** Bytes in memory that blocks keep there: many may lie in one buffer, and that may be longer than all of them. */
function heldBy(blocks: readonly Buffer[]): number {
  const buffers = new Set(blocks.map(({ buffer }) => buffer))
  let size = 0
  for (const { byteLength } of buffers) size += byteLength
  return size
}
