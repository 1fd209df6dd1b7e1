/** The manifest's place among the chunks of an item. */
export const MANIFEST_KEY = -1

/** An answer that is coming in: a chunk or a manifest, from one source or, after a break, from several. */
export class Assembly {
  /** Index of the chunk, or MANIFEST_KEY. */
  readonly key: number
  readonly length: number
  /** Who sent of it. */
  readonly from = new Set<object>()
  readonly #make: (bytes: number) => Buffer
  #buffer: Buffer | null = null
  #at = 0

  constructor(key: number, length: number, make: (bytes: number) => Buffer) {
    this.key = key
    this.length = length
    this.#make = make
  }

  /** Bytes that are here. */
  get at(): number {
    return this.#at
  }

  get missing(): number {
    return this.length - this.#at
  }

  /** Copies the next bytes in; false when they are more than belong to it. */
  add(data: Buffer, source: object): boolean {
    if (data.byteLength > this.missing) return false
    this.#buffer ??= this.#make(this.length)
    data.copy(this.#buffer, this.#at)
    this.#at += data.byteLength
    this.from.add(source)
    return true
  }

  /** The whole, once nothing is missing. */
  take(): Buffer {
    return this.#buffer!
  }
}
