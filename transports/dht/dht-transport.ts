/** Links devices across the internet: found by topic in a DHT, through home routers, with a relay where that fails. */
import { EventEmitter } from 'node:events'
import HyperDHT from 'hyperdht'
import type { NodeAddress } from 'hyperdht'
import type { KeyPair } from 'hypercore'
import type { Clock } from '../../core/clock.ts'
import { PorchlightError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { Random } from '../../core/random.ts'
import type {
  Relaying,
  Seeking,
  Transport,
  TransportEvents,
  TransportStatus,
} from '../../core/transport.ts'
import { RELAY_LIMITS } from './blind-relay.ts'
import type { RelayLimits } from './blind-relay.ts'
import { parseNode } from './bootstrap.ts'
import type { BootstrapNode } from './bootstrap.ts'
import { Cooldown } from './cooldown.ts'
import { DhtNode } from './dht-node.ts'
import type { LinkStream } from './link-stream.ts'
import { NodeProbe } from './node-probe.ts'
import { RelayChoice } from './relay-choice.ts'
import { Throttle } from './throttle.ts'
import { UplinkWatch } from './uplink-watch.ts'

export interface DhtTransportOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** `HOST:PORT` of nodes of the DHT; the public DHT's by default. */
  readonly bootstrap?: readonly string[]
  /** Where each byte costs: announces nothing, does not relay, looks seldom, dials few. Default false. */
  readonly metered?: boolean
  /** Bytes a second that links may send, and as many that they may receive; 0, the default, is no limit. */
  readonly bandwidth?: number
  /** 32 bytes from which the relay's key is made, so that it is the same after a restart; random by default. */
  readonly relaySeed?: Buffer
  readonly relayLimits?: Partial<RelayLimits>
  /** IPv4 address to be on; all of them by default. */
  readonly host?: string
  /** UDP port to be on, or one of the five that follow; 49737 by default. */
  readonly port?: number
  /** This computer's IPv4 addresses; the operating system's by default. */
  readonly addresses?: () => readonly string[]
  /** Finds the IPv4 address of a bootstrap node's name; the system's own way by default. */
  readonly resolve?: (name: string) => Promise<string>
}

const TOPIC_BYTES = 32
const COST = 20
const AWAY = 'No internet at the moment; it joins again by itself.'

interface Topic {
  readonly bytes: Buffer
  announce: boolean
}

