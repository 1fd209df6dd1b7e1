/**
 * Watches the length prefixes of secret-stream frames (3 bytes, little-endian) as raw bytes pass, so that a
 * peer that announces a huge frame is dropped before a buffer of that size is made for it.
 */
export class FrameMeter {
  /** Longest frame allowed from now on, in bytes. */
  limit: number
  /** Bytes that may still come in all. */
  allowance: number
  #skip = 0
  #header = 0
  #have = 0

  constructor(limit: number, allowance = Infinity) {
    this.limit = limit
    this.allowance = allowance
  }

  /** Feeds raw bytes; false when a frame over the limit was announced, or more came than is allowed. */
  push(chunk: Uint8Array): boolean {
    this.allowance -= chunk.byteLength
    if (this.allowance < 0) return false
    let at = 0
    while (at < chunk.byteLength) {
      if (this.#skip > 0) {
        const n = Math.min(this.#skip, chunk.byteLength - at)
        this.#skip -= n
        at += n
        continue
      }
      this.#header |= chunk[at++]! << (8 * this.#have)
      if (++this.#have < 3) continue
      if (this.#header > this.limit) return false
      this.#skip = this.#header
      this.#header = 0
      this.#have = 0
    }
    return true
  }
}
