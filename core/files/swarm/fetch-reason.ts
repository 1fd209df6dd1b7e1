import type { FileReason } from '../api.ts'

export interface FetchFacts {
  /** Why this device can not store more. */
  readonly halted: FileReason | null
  /** Somebody in reach has some of what is missing. */
  readonly offered: boolean
  /** Somebody was asked what it has, and did not say yet. */
  readonly asking: boolean
  /** Where it was sent from, the original was changed, or is gone. */
  readonly changed: boolean
  readonly gone: boolean
  /** Somebody sent what is not it. */
  readonly damaged: boolean
}

/** Why a fetch with nothing under way does not go on; null when it will. */
export function fetchReason(facts: FetchFacts): FileReason | null {
  if (facts.halted) return facts.halted
  if (facts.offered || facts.asking) return null
  if (facts.changed) return 'source-changed'
  if (facts.gone) return 'source-gone'
  return facts.damaged ? 'damaged' : 'no-source'
}