export class DhtTransport
  extends EventEmitter<TransportEvents>
  implements Transport, Seeking, Relaying
{
  readonly id = 'dht'
  readonly scope = 'global'
  readonly #options: DhtTransportOptions
  readonly #bootstrap: readonly string[]
  readonly #relayKeyPair: KeyPair
  readonly #topics = new Map<string, Topic>()
  readonly #relays = new RelayChoice()
  #relaying = false
  #status: TransportStatus = { state: 'off' }
  #run: Run | undefined
  /** Starts and stops happen one after another. */
  #turn: Promise<void> = Promise.resolve()

  constructor(options: DhtTransportOptions) {
    super()
    this.#options = options
    this.#bootstrap = options.bootstrap ?? HyperDHT.BOOTSTRAP
    this.#relayKeyPair = HyperDHT.keyPair(options.relaySeed ?? options.random.bytes(32))
  }

  get status(): TransportStatus {
    return this.#status
  }

  /** What is open in its present life, for tests. */
  get load(): DhtNode['load'] {
    return this.#run?.node?.load ?? { handshakes: 0, dials: 0, dialled: 0, links: 0 }
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#next(async () => {
      signal?.throwIfAborted()
      if (this.#run !== undefined) return
      this.#say({ state: 'starting' })
      this.#run = this.#begin()
    })
  }

  stop(): Promise<void> {
    return this.#next(async () => {
      const run = this.#run
      this.#run = undefined
      await run?.end()
      this.#say({ state: 'off' })
    })
  }

  join(topic: Uint8Array, { announce = true }: { announce?: boolean } = {}): void {
    if (topic.byteLength !== TOPIC_BYTES) {
      throw new PorchlightError('BAD_TOPIC', 'A topic is 32 bytes long; nothing was joined.')
    }
    const bytes = Buffer.from(topic)
    this.#topics.set(bytes.toString('hex'), { bytes, announce })
    this.#run?.node?.topics.join(bytes, this.#announces(announce))
  }

  leave(topic: Uint8Array): void {
    const bytes = Buffer.from(topic)
    if (this.#topics.delete(bytes.toString('hex'))) this.#run?.node?.topics.leave(bytes)
  }

  seek(): void {
    this.#run?.watch.doubt()
    this.#run?.node?.topics.refresh('soon')
  }

  offerRelay(on: boolean): void {
    this.#relaying = on && this.#options.metered !== true
    this.#run?.node?.offerRelay(this.#relaying)
  }

  get relayKey(): Buffer | null {
    return this.#relaying ? Buffer.from(this.#relayKeyPair.publicKey) : null
  }

  useRelays(keys: readonly Buffer[]): void {
    this.#relays.set(keys)
  }

  #announces(announce: boolean): boolean {
    return announce && this.#options.metered !== true
  }

  #begin(): Run {
    const { clock, random, logger, metered = false, host, port, ...options } = this.#options
    const throttle = new Throttle(clock, options.bandwidth ?? 0)
    const run: Run = new Run({
      clock,
      random,
      metered,
      bootstrap: this.#bootstrap,
      addresses: options.addresses,
      resolve: options.resolve,
      onstatus: (status) => this.#say(status),
      createNode: (keyPair, nodes, cooldown) => {
        const node = new DhtNode({
          clock,
          logger,
          keyPair,
          nodes,
          cooldown,
          host,
          port,
          metered,
          bootstrap: this.#bootstrap,
          relays: this.#relays,
          relayKeyPair: this.#relayKeyPair,
          relayLimits: { ...RELAY_LIMITS, ...options.relayLimits },
          throttle,
          onlink: (stream, initiator, address) => this.#link(stream, initiator, address),
        })
        for (const { bytes, announce } of this.#topics.values()) {
          node.topics.join(bytes, this.#announces(announce))
        }
        node.offerRelay(this.#relaying)
        return node
      },
    })
    run.watch.start()
    return run
  }

  #link(stream: LinkStream, initiator: boolean, address: string): void {
    try {
      const metered = this.#options.metered === true
      this.emit('link', { stream, initiator, transport: this.id, cost: COST, metered, address })
    } catch (error) {
      this.#options.logger.error('dht.link', { name: (error as Error).name })
      stream.destroy()
    }
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

interface RunOptions {
  readonly clock: Clock
  readonly random: Random
  readonly metered: boolean
  readonly bootstrap: readonly string[]
  readonly addresses: (() => readonly string[]) | undefined
  readonly resolve: ((name: string) => Promise<string>) | undefined
  readonly onstatus: (status: TransportStatus) => void
  readonly createNode: (
    keyPair: KeyPair,
    nodes: readonly NodeAddress[],
    cooldown: Cooldown,
  ) => DhtNode
}

/** What lives between a start and a stop: the watch on the uplink, and a node while there is one. */
class Run {
  readonly watch: UplinkWatch
  node: DhtNode | undefined
  readonly #options: RunOptions
  readonly #probe: NodeProbe
  readonly #cooldown = new Cooldown()
  /** Fresh at each start, so that nobody can follow a device from one to the next. */
  readonly #keyPair: KeyPair
  readonly #bootstrap: readonly BootstrapNode[]
  #known: readonly NodeAddress[] = []
  readonly #closing = new Set<Promise<void>>()
  #ended = false

  constructor(options: RunOptions) {
    this.#options = options
    const { clock, random, metered, bootstrap, addresses, resolve } = options
    this.#keyPair = HyperDHT.keyPair(random.bytes(32))
    this.#bootstrap = bootstrap.flatMap((text) => parseNode(text) ?? [])
    this.#probe = new NodeProbe({ random, resolve })
    this.watch = new UplinkWatch({
      clock,
      metered,
      probe: this.#probe,
      nodes: () => [...this.#bootstrap, ...this.#known],
      received: () => this.node?.received ?? 0,
      ...(addresses === undefined ? {} : { addresses }),
      onup: (how) => this.#onup(how),
      ondown: () => this.#ondown(),
    })
  }

  async end(): Promise<void> {
    this.#ended = true
    this.watch.close()
    this.#probe.close()
    this.#leave(false)
    await Promise.all(this.#closing)
  }

  #onup(how: 'fresh' | 'again' | 'moved'): void {
    if (this.#ended) return
    if (how === 'again' && this.node !== undefined) {
      this.node.wake()
      return
    }
    this.#leave(true)
    this.node = this.#options.createNode(this.#keyPair, this.#known, this.#cooldown)
    this.#options.onstatus({ state: 'on' })
  }

  #ondown(): void {
    this.#leave(true)
    this.#options.onstatus({ state: 'unavailable', reason: AWAY })
  }

  #leave(away: boolean): void {
    const node = this.node
    if (node === undefined) return
    this.node = undefined
    const nodes = node.nodes
    if (nodes.length > 0) this.#known = nodes
    const closing = node.close(away).finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }
}
