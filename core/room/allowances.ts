import { bytes, decodeExact, encode, list, struct, text } from '../codec/codec.ts'
import { Allowance, LIMITS } from './allowance.ts'
import type { AllowanceLimits } from './allowance.ts'
import type { RecordConsumer } from './record-consumer.ts'

/** The allowances of a room's logs, by log (hex), kept beside the timeline that asks for them. */
export class Allowances implements RecordConsumer {
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

  /** Records are judged before they are placed. */
  take(): void {}

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
