/** Buffers that are used again, kept up to so many bytes: to allocate and free by the megabyte scatters memory. */
export class BufferPool {
  readonly #most: number
  readonly #free = new Map<number, ArrayBuffer[]>()
  #bytes = 0

  constructor(most: number) {
    this.#most = most
  }

  /** A buffer of so many bytes from the start of an ArrayBuffer of its own; what stands in it is undefined. */
  take(bytes: number): Buffer {
    const size = sizeOf(bytes)
    const kept = this.#free.get(size)?.pop()
    if (kept) this.#bytes -= size
    return Buffer.from(kept ?? Buffer.allocUnsafeSlow(size).buffer, 0, bytes)
  }

  /** Keeps a buffer that nobody looks at any more, if it is one of those given out and there is room. */
  give(buffer: Buffer): void {
    const memory = buffer.buffer
    const size = memory.byteLength
    if (!(memory instanceof ArrayBuffer) || size < STEP || size !== sizeOf(size - STEP)) return
    if (this.#bytes + size > this.#most) return
    this.#bytes += size
    const kept = this.#free.get(size)
    if (kept) kept.push(memory)
    else this.#free.set(size, [memory])
  }

  /** Lets go of all that is kept. */
  clear(): void {
    this.#free.clear()
    this.#bytes = 0
  }
}

const STEP = 4096
const ROOM = 256

/**
 * Chunks are powers of two with a few bytes more; all such of one size share buffers, and small ones are not worth
 * much.
 */
function sizeOf(bytes: number): number {
  let size = 64 * 1024
  while (size + ROOM < bytes) size *= 2
  return size + STEP
}
