/** One life of the swarm, from the moment the DHT comes into reach until it goes or the transport stops. */
import Hyperswarm from 'hyperswarm'
import type { DhtConnection, NodeAddress } from 'hyperdht'
import type { KeyPair } from 'hypercore'
import type { Clock } from '../../core/clock.ts'
import { sleep } from '../../core/clock.ts'
import { PorchlightError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { BlindRelay } from './blind-relay.ts'
import type { RelayLimits } from './blind-relay.ts'
import { CappedDht } from './capped-dht.ts'
import type { Cooldown } from './cooldown.ts'
import { Crowd } from './crowd.ts'
import { LinkStream } from './link-stream.ts'
import type { RelayChoice } from './relay-choice.ts'
import { SwarmTopics } from './swarm-topics.ts'
import type { Throttle } from './throttle.ts'

/** Links in all that others began, and from one address: a town behind one carrier's router shares one. */
const MAX_INCOMING = 128
const MAX_INCOMING_PER_ADDRESS = 32
/** Peers that are dialled; others may come beside them. */
const MAX_PEERS = 64
const MAX_PEERS_METERED = 8
const MAX_PARALLEL = 8
/** What an ended handshake is remembered for, so that its repetitions by other ways are known. */
const HANDSHAKE_REMEMBERED_MS = 3_000
/** Known nodes taken along into the next life. */
const NODES_KEPT = 32
const WITHDRAW_MS = 1_000
const CLOSE_MS = 1_000
/** What a link that ended well may take to bring its last bytes over. */
const LINGER_MS = 5_000
/**
 * When a new link says nothing, but says it. What leaves first may meet a relay that is not ready, and would be sent
 * again after a second; as soon as something later arrives, the other end tells what it lacks.
 */
const NUDGES_MS = [40, 120, 300]

export interface DhtNodeOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly keyPair: KeyPair
  readonly bootstrap: readonly string[]
  readonly nodes: readonly NodeAddress[]
  readonly host: string | undefined
  readonly port: number | undefined
  readonly metered: boolean
  readonly cooldown: Cooldown
  readonly relays: RelayChoice
  readonly relayKeyPair: KeyPair
  readonly relayLimits: RelayLimits
  readonly throttle: Throttle
  readonly onlink: (stream: LinkStream, initiator: boolean, address: string) => void
}

export class DhtNode {
  readonly #options: DhtNodeOptions
  readonly #dht: CappedDht
  readonly #swarm: Hyperswarm
  readonly #incoming = new Crowd(MAX_INCOMING, MAX_INCOMING_PER_ADDRESS)
  readonly #connections = new Set<DhtConnection>()
  readonly topics: SwarmTopics
  #relay: BlindRelay | null = null
  /** Of links that ended. */
  #receivedBefore = 0
  #closed = false

