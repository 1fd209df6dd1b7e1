import Protomux from 'protomux'
import type { CodecState } from '../codec/codec.ts'
import { PorchlightError } from '../errors.ts'

/** A batch, and one that came in pieces within it. */
const DEEPEST = 2

/** Protomux, but a batch holds no batches: some kB of them, each in the one before, would use up the stack. */
export class FlatMux extends Protomux {
  #depth = 0

  override _onbatch(state: CodecState): void {
    if (this.#depth === DEEPEST) {
      throw new PorchlightError('MALFORMED', 'Malformed data: batches in a batch.')
    }
    this.#depth++
    try {
      super._onbatch(state)
    } finally {
      this.#depth--
    }
  }
}
