import { setMaxListeners } from 'node:events'
import NoiseSecretStream from '@hyperswarm/secret-stream'
import type { KeyPair } from 'hypercore'
import { hostBucket } from '../address-bucket.ts'
import type { Clock } from '../clock.ts'
import { hash } from '../crypto/hash.ts'
import { PorchlightError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Random } from '../random.ts'
import { canDial, canRecognise, canRelay, canSeek } from '../transport.ts'
import type { Link, Transport } from '../transport.ts'
import { Connection } from './connection.ts'
import { HandshakeLimiter } from './handshake-limiter.ts'

/** Where everyone around meets: a transport of near reach links whoever runs Porchlight. */
export const NEARBY_TOPIC = hash([Buffer.from('porchlight/nearby/1')])

export interface TransportManagerOptions {
  /** Identifies this device to a link's other end until the engine closes, where the link is not anonymous; fresh at each start. */
  readonly keyPair: KeyPair
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly onconnection: (connection: Connection) => void
  readonly onstatus: () => void
}

/** Owns the transports: starts and stops them, and makes connections of their links. */
export class TransportManager {
  readonly #options: TransportManagerOptions
  readonly #transports = new Map<string, Transport>()
  /** Take back what this listens to: a transport may outlive the engine. */
  readonly #detach: (() => void)[] = []
  readonly #limiter = new HandshakeLimiter()
  /** By topic (hex): whether others find this device there. */
  readonly #topics = new Map<string, { topic: Buffer; announce: boolean }>()
  readonly #abort = new AbortController()
  #relays: readonly Buffer[] = []
  #relaying = false
  #recognition: { readonly own: Buffer; readonly known: readonly Buffer[] } | null = null

  constructor(options: TransportManagerOptions) {
    this.#options = options
    // Every handshake under way listens.
    setMaxListeners(0, this.#abort.signal)
  }

  [Symbol.iterator](): Iterator<Transport> {
    return this.#transports.values()
  }

  add(transport: Transport): void {
    this.#transports.set(transport.id, transport)
    const onlink = (link: Link): void => void this.#upgrade(link)
    const onstatus = (): void => this.#options.onstatus()
    transport.on('link', onlink)
    transport.on('status', onstatus)
    this.#detach.push(() => transport.off('link', onlink).off('status', onstatus))
    if (canRelay(transport)) {
      transport.useRelays(this.#relays)
      transport.offerRelay(this.#relaying)
    }
    if (canRecognise(transport) && this.#recognition) {
      transport.recognise(this.#recognition.own, this.#recognition.known)
    }
    if (transport.scope === 'nearby') transport.join(NEARBY_TOPIC)
    else {
      for (const { topic, announce } of this.#topics.values()) transport.join(topic, { announce })
    }
  }

  /** Joins a topic on the transports that reach the world; without `announce` only to look who is there. */
  join(topic: Buffer, announce = true): void {
    this.#topics.set(topic.toString('hex'), { topic, announce })
    for (const transport of this.#global()) transport.join(topic, { announce })
  }

  leave(topic: Buffer): void {
    this.#topics.delete(topic.toString('hex'))
    for (const transport of this.#global()) transport.leave(topic)
  }

  /** The relays to try on transports that need some, best first, instead of those of before. */
  useRelays(keys: readonly Buffer[]): void {
    this.#relays = keys
    for (const transport of this.#transports.values()) {
      if (canRelay(transport)) transport.useRelays(keys)
    }
  }

  /** Begins or ceases to relay for others, wherever a transport can. */
  offerRelay(on: boolean): void {
    this.#relaying = on
    for (const transport of this.#transports.values()) {
      if (canRelay(transport)) transport.offerRelay(on)
    }
  }

  /** By what this device is recognised, and recognises others, wherever a transport can. */
  recognise(own: Buffer, known: readonly Buffer[]): void {
    this.#recognition = { own, known }
    for (const transport of this.#transports.values()) {
      if (canRecognise(transport)) transport.recognise(own, known)
    }
  }

  /** By which others name this device's relay; null while it offers none. */
  get relayKey(): Buffer | null {
    for (const transport of this.#transports.values()) {
      if (canRelay(transport) && transport.relayKey) return transport.relayKey
    }
    return null
  }

  async switch(id: string, on: boolean): Promise<void> {
    const transport = this.get(id)
    await (on ? transport.start(this.#abort.signal) : transport.stop())
  }

  /** Errors: `NOT_FOUND`, `NOT_ALLOWED` where the transport has no addresses, `BAD_ADDRESS`, `UNREACHABLE`. */
  async dial(id: string, address: string, signal?: AbortSignal): Promise<void> {
    const transport = this.get(id)
    if (!canDial(transport)) {
      throw new PorchlightError('NOT_ALLOWED', `The transport ${id} has no addresses to dial.`)
    }
    await transport.dial(address, signal)
  }

  /** A peer was lost or went silent: look around for it. */
  seek(id: string): void {
    const transport = this.#transports.get(id)
    if (transport && canSeek(transport)) transport.seek()
  }

  get(id: string): Transport {
    const transport = this.#transports.get(id)
    if (transport) return transport
    const known = [...this.#transports.keys()].join(', ') || 'none'
    throw new PorchlightError(
      'NOT_FOUND',
      `There is no transport “${id}”. This node has: ${known}.`,
    )
  }

  async close(): Promise<void> {
    this.#abort.abort(new PorchlightError('CLOSED', 'The engine is closed.'))
    for (const { topic } of this.#topics.values()) this.leave(topic)
    await Promise.all([...this.#transports.values()].map((transport) => transport.stop()))
    for (const detach of this.#detach.splice(0)) detach()
  }

  *#global(): Generator<Transport> {
    for (const transport of this.#transports.values()) {
      if (transport.scope === 'global') yield transport
    }
  }

  async #upgrade(link: Link): Promise<void> {
    const { keyPair, clock, random, logger, onconnection } = this.#options
    const shown = link.anonymous === true ? NoiseSecretStream.keyPair(random.bytes(32)) : keyPair
    const leave = this.#limiter.enter({
      address: hostBucket(link.transport, link.address),
      drop: () => link.stream.destroy(),
    })
    try {
      const signal = this.#abort.signal
      const connection = await Connection.open(link, shown, { clock, signal })
      leave()
      if (signal.aborted) connection.close('the engine is closed')
      else onconnection(connection)
    } catch (error) {
      leave()
      const code = error instanceof PorchlightError ? error.code : 'INTERNAL'
      logger.debug('handshake-failed', { transport: link.transport, code })
    }
  }
}
