/** What a client that carries something says in a minute at least: an open link says a word each second. */
export const LEAST_MOVED = 512

/** How much of one relayed stream came so far. */
export interface MovedBytes {
  readonly bytesReceived: number
}

/** Whether a session with a relay is of use: one that was paired, and over which nothing goes, only takes a place. */
export class RelayUse {
  /** Streams and what had come by each at the last look. */
  readonly #streams = new Map<MovedBytes, number>()

  /** A pair of the session came together. */
  paired(stream: MovedBytes): void {
    this.#streams.set(stream, stream.bytesReceived)
  }

  /** One of its pairs is over. */
  ended(stream: MovedBytes): void {
    this.#streams.delete(stream)
  }

  /** True when less came since the last look than whoever is there says. */
  idle(): boolean {
    let moved = 0
    for (const [stream, before] of this.#streams) {
      moved += stream.bytesReceived - before
      this.#streams.set(stream, stream.bytesReceived)
    }
    return moved < LEAST_MOVED
  }
}
