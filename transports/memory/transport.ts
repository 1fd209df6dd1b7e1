import { EventEmitter } from 'node:events'
import { PorchlightError } from '../../core/errors.ts'
import type { Link, Transport, TransportEvents, TransportStatus } from '../../core/transport.ts'

/** What a memory transport tells the network it is plugged into. */
export interface Medium {
  /** The transport's state or topics changed: links may be wanted that were not before. */
  changed(transport: MemoryTransport): void
  /** The transport went off: its links close. */
  silenced(transport: MemoryTransport): void
}

export interface MemoryTransportOptions {
  /** Transports link with those of the same id only, as radios of one kind do. Default `memory`. */
  readonly id?: string
  /** Default 10. */
  readonly cost?: number
  /** What the other end sees as the link's address. Default `memory:` and the host's id. */
  readonly address?: string
  /** See Link; default no. */
  readonly metered?: boolean
  /** See Link; default no. Both ends of a link are, as radios of one kind. */
  readonly narrow?: boolean
  /** See Link; default no. */
  readonly anonymous?: boolean
  /** Default `nearby`. */
  readonly scope?: Transport['scope']
}

/** A host's connection to a MemoryNetwork. */
export class MemoryTransport extends EventEmitter<TransportEvents> implements Transport {
  readonly host: string
  readonly id: string
  readonly scope: Transport['scope']
  readonly cost: number
  readonly address: string
  readonly metered: boolean
  readonly narrow: boolean
  readonly anonymous: boolean
  readonly #medium: Medium
  /** Topic → whether this host is found there. */
  readonly #topics = new Map<string, boolean>()
  #started = false
  #missing: string | null = null
  #status: TransportStatus = { state: 'off' }

  constructor(medium: Medium, host: string, options: MemoryTransportOptions) {
    super()
    this.#medium = medium
    this.host = host
    this.id = options.id ?? 'memory'
    this.scope = options.scope ?? 'nearby'
    this.cost = options.cost ?? 10
    this.address = options.address ?? `memory:${host}`
    this.metered = options.metered ?? false
    this.narrow = options.narrow ?? false
    this.anonymous = options.anonymous ?? false
  }

  get status(): TransportStatus {
    return this.#status
  }

  // Nothing here waits, and a listener may be told of each change: async for the contract alone.
  async start(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.#started = true
    this.#update()
  }

  async stop(): Promise<void> {
    this.#started = false
    this.#update()
  }

  join(topic: Uint8Array, { announce = true }: { announce?: boolean } = {}): void {
    if (topic.byteLength !== 32) {
      throw new PorchlightError('BAD_TOPIC', 'A topic is 32 bytes long; nothing was joined.')
    }
    this.#topics.set(Buffer.from(topic).toString('hex'), announce)
    this.#medium.changed(this)
  }

  leave(topic: Uint8Array): void {
    this.#topics.delete(Buffer.from(topic).toString('hex'))
  }

  /** Takes the simulated hardware away: `unavailable` with this reason until `plug`. */
  unplug(reason: string): void {
    this.#missing = reason
    this.#update()
  }

  /** Gives the simulated hardware back; a started transport goes on. */
  plug(): void {
    this.#missing = null
    this.#update()
  }

  /** Whether both have joined a topic in common, on which one of them is found. */
  shares(other: MemoryTransport): boolean {
    for (const [topic, found] of this.#topics) {
      const theirs = other.#topics.get(topic)
      if (theirs !== undefined && (found || theirs)) return true
    }
    return false
  }

  /** Called by the network with this host's end of a new link. */
  deliver(link: Link): void {
    this.emit('link', link)
  }

  #update(): void {
    const next: TransportStatus = !this.#started
      ? { state: 'off' }
      : this.#missing === null
        ? { state: 'on' }
        : { state: 'unavailable', reason: this.#missing }
    const before = this.#status
    if (next.state === before.state && next.reason === before.reason) return
    this.#status = next
    if (next.state === 'on') this.#medium.changed(this)
    else this.#medium.silenced(this)
    this.emit('status', next)
  }
}
