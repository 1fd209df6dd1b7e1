import { MAX_RANGE_BYTES } from './copy.ts'
import type { Copy, LogHead } from './copy.ts'
import { MAX_WHOLE_BYTES } from './range/prove.ts'

/** What went from one copy to the other. */
export interface Moved {
  records: number
  bytes: number
}

/** How two copies are exchanged. */
export interface ExchangeOptions {
  readonly signal?: AbortSignal | undefined
  /** After each range that was stored: blocks and bytes, and whether `b` or `a` has them now. */
  readonly onmoved?: (to: 'a' | 'b', records: number, bytes: number) => void
}

/** What an exchange did; `full`: a side had no space for some of it. */
export interface Exchanged {
  readonly toA: Moved
  readonly toB: Moved
  readonly full: { a: boolean; b: boolean }
}

interface Way {
  readonly from: Copy
  readonly to: Copy
  readonly side: 'a' | 'b'
  readonly moved: Moved
}

/**
 * Gives each of two copies what the other has, statements that wait too, until neither has anything for the other: the
 * control log says of which further logs there are. Rejects when the signal aborts; what was stored stays.
 */
export async function exchangeCopies(
  a: Copy,
  b: Copy,
  options: ExchangeOptions = {},
): Promise<Exchanged> {
  const toA = { from: b, to: a, side: 'a', moved: { records: 0, bytes: 0 } } as const
  const toB = { from: a, to: b, side: 'b', moved: { records: 0, bytes: 0 } } as const
  const full = { a: false, b: false }
  for (let more = true; more;) {
    more = false
    for (const way of [toA, toB]) {
      if (full[way.side]) continue
      const went = await passOn(way, options)
      full[way.side] = went === 'full'
      more ||= went === 'some'
    }
    await a.note(await b.notes())
    await b.note(await a.notes())
  }
  return { toA: toA.moved, toB: toB.moved, full }
}

/** One pass over all that a side has. */
async function passOn(way: Way, options: ExchangeOptions): Promise<'some' | 'none' | 'full'> {
  let some = false
  for (const head of await way.from.heads()) {
    const went = await passLog(way, head, options)
    if (went === 'full') return 'full'
    some ||= went === 'some'
  }
  return some ? 'some' : 'none'
}

async function passLog(
  { from, to, side, moved }: Way,
  head: LogHead,
  { signal, onmoved }: ExchangeOptions,
): Promise<'some' | 'none' | 'full'> {
  let some = false
  let last = -1
  for (;;) {
    signal?.throwIfAborted()
    const at = await to.wants(head)
    // Whatever was stored, the same is wanted again: it does not go on.
    if (at === null || at === last) return some ? 'some' : 'none'
    last = at
    const range =
      (await from.read(head.key, at, MAX_RANGE_BYTES)) ??
      // Signed at its end alone.
      (await from.read(head.key, at, MAX_WHOLE_BYTES))
    if (!range) return some ? 'some' : 'none'
    const said = await to.store(range)
    if (said === 'full') return 'full'
    if (said === 'refused') return some ? 'some' : 'none'
    if (said !== 'stored') continue
    some = true
    const bytes = range.blocks.reduce((sum, { byteLength }) => sum + byteLength, 0)
    moved.records += range.blocks.length
    moved.bytes += bytes
    onmoved?.(side, range.blocks.length, bytes)
  }
}
