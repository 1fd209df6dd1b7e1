import type { ServerResponse } from 'node:http'
import type { Clock, Timer } from '../../core/clock.ts'
import type { EventLog } from './event-log.ts'

/** A reader that takes nothing for this long is dropped; it resumes with its Last-Event-ID. */
const STALL_LIMIT = 30_000

/**
 * One open event stream: a cursor into the shared log. Only what the socket takes at once is handed
 * over, so a slow reader holds no memory of its own; one that falls off the log is told to reset.
 */
export class EventStream {
  readonly #response: ServerResponse
  readonly #log: EventLog
  readonly #clock: Clock
  #cursor: number
  #stalled: Timer | undefined
  #closed = false

  constructor(response: ServerResponse, log: EventLog, from: number, clock: Clock) {
    this.#response = response
    this.#log = log
    this.#clock = clock
    this.#cursor = from
    response.on('error', () => this.close())
    response.on('drain', () => {
      this.#stalled?.cancel()
      this.#stalled = undefined
      this.pump()
    })
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    // The id alone is no event: it lets a reader that sees nothing else resume from here.
    if (log.after(from) === undefined) this.#write(`id: ${from}\n\n`)
    this.pump()
  }

  /** Writes what is new, as far as the socket takes it. */
  pump(): void {
    while (!this.#closed && this.#stalled === undefined) {
      const next = this.#log.after(this.#cursor)
      if (next === undefined) return
      if (next === 'lost') {
        this.#cursor = this.#log.lastId
        this.#write(`id: ${this.#cursor}\nevent: reset\ndata: {}\n\n`)
      } else {
        this.#cursor = next.id
        this.#write(`id: ${next.id}\nevent: ${next.event}\ndata: ${next.data}\n\n`)
      }
    }
  }

  /** A comment line, so that both sides notice a dead connection. */
  beat(): void {
    if (this.#stalled === undefined) this.#write(':\n\n')
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#stalled?.cancel()
    this.#response.destroy()
  }

  #write(text: string): void {
    if (this.#closed || this.#response.write(text)) return
    this.#stalled = this.#clock.after(STALL_LIMIT, () => this.close())
  }
}
