import { bytes, decodeExact, encode, list, struct, text } from '../codec/codec.ts'
import { Allowance, LIMITS } from './allowance.ts'
import type { AllowanceLimits } from './allowance.ts'

/**
 * The allowances of a room's logs, by log (hex). A verdict stands also when records are placed anew, so they are kept
 * in the timeline's snapshot, and forgotten with it alone.
 */
export class Allowances {
  /** Of its part of the snapshot. */
  readonly name = 'allowances'
  readonly #limits: AllowanceLimits
  readonly #logs = new Map<string, Allowance>()

  constructor(limits: AllowanceLimits = LIMITS) {
    this.#limits = limits
  }

  /** The same one each time. */
  of(log: string): Allowance {
    let allowance = this.#logs.get(log)
    if (!allowance) {
      allowance = new Allowance(this.#limits)
      this.#logs.set(log, allowance)
    }
    return allowance
  }

  save(): Buffer {
    return encode(
      saved,
      [...this.#logs].map(([log, allowance]) => ({ log, allowance: allowance.save() })),
    )
  }

  load(data: Buffer): void {
    for (const { log, allowance } of decodeExact(saved, data)) this.of(log).load(allowance)
  }

  reset(): void {
    for (const allowance of this.#logs.values()) allowance.reset()
  }
}

const saved = list(
  struct<{ log: string; allowance: Buffer }>({ log: text(64), allowance: bytes(16_384) }),
  Number.MAX_SAFE_INTEGER,
)
