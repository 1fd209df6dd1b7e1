import { Bitfield } from '../bitfield.ts'
import { SEAL } from '../descriptor.ts'

/**
 * The tags (Poly1305) of chunks whose hashes were right, for as long as this process runs. A chunk that is sealed again
 * under the same key and nonce and gets the same tag has the same bytes, unless somebody who knows the key made the
 * file so: they learn nothing by it, and whoever they send it to finds the hash wrong. So a source need not hash what it
 * gives out each time.
 */
export class SealTags {
  readonly #known: Bitfield
  #tags: Buffer | null = null

  constructor(chunks: number) {
    this.#known = new Bitfield(chunks)
  }

  /** The tag of a chunk; null while it is not known. */
  of(index: number): Buffer | null {
    if (!this.#tags || !this.#known.has(index)) return null
    return this.#tags.subarray(index * SEAL, (index + 1) * SEAL)
  }

  /** `right`: a sealed chunk of which the hash was right, or what ends with its tag. */
  note(index: number, right: Buffer): void {
    this.#tags ??= Buffer.alloc(this.#known.length * SEAL)
    right.copy(this.#tags, index * SEAL, right.byteLength - SEAL)
    this.#known.set(index)
  }
}
