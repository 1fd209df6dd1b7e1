import { REFUSED } from '../policy/refusals.ts'
import type { Refused } from '../policy/refusals.ts'

/**
 * What becomes of an item that somebody would have kept, in the order of the numbers on the wire: it is waited for, all
 * of it is kept, or why not.
 */
export const KEEPING = ['waiting', 'kept', ...REFUSED] as const
/** One of these. */
export type Keeping = 'waiting' | 'kept' | Refused
