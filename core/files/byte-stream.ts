import { arrival } from './arrival.ts'
import type { Fetches } from './fetches.ts'
import type { StoredItem } from './store/stored-item.ts'

export interface StreamOptions {
  readonly item: StoredItem
  /** The file in a folder; null for an item that is one file. */
  readonly entry: string | null
  readonly start: number
  readonly end: number
  readonly fetches: Fetches
  readonly signal: AbortSignal | undefined
}

/** Bytes of a file in order, each stretch once it is here; what is read next is fetched before all else. */
export async function* streamBytes(options: StreamOptions): AsyncGenerator<Uint8Array> {
  const { item, entry, start, end, fetches, signal } = options
  try {
    for (let at = start; at < end;) {
      const stop = Math.min(end, at + item.descriptor.chunk)
      const { from, to } = item.chunksOf(entry, at, stop)
      const here = (): boolean => hasAll(item, from, to)
      if (!here()) {
        fetches.get(item.rootHex)?.focus(from, item.chunksOf(entry, at, end).to)
        await arrival(item, fetches, here, signal)
      }
      yield* item.readPlain(entry, at, stop, { signal })
      at = stop
    }
  } finally {
    fetches.get(item.rootHex)?.unfocus()
  }
}

function hasAll({ have }: StoredItem, from: number, to: number): boolean {
  for (let index = from; index < to; index++) if (!have.has(index)) return false
  return true
}
