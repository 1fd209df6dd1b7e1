import { MAX_RANGE_BYTES } from '../copy.ts'
import { MAX_WHOLE_BYTES } from '../range/prove.ts'

const KB = 1024
const MB = 1024 * KB
/** Large enough for any one block. */
const LEAST = 256 * KB
/** What a block takes at most in most logs. */
const BLOCK = 64 * KB
/** Asked for first: it is proved and stored as a whole. */
const FIRST = 2 * MB

/** Most bytes to ask for first, of so many blocks; over a narrow link as few as may do. */
export function firstWant(blocks: number, narrow = false): number {
  return narrow ? LEAST : Math.min(FIRST, Math.max(LEAST, blocks * BLOCK))
}

/** Most bytes to ask for after there was no range of so many; null when no range may be longer. */
export function nextWant(max: number): number | null {
  if (max < FIRST) return FIRST
  if (max < MAX_RANGE_BYTES) return MAX_RANGE_BYTES
  return max < MAX_WHOLE_BYTES ? MAX_WHOLE_BYTES : null
}
