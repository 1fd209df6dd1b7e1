import type { StreamEvents } from '../api/views.ts'
import { ApiFailure } from './api-failure.ts'
import { retryDelay } from './retry-delay.ts'
import { SseParser, type StreamEvent } from './sse-parser.ts'

/** The node sends a heartbeat every 15 s: three missed ones mean that the stream is dead. */
const SILENCE_MS = 50_000

export type EventName = keyof StreamEvents
export type NodeEvent = { [K in EventName]: { name: K; data: StreamEvents[K] } }[EventName]

export interface EventStreamOptions {
  readonly open: (lastEventId: string | null, signal: AbortSignal) => Promise<Response>
  readonly onEvent: (event: NodeEvent) => void
  /** The stream runs; `missed` when events may have been lost since the last time it did. */
  readonly onLive: (missed: boolean) => void
  readonly onLost: () => void
}

/** Follows the node's events over fetch (which can send the token), through every interruption. */
export class EventStream {
  readonly #options: EventStreamOptions
  readonly #closed = new AbortController()
  #lastEventId: string | null = null
  #failures = 0
  #wake: (() => void) | null = null

  constructor(options: EventStreamOptions) {
    this.#options = options
    void this.#run()
  }

  /** Tries at once instead of after the rest of the wait. */
  retryNow(): void {
    this.#wake?.()
  }

  close(): void {
    this.#closed.abort()
    this.#wake?.()
  }

  async #run(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      try {
        await this.#follow()
      } catch (error) {
        if (error instanceof ApiFailure && error.status === 401) return
      }
      if (this.#closed.signal.aborted) return
      this.#failures += 1
      this.#options.onLost()
      await this.#pause(retryDelay(this.#failures))
    }
  }

  async #follow(): Promise<void> {
    const attempt = new AbortController()
    const abort = (): void => attempt.abort()
    this.#closed.signal.addEventListener('abort', abort)
    let watchdog = setTimeout(abort, SILENCE_MS)
    try {
      const response = await this.#options.open(this.#lastEventId, attempt.signal)
      const reader = response.body?.getReader()
      if (!reader) return
      // One clean cut is bridged by Last-Event-ID; a node that was gone may have started anew.
      this.#options.onLive(this.#failures > 1)
      const parser = new SseParser()
      const decoder = new TextDecoder()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        this.#failures = 0
        clearTimeout(watchdog)
        watchdog = setTimeout(abort, SILENCE_MS)
        for (const event of parser.push(decoder.decode(value, { stream: true }))) this.#take(event)
      }
    } finally {
      clearTimeout(watchdog)
      this.#closed.signal.removeEventListener('abort', abort)
      attempt.abort()
    }
  }

  #take(event: StreamEvent): void {
    if (event.id !== null) this.#lastEventId = event.id
    this.#options.onEvent({ name: event.event, data: JSON.parse(event.data) } as NodeEvent)
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#wake = null
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#wake = done
    })
  }
}
