/** The parent's end of one link that the child holds. */
import { EventEmitter } from 'node:events'
import type { Clock, Timer } from '../../../core/clock.ts'
import type { RadioChannel, RadioChannelEvents } from '../radio.ts'

/** Bytes on their way through the child and the controller after which `send` asks to wait: few, as all waits behind them. */
const MOST_UNDERWAY = 8 * 1024
const DRAINED = MOST_UNDERWAY / 2
const MOST_HELD = 128
/** How long the adapter may take to end a link. */
const CLOSE_MS = 3_000

export interface ChildChannelOptions {
  readonly role: 'central' | 'peripheral'
  readonly address: string
  readonly maxPacket: number
  readonly clock: Clock
  readonly send: (packet: Uint8Array) => void
  readonly close: () => void
}

export class ChildChannel extends EventEmitter<RadioChannelEvents> implements RadioChannel {
  readonly role: 'central' | 'peripheral'
  readonly address: string
  readonly #options: ChildChannelOptions
  #maxPacket: number
  #underway = 0
  #full = false
  #closing: Timer | null = null
  #closed = false
  /** What happened before anybody listened: a channel is handed over a moment after it opened. */
  #held: (() => void)[] | null = []

  constructor(options: ChildChannelOptions) {
    super()
    onFirstListener(this, () => this.#release())
    this.#options = options
    this.role = options.role
    this.address = options.address
    this.#maxPacket = options.maxPacket
  }

  get maxPacket(): number {
    return this.#maxPacket
  }

  send(packet: Uint8Array): boolean {
    if (this.#closed || this.#closing) return false
    if (packet.length === 0 || packet.length > this.#maxPacket) {
      throw new RangeError(`A packet of ${packet.length} bytes does not fit ${this.#maxPacket}.`)
    }
    this.#options.send(packet)
    this.#underway += packet.length
    this.#full = this.#underway >= MOST_UNDERWAY
    return !this.#full
  }

  close(): void {
    if (this.#closed || this.#closing) return
    this.#closing = this.#options.clock.after(CLOSE_MS, () => this.ended())
    this.#options.close()
  }

  /** What the child says of it. */

  arrived(packet: Buffer): void {
    if (this.#closed || this.#closing || (this.#held?.length ?? 0) >= MOST_HELD) return
    this.#happens(() => this.emit('packet', packet))
  }

  sent(bytes: number): void {
    this.#underway = Math.max(0, this.#underway - bytes)
    if (!this.#full || this.#underway > DRAINED || this.#closed) return
    this.#full = false
    this.#happens(() => this.emit('drain'))
  }

  grown(maxPacket: number): void {
    if (maxPacket <= this.#maxPacket || this.#closed) return
    this.#maxPacket = maxPacket
    this.#happens(() => this.emit('mtu'))
  }

  ended(): void {
    if (this.#closed) return
    this.#closed = true
    this.#closing?.cancel()
    this.#happens(() => this.emit('close'))
  }

  #happens(event: () => void): void {
    if (this.#held) this.#held.push(event)
    else event()
  }

  #release(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const event of held) event()
  }
}

function onFirstListener(emitter: unknown, then: () => void): void {
  const plain = emitter as EventEmitter
  plain.once('newListener', () => queueMicrotask(then))
}
