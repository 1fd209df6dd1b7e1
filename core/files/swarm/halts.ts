import { PorchlightError } from '../../errors.ts'
import type { ErrorCode } from '../../errors.ts'
import type { FileReason } from '../api.ts'

/** Chunks in a row that could not be stored for no known reason. */
const MAX_FAILURES = 8
/** What keeps an item from being stored. */
const HALTS: Partial<Record<ErrorCode, FileReason>> = {
  DISK_FULL: 'disk-full',
  CHANGED: 'lost-here',
  DAMAGED: 'damaged',
}

/** What keeps this device from storing more of an item, until it is tried again. */
export class Halts {
  #reason: FileReason | null = null
  #failures = 0

  get reason(): FileReason | null {
    return this.#reason
  }

  /** Something was stored. */
  good(): void {
    this.#failures = 0
  }

  /** Something could not be stored: `unknown` for a reason that has no name here. */
  failed(error: unknown): 'known' | 'unknown' {
    const known = error instanceof PorchlightError ? HALTS[error.code] : undefined
    // Whatever it is that this disk does not take, going on would fetch the same again and again.
    if (known || ++this.#failures >= MAX_FAILURES) this.#reason = known ?? 'disk-full'
    return known ? 'known' : 'unknown'
  }

  retry(): void {
    this.#reason = null
  }
}
