/** Links devices on one local network over TCP, found by mDNS, by a beacon of its own, or by address. */
import { EventEmitter } from 'node:events'
import type { Clock } from '../../core/clock.ts'
import { PorchlightError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { Random } from '../../core/random.ts'
import type {
  AddressDialing,
  RememberedAddresses,
  Seeking,
  Transport,
  TransportEvents,
  TransportStatus,
} from '../../core/transport.ts'
import { explainDial } from './dial-errors.ts'
import { formatHostPort, parseTypedAddress } from './lan-address.ts'
import { LanNode } from './lan-node.ts'
import { systemNics } from './nics.ts'
import type { NicSource } from './nics.ts'
import { RememberedList } from './remembered-addresses.ts'

export interface LanTransportOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** TCP port to accept links on; 0, the default, lets the system choose. */
  readonly port?: number
  /** Stay on this computer: announce on loopback alone, and let 127.0.0.0/8 and ::1 link. Default false. */
  readonly loopback?: boolean
  /** Announce by a beacon of our own. Default true. */
  readonly beacon?: boolean
  /** UDP port of the beacon; all devices need the same one. Default 47470. */
  readonly beaconPort?: number
  /** Announce by mDNS. Default true. */
  readonly mdns?: boolean
  /** UDP port of mDNS. Default 5353. */
  readonly mdnsPort?: number
  /** The computer's interfaces; the operating system's by default. */
  readonly nics?: NicSource
}

const TOPIC_BYTES = 32
const BEACON_PORT = 47_470
const MDNS_PORT = 5353
const COST = 10

export class LanTransport
  extends EventEmitter<TransportEvents>
  implements Transport, AddressDialing, Seeking, RememberedAddresses
{
  readonly id = 'lan'
  readonly scope = 'nearby'
  readonly #options: LanTransportOptions
  readonly #remembered: RememberedList
  /** By their hexadecimal, oldest first. */
  readonly #topics = new Map<string, Uint8Array>()
  #generation: number
  #status: TransportStatus = { state: 'off' }
  #node: LanNode | undefined
  /** Starts and stops happen one after another. */
  #turn: Promise<void> = Promise.resolve()

  constructor(options: LanTransportOptions) {
    super()
    this.#options = options
    this.#remembered = new RememberedList(options.loopback ?? false)
    // A random beginning, so that a number alone does not tell how many topics were joined.
    this.#generation = options.random.bytes(1).readUInt8(0)
  }

  get status(): TransportStatus {
    return this.#status
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#next(async () => {
      if (this.#node || signal?.aborted) return
      this.#say({ state: 'starting' })
      const node = this.#createNode()
      this.#node = node
      await node.open()
      if (!signal?.aborted) return
      this.#node = undefined
      await node.close()
      this.#say({ state: 'off' })
    })
  }

  stop(): Promise<void> {
    return this.#next(async () => {
      const node = this.#node
      if (!node) return
      this.#node = undefined
      await node.close()
      this.#say({ state: 'off' })
    })
  }

  /** Announced or not: on one network whoever looks is heard by all. */
  join(topic: Uint8Array): void {
    if (topic.length !== TOPIC_BYTES) {
      throw new PorchlightError('BAD_TOPIC', `A topic has 32 bytes; this one has ${topic.length}.`)
    }
    const name = Buffer.from(topic).toString('hex')
    if (this.#topics.has(name)) return
    this.#topics.set(name, Uint8Array.from(topic))
    this.#generation = (this.#generation + 1) & 0xff
    this.#node?.topicsChanged()
  }

  leave(topic: Uint8Array): void {
    this.#topics.delete(Buffer.from(topic).toString('hex'))
  }

  seek(): void {
    this.#node?.seek()
  }

  remember(addresses: readonly string[]): void {
    this.#remembered.remember(addresses)
    this.#node?.dialler.look()
  }

  known(): readonly string[] {
    return this.#remembered.known()
  }

  addresses(): readonly string[] {
    return this.#node?.addresses() ?? []
  }

  async dial(address: string, signal?: AbortSignal): Promise<void> {
    const target = parseTypedAddress(address, this.#options.loopback ?? false)
    signal?.throwIfAborted()
    const node = this.#node
    if (!node) {
      throw new PorchlightError(
        'UNAVAILABLE',
        'The local network is switched off. Switch it on first.',
      )
    }
    const shown = formatHostPort(target.host, target.port)
    const result = await node.dialler.dial(shown, signal)
    signal?.throwIfAborted()
    const error = explainDial(shown, result)
    if (error) throw error
  }

  #createNode(): LanNode {
    const { clock, random, logger, ...wanted } = this.#options
    const { beacon = true, beaconPort = BEACON_PORT, mdns = true, mdnsPort = MDNS_PORT } = wanted
    return new LanNode({
      clock,
      random,
      logger,
      port: wanted.port ?? 0,
      loopback: wanted.loopback ?? false,
      beaconPort: beacon ? beaconPort : undefined,
      mdnsPort: mdns ? mdnsPort : undefined,
      nics: wanted.nics ?? systemNics,
      remembered: this.#remembered,
      topics: () => ({ list: [...this.#topics.values()], generation: this.#generation }),
      onlink: (stream, initiator, host) =>
        this.emit('link', { stream, initiator, transport: this.id, cost: COST, address: host }),
      onstatus: (status) => this.#say(status),
    })
  }

  #next(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {})
    return turn
  }

  #say(status: TransportStatus): void {
    if (status.state === this.#status.state && status.reason === this.#status.reason) return
    this.#status = status
    this.emit('status', status)
  }
}
