/** A set of chunk indices below a fixed length. */
export class Bitfield {
  readonly length: number
  #bytes: Buffer
  #count = 0

  constructor(length: number) {
    this.length = length
    this.#bytes = Buffer.alloc(Math.ceil(length / 8))
  }

  /** From its bytes, the lowest bit first; null when they are not as many as the length takes, or bits beyond it are set. */
  static from(length: number, bytes: Buffer): Bitfield | null {
    const field = new Bitfield(length)
    if (bytes.byteLength !== field.#bytes.byteLength) return null
    const rest = length % 8
    if (rest !== 0 && bytes[bytes.byteLength - 1]! >> rest !== 0) return null
    field.#bytes = Buffer.from(bytes)
    for (const byte of bytes) field.#count += bits(byte)
    return field
  }

  /** One with every index set. */
  static full(length: number): Bitfield {
    const field = new Bitfield(length)
    for (let index = 0; index < length; index++) field.set(index)
    return field
  }

  /** How many are set. */
  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count === this.length
  }

  has(index: number): boolean {
    return index < this.length && (this.#bytes[index >> 3]! & (1 << (index & 7))) !== 0
  }

  /** False when it was set before, or is beyond the length. */
  set(index: number): boolean {
    if (index >= this.length || this.has(index)) return false
    this.#bytes[index >> 3]! |= 1 << (index & 7)
    this.#count++
    return true
  }

  clear(index: number): boolean {
    if (!this.has(index)) return false
    this.#bytes[index >> 3]! &= ~(1 << (index & 7))
    this.#count--
    return true
  }

  /** A copy of its bytes, the lowest bit first. */
  bytes(): Buffer {
    return Buffer.from(this.#bytes)
  }
}

function bits(byte: number): number {
  let count = 0
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++
  return count
}
