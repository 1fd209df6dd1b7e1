import type { StreamEvents } from './schemas.ts'

/** One event as the stream sends it. */
export interface LoggedEvent {
  readonly id: number
  readonly event: keyof StreamEvents
  /** JSON. */
  readonly data: string
}

/** The newest events, bounded in count and bytes, so that a stream can resume where it broke off. */
export class EventLog {
  readonly #events: LoggedEvent[] = []
  readonly #maxEvents: number
  readonly #maxBytes: number
  #bytes = 0
  #lastId: number

  /**
   * Ids go on from `firstId`; a later run has to begin higher, so that an id of an earlier run is
   * seen to be gone rather than taken for one of this run.
   */
  constructor(firstId: number, maxEvents = 1024, maxBytes = 4 << 20) {
    this.#lastId = firstId
    this.#maxEvents = maxEvents
    this.#maxBytes = maxBytes
  }

  get lastId(): number {
    return this.#lastId
  }

  append<E extends keyof StreamEvents>(event: E, payload: StreamEvents[E]): void {
    const logged = { id: ++this.#lastId, event, data: JSON.stringify(payload) }
    this.#events.push(logged)
    this.#bytes += logged.data.length
    while (this.#events.length > this.#maxEvents || this.#bytes > this.#maxBytes) {
      this.#bytes -= this.#events.shift()!.data.length
    }
  }

  /** Drops what it holds: to every reader these events are lost. */
  forget(): void {
    this.#events.length = 0
    this.#bytes = 0
    this.#lastId++
  }

  /** The event that follows `id`; `undefined` when there is none yet, `lost` when it is gone. */
  after(id: number): LoggedEvent | 'lost' | undefined {
    if (id === this.#lastId) return undefined
    const oldest = this.#lastId - this.#events.length + 1
    if (!Number.isSafeInteger(id) || id > this.#lastId || id < oldest - 1) return 'lost'
    return this.#events[id + 1 - oldest]
  }
}