  constructor(options: DhtNodeOptions) {
    this.#options = options
    const { clock, cooldown, bootstrap, nodes, host, port, metered, keyPair, relays } = options
    this.#dht = new CappedDht({
      clock,
      cooldown,
      bootstrap,
      nodes,
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
    })
    this.#swarm = new Hyperswarm({
      dht: this.#dht,
      keyPair,
      maxPeers: metered ? MAX_PEERS_METERED : MAX_PEERS,
      maxParallel: MAX_PARALLEL,
      handshakeClearWait: HANDSHAKE_REMEMBERED_MS,
      relayThrough: (force) => relays.pick(force, this.#dht.randomized, this.#ownRelay()),
    })
    this.#swarm.on('connection', (connection: DhtConnection) => this.#onconnection(connection))
    this.topics = new SwarmTopics({ clock, swarm: this.#swarm, metered })
  }

  /** Nodes that it came to know. */
  get nodes(): readonly NodeAddress[] {
    return this.#dht.toArray({ limit: NODES_KEPT })
  }

  /** Bytes that its links received so far. */
  get received(): number {
    let bytes = this.#receivedBefore
    for (const { rawBytesRead } of this.#connections) bytes += rawBytesRead
    return bytes
  }

  /** What a flood may raise, for tests and logs. */
  get load(): { handshakes: number; dials: number; dialled: number; links: number } {
    const { gate, dials, dialled } = this.#dht
    return { handshakes: gate.size, dials, dialled, links: this.#connections.size }
  }

  /** Asks all peers for a sign of life: a link that died with the former uplink shows itself. */
  wake(): void {
    for (const connection of this.#connections) connection.sendKeepAlive()
    this.topics.refresh('now')
  }

  offerRelay(on: boolean): void {
    const { clock, relayKeyPair, relayLimits, logger } = this.#options
    if (on === (this.#relay !== null) || this.#closed) return
    if (!on) {
      const relay = this.#relay
      this.#relay = null
      relay?.close().catch(() => {})
      return
    }
    const relay = new BlindRelay({
      clock,
      dht: this.#dht,
      keyPair: relayKeyPair,
      limits: relayLimits,
    })
    this.#relay = relay
    relay.listen().catch((error: Error) => logger.debug('dht.relay', { name: error.name }))
  }

  /**
   * Ends every link at once. `away`: there is no way to the DHT, so nothing is withdrawn; else what was announced
   * is, as far as the nodes answer within a second. Resolves in 2 s at the latest, whatever hangs.
   */
  async close(away: boolean): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const { clock } = this.#options
    this.topics.close()
    for (const connection of this.#swarm.connections) connection.destroy()
    // Begun in any case: it ends the timers of its topics.
    const withdrawn = [this.#swarm.destroy(), this.#relay?.close() ?? Promise.resolve()]
    const settled = Promise.allSettled(withdrawn)
    if (!away) await Promise.race([settled, sleep(clock, WITHDRAW_MS)])
    // The swarm waits for its server to withdraw, and that for nodes that may be gone; without a node it ends.
    const ended = this.#dht.destroy({ force: true }).catch(() => {})
    await Promise.race([Promise.all([ended, settled]), sleep(clock, CLOSE_MS)])
  }

  #ownRelay(): Buffer | null {
    return this.#relay === null ? null : this.#options.relayKeyPair.publicKey
  }

  #onconnection(connection: DhtConnection): void {
    connection.on('error', (error: Error) => this.#onerror(connection, error))
    // Who dialled counts once something came: before, any address could have been invented.
    if (connection.isInitiator || connection.heard) this.#accept(connection)
    else connection.once('heard', () => this.#accept(connection))
  }

  #accept(connection: DhtConnection): void {
    const { clock, throttle, onlink, logger } = this.#options
    const address = connection.rawStream?.remoteHost ?? ''
    const incoming = !connection.isInitiator
    if (this.#closed || address === '' || (incoming && !this.#incoming.hasRoom(address))) {
      connection.destroy()
      return
    }
    if (incoming) this.#incoming.add(address)
    this.#connections.add(connection)
    connection.on('close', () => {
      this.#connections.delete(connection)
      this.#receivedBefore += connection.rawBytesRead
      if (incoming) this.#incoming.delete(address)
      logger.debug('dht.unlink', { incoming })
    })
    const stream = new LinkStream(connection, throttle)
    stream.on('error', (error: Error) => this.#onerror(connection, error))
    stream.on('close', () => clock.after(LINGER_MS, () => connection.destroy()))
    for (const ms of NUDGES_MS) clock.after(ms, () => connection.sendKeepAlive())
    logger.debug('dht.link', { incoming })
    onlink(stream, connection.isInitiator, address)
  }

  /** An error is always followed by `close`; what core or the transport found wrong with a peer comes as ours. */
  #onerror(connection: DhtConnection, error: Error): void {
    const { clock, cooldown, logger } = this.#options
    if (!(error instanceof PorchlightError)) return
    logger.info('dht.misbehaved', { code: error.code })
    cooldown.begin(connection.remotePublicKey, clock.monotonic())
  }
}
