import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Transport, TransportEvents, TransportStatus } from '../../core/transport.ts'

/** A transport that takes in whoever dials its port on loopback, without a word. */
export class Door extends EventEmitter<TransportEvents> implements Transport {
  readonly id: string
  readonly scope = 'nearby'
  readonly #server
  #status: TransportStatus = { state: 'off' }

  /** Every link of it seems to come from `address`. */
  constructor(address: string) {
    super()
    this.id = `door-${address}`
    this.#server = createServer((stream) => {
      stream.on('error', () => {})
      this.emit('link', { stream, initiator: false, transport: this.id, cost: 20, address })
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get status(): TransportStatus {
    return this.#status
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#status = { state: 'on' }
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.#status = { state: 'off' }
  }

  join(): void {}

  leave(): void {}
}
