/** Reads exact numbers of bytes from a socket, leaving whatever follows for its next owner. */
import type { Socket } from 'node:net'

/** Attach at once after the socket exists; `release` before handing the socket on. */
export class ExactReader {
  readonly #socket: Socket
  #wake: (() => void) | undefined
  readonly #onevent = (): void => this.#wake?.()

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('readable', this.#onevent)
    socket.on('end', this.#onevent)
    socket.on('close', this.#onevent)
  }

  /** The next `n` bytes; undefined when the socket ends before them. */
  async read(n: number): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#socket.destroyed) return undefined
      const data = this.#socket.read(n) as Buffer | null
      if (data !== null) return data.length === n ? data : undefined
      if (this.#socket.readableEnded) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Resolves when the socket is in the state of a fresh one, so that a `data` listener makes it flow. */
  async release(): Promise<void> {
    this.#socket.removeListener('readable', this.#onevent)
    this.#socket.removeListener('end', this.#onevent)
    this.#socket.removeListener('close', this.#onevent)
    // Node restores the flowing state in a tick of its own, queued by the removal above.
    await new Promise<void>((resolve) => process.nextTick(resolve))
  }
}
