import { MAX_RANGE_BYTES } from '../copy.ts'
import { MAX_WHOLE_BYTES } from '../range/prove.ts'

const MB = 1024 * 1024
/** Bytes of ranges that are read or being sent, over all links; a part is left for those of members. */
const ALL = 48 * MB
const STRANGERS = MAX_WHOLE_BYTES + MAX_RANGE_BYTES
/** And over those of one address; one range alone may be longer. */
const ADDRESS = MAX_RANGE_BYTES
const ADDRESS_OF_MEMBERS = 2 * MAX_RANGE_BYTES
/** A range has so many ms, and one more for so many bytes that leave. */
const GRACE = 10_000
const RATE = 64

/** A range that is being sent. */
export interface Reading {
  /** When it began (monotonic ms). */
  readonly since: number
  /** Bytes of it that left. */
  readonly moved: number
}

/** Whether a range may be read: `no` while its address has its share, `full` while all that wait have to. */
export function mayRead(
  { bytes, paired }: { readonly bytes: number; readonly paired: boolean },
  used: { readonly all: number; readonly address: number },
): 'yes' | 'no' | 'full' {
  const share = paired ? ADDRESS_OF_MEMBERS : ADDRESS
  if (used.address > 0 && used.address + bytes > share) return 'no'
  if (used.all + bytes <= (paired ? ALL : STRANGERS)) return 'yes'
  // The few long ones must not keep the many short ones waiting.
  return bytes > MAX_RANGE_BYTES ? 'no' : 'full'
}

/** True for one that leaves too slowly to keep others waiting. */
export function isOverdue(reading: Reading, now: number): boolean {
  return overdueIn(reading, now) <= 0
}

/** In how many ms it is, when nothing more of it leaves. */
export function overdueIn({ since, moved }: Reading, now: number): number {
  return since + GRACE + moved / RATE - now
}
