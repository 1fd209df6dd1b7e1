import { DAY, spanWords } from './spans.ts'
import { bytes } from './words.ts'

/** Larger than any file: no limit. */
export const ANY_SIZE = Number.MAX_SAFE_INTEGER
const LIMITS = [0, 64e3, 1e6, 5e6, 25e6, 100e6, 1e9, ANY_SIZE]
const KEEP = [7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY]
const QUOTAS = [1e9, 5e9, 10e9, 50e9, 100e9, 500e9]

/** The choices of a size, with the one that holds among them. */
export function limitChoices(held: number): readonly number[] {
  return withHeld(LIMITS, held)
}

export function keepChoices(held: number | null): readonly number[] {
  return held === null ? KEEP : withHeld(KEEP, held)
}

export function quotaChoices(held: number | null): readonly number[] {
  return held === null ? QUOTAS : withHeld(QUOTAS, held)
}

export function limitWords(limit: number): string {
  if (limit === 0) return 'Nothing'
  return limit >= 1e15 ? 'Any size' : `Up to ${roundBytes(limit)}`
}

/** “25 MB”. */
export function roundBytes(n: number): string {
  return bytes(n).replace('.0 ', ' ')
}

export function keepWords(ms: number | null): string {
  return ms === null ? 'As long as there is room' : `For ${spanWords(ms)}`
}

function withHeld(choices: readonly number[], held: number): readonly number[] {
  if (choices.includes(held)) return choices
  return [...choices, held].sort((a, b) => a - b)
}
