import { EventEmitter } from 'node:events'
import type { Link, Transport, TransportEvents, TransportStatus } from '../transport.ts'
import { CIRCUIT } from './seeker.ts'

/** Circuits as a transport: they need no topic, for what they look for is known. */
export class CircuitTransport extends EventEmitter<TransportEvents> implements Transport {
  readonly id = CIRCUIT
  readonly scope = 'nearby'
  readonly #onswitch: (on: boolean) => void
  #status: TransportStatus = { state: 'off' }

  constructor(onswitch: (on: boolean) => void) {
    super()
    this.#onswitch = onswitch
  }

  get status(): TransportStatus {
    return this.#status
  }

  // Nothing here waits: async for the contract alone.
  async start(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.#switch(true)
  }

  async stop(): Promise<void> {
    this.#switch(false)
  }

  join(): void {}

  leave(): void {}

  /** A circuit was made. */
  deliver(link: Link): void {
    this.emit('link', link)
  }

  #switch(on: boolean): void {
    if (on === (this.#status.state === 'on')) return
    this.#status = { state: on ? 'on' : 'off' }
    this.#onswitch(on)
    this.emit('status', this.#status)
  }
}
