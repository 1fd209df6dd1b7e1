import type { PorchlightError } from '../../errors.ts'
import { asDiskError } from '../../durability/disk-error.ts'
import type { FileReason } from '../api.ts'
import type { Outcome } from '../work/chunk-work.ts'
import { damaged, lostHere, notStored } from './item-errors.ts'
import { isGone } from './stored-item.ts'

/** Why a place can not be written, whoever writes to it and whenever. */
const REFUSALS = new Set(['EACCES', 'EPERM', 'EROFS'])

/** What becomes of an item of which something could not be written. */
export interface Trouble {
  /** Null for what may pass by itself. */
  readonly problem: FileReason | null
  readonly error: PorchlightError
}

/** Of an outcome of writing a chunk. */
export function writeTrouble(outcome: Outcome): Trouble {
  // Its hash is right, so who sent it is not to blame, but whoever named the key.
  if (outcome === 'sealed') return { problem: 'damaged', error: damaged() }
  if (isGone(outcome) || outcome === 'short') return { problem: 'lost-here', error: lostHere() }
  const cause = Object.assign(new Error(outcome), { code: outcome })
  const error = asDiskError(cause)
  if (error.code === 'DISK_FULL') return { problem: 'disk-full', error }
  return { problem: REFUSALS.has(outcome) ? 'not-stored' : null, error: notStored(cause) }
}

/** Of what else is written; `known` is the item's problem by now. */
export function storeTrouble(error: unknown, known: FileReason | null): Trouble {
  const told = asDiskError(error)
  if (told.code === 'DISK_FULL') return { problem: 'disk-full', error: told }
  const isTold = known === 'damaged' || known === 'lost-here' || told.code === 'CLOSED'
  return isTold
    ? { problem: null, error: told }
    : { problem: 'not-stored', error: notStored(error) }
}
