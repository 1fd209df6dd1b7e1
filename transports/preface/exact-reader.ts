/** Reads exact numbers of bytes from a stream, leaving whatever follows for its next owner. */
import type { LinkStream } from '../../core/transport.ts'

/** A stream that can be read piece by piece: Node's own, or a streamx duplex. */
export interface ReadableLink extends LinkStream {
  /** Node's give `n` bytes, or null where there are fewer; streamx gives the next piece, whatever its size. */
  read(n?: number): unknown
  /** Puts bytes back in front of what was not read yet. */
  unshift(data: Uint8Array): unknown
}

/** Attach at once after the stream exists; `release` before handing the stream on. */
export class ExactReader {
  readonly #stream: ReadableLink
  #held: Buffer = Buffer.alloc(0)
  #ended = false
  #wake: (() => void) | undefined
  readonly #onevent = (): void => this.#wake?.()
  readonly #onend = (): void => {
    this.#ended = true
    this.#wake?.()
  }

  constructor(stream: ReadableLink) {
    this.#stream = stream
    stream.on('readable', this.#onevent)
    stream.on('end', this.#onend)
    stream.on('close', this.#onend)
  }

  /** The next `n` bytes; undefined when the stream ends before them. */
  async read(n: number): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#stream.destroyed) return undefined
      while (this.#held.length < n) {
        const data = this.#stream.read(n - this.#held.length) as Uint8Array | null
        if (data === null) break
        this.#held = Buffer.concat([this.#held, data])
      }
      if (this.#held.length >= n) {
        const data = this.#held.subarray(0, n)
        this.#held = this.#held.subarray(n)
        return data
      }
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Resolves when the stream is in the state of a fresh one, so that a `data` listener makes it flow. */
  async release(): Promise<void> {
    this.#stream.removeListener('readable', this.#onevent)
    this.#stream.removeListener('end', this.#onend)
    this.#stream.removeListener('close', this.#onend)
    if (this.#held.length > 0 && !this.#stream.destroyed) this.#stream.unshift(this.#held)
    this.#held = Buffer.alloc(0)
    // Node restores the flowing state in a tick of its own, queued by the removal above.
    await new Promise<void>((resolve) => process.nextTick(resolve))
  }
}
