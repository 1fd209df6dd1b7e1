/** Bytes that wait to be put into packets; where one write ended does not matter. */
export class OutgoingBytes {
  #pieces: Uint8Array[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  add(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return
    this.#pieces.push(bytes)
    this.#length += bytes.byteLength
  }

  /** Takes out up to `most` bytes, as a copy. */
  take(most: number): Buffer {
    const taken = Buffer.allocUnsafe(Math.min(most, this.#length))
    let at = 0
    while (at < taken.byteLength) {
      const first = this.#pieces[0]!
      const part = first.subarray(0, taken.byteLength - at)
      taken.set(part, at)
      at += part.byteLength
      if (part.byteLength === first.byteLength) this.#pieces.shift()
      else this.#pieces[0] = first.subarray(part.byteLength)
    }
    this.#length -= at
    return taken
  }

  clear(): void {
    this.#pieces = []
    this.#length = 0
  }
}
