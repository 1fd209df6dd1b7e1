import { arrival } from './arrival.ts'
import type { Fetches } from './fetches.ts'
import type { StoredItem } from './store/stored-item.ts'

/** A stretch of a file: [start, end). */
export interface Stretch {
  readonly item: StoredItem
  /** The file in a folder; null for an item that is one file. */
  readonly entry: string | null
  readonly start: number
  readonly end: number
  readonly signal: AbortSignal | undefined
}

/** Reads files while they arrive. */
export class Readers {
  readonly #fetches: Fetches
  /** How often each item (its root in hex) is being read. */
  readonly #reading = new Map<string, number>()

  constructor(fetches: Fetches) {
    this.#fetches = fetches
  }

  isRead(root: string): boolean {
    return this.#reading.has(root)
  }

  /** Bytes of a file in order, each stretch once it is here; what is read next is fetched before all else. */
  async *stream(stretch: Stretch): AsyncGenerator<Uint8Array> {
    const { rootHex } = stretch.item
    this.#reading.set(rootHex, (this.#reading.get(rootHex) ?? 0) + 1)
    try {
      yield* this.#stream(stretch)
    } finally {
      const left = this.#reading.get(rootHex)! - 1
      if (left > 0) this.#reading.set(rootHex, left)
      else {
        this.#reading.delete(rootHex)
        this.#fetches.get(rootHex)?.unfocus()
      }
    }
  }

  async *#stream({ item, entry, start, end, signal }: Stretch): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end;) {
      const stop = Math.min(end, at + item.descriptor.chunk)
      const { from, to } = item.chunksOf(entry, at, stop)
      const here = (): boolean => hasAll(item, from, to)
      if (!here()) {
        this.#fetches.get(item.rootHex)?.focus(from, item.chunksOf(entry, at, end).to)
        await arrival(item, this.#fetches, here, signal)
      }
      yield* item.readPlain(entry, at, stop, { signal })
      at = stop
    }
  }
}

function hasAll({ have }: StoredItem, from: number, to: number): boolean {
  for (let index = from; index < to; index++) if (!have.has(index)) return false
  return true
}
