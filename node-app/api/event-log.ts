import type { StreamEvents } from './schemas.ts'

/** One event as the stream sends it. */
export interface LoggedEvent {
  readonly id: number
  readonly event: keyof StreamEvents
  /** JSON; empty when a later event says all that it said. */
  data: string
  /** What it tells of, where the next of it replaces it. */
  readonly key?: string
}

/** The newest events, bounded in count and bytes, so that a stream can resume where it broke off. */
export class EventLog {
  readonly #events: LoggedEvent[] = []
  readonly #maxEvents: number
  readonly #maxBytes: number
  /** By key: the latest event that the next of this key replaces. */
  readonly #latest = new Map<string, LoggedEvent>()
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

  /** With a key, it says all that an earlier event of this key said, which is dropped: a late reader gets the last alone. */
  append<E extends keyof StreamEvents>(event: E, payload: StreamEvents[E], key?: string): void {
    const data = JSON.stringify(payload)
    const logged = { id: ++this.#lastId, event, data, ...(key === undefined ? {} : { key }) }
    if (key !== undefined) this.#replace(key, logged)
    this.#events.push(logged)
    this.#bytes += logged.data.length
    while (this.#events.length > this.#maxEvents || this.#bytes > this.#maxBytes) {
      const gone = this.#events.shift()!
      this.#bytes -= gone.data.length
      const { key: of = '' } = gone
      if (this.#latest.get(of) === gone) this.#latest.delete(of)
    }
  }

  /** Drops what it holds: to every reader these events are lost. */
  forget(): void {
    this.#events.length = 0
    this.#latest.clear()
    this.#bytes = 0
    this.#lastId++
  }

  /** The event that follows `id`; `undefined` when there is none yet, `lost` when it is gone. */
  after(id: number): LoggedEvent | 'lost' | undefined {
    if (id === this.#lastId) return undefined
    const oldest = this.#lastId - this.#events.length + 1
    if (!Number.isSafeInteger(id) || id > this.#lastId || id < oldest - 1) return 'lost'
    let at = id + 1 - oldest
    while (this.#events[at]?.data === '') at++
    return this.#events[at]
  }

  #replace(key: string, by: LoggedEvent): void {
    const before = this.#latest.get(key)
    if (before !== undefined) {
      this.#bytes -= before.data.length
      before.data = ''
    }
    this.#latest.set(key, by)
  }
}
