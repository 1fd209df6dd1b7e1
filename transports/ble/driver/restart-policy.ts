/** How long to wait before the child process is started again. */
import { doubling } from '../../../core/doubling.ts'
import type { Trouble } from './ipc-codec.ts'

/** After a crash: it mostly goes well at once. */
const CRASHED = { first: 500, longest: 60_000 }
/** A child waits for its adapter itself, and is renewed now and then. */
const OFF_MS = 1_000
/** What only a person can change: seldom, as each look costs a process. */
const MISSING = { first: 60_000, longest: 600_000 }

/** Milliseconds; `failures` counts those in a row, from 1. */
export function restartWait(of: {
  trouble: Trouble | null
  cameBack: boolean
  failures: number
}): number {
  if (of.trouble === 'off' && !of.cameBack) return OFF_MS
  const passes = of.trouble === null || of.trouble === 'stuck' || of.cameBack
  const { first, longest } = passes ? CRASHED : MISSING
  return doubling(of.failures, first, longest)
}
