/** Relays for others on this device's DHT node: what passes is sealed for the other end. */
import { Server } from 'blind-relay'
import type { RelaySession } from 'blind-relay'
import type { DhtConnection, RawStream, Server as DhtServer } from 'hyperdht'
import type { KeyPair } from 'hypercore'
import { every } from '../../core/clock.ts'
import type { Clock, Timer } from '../../core/clock.ts'
import type { CappedDht } from './capped-dht.ts'
import { Crowd } from './crowd.ts'
import { RelayUse } from './relay-use.ts'

const SAMPLE_MS = 1_000
/** What a client says to a relay: to be paired by one token, some keepalives. Who says more wants its memory. */
const MAX_SAID = 4 * 1024
/** A session that carries nothing for so long is over. */
const IDLE_MS = 60_000
/** So many seconds' worth beyond the rate before somebody is cut off. */
const BURST_SECONDS = 10

/** What relaying may take of this device. */
export interface RelayLimits {
  readonly sessions: number
  readonly sessionsPerAddress: number
  /** Bytes a second in all. */
  readonly rate: number
}

export const RELAY_LIMITS: RelayLimits = {
  sessions: 64,
  sessionsPerAddress: 8,
  rate: 2 * 1024 * 1024,
}

export interface BlindRelayOptions {
  readonly clock: Clock
  readonly dht: CappedDht
  readonly keyPair: KeyPair
  readonly limits: RelayLimits
}

interface Carried {
  readonly stream: RawStream
  /** What comes by it leaves by this one. */
  partner: RawStream | null
  bytes: number
}

export class BlindRelay {
  readonly #options: BlindRelayOptions
  readonly #crowd: Crowd
  readonly #relay: Server
  readonly #server: DhtServer
  readonly #carried = new Set<Carried>()
  readonly #sampling: Timer
  /** Bytes that passed beyond what was allowed so far. */
  #excess = 0

  constructor(options: BlindRelayOptions) {
    this.#options = options
    const { clock, dht, limits } = options
    this.#crowd = new Crowd(limits.sessions, limits.sessionsPerAddress)
    this.#relay = new Server({ createStream: (wanted) => this.#carry(wanted) })
    this.#server = dht.createServer({}, (connection) => this.#accept(connection))
    this.#sampling = every(clock, SAMPLE_MS, () => this.#sample())
  }

  /** Sessions that are open. */
  get sessions(): number {
    return this.#crowd.size
  }

  /** Resolves once it can be found; rejects when the DHT node ends before. */
  async listen(): Promise<void> {
    await this.#server.listen(this.#options.keyPair)
  }

  /** Ends it and everything that passes through it. */
  async close(): Promise<void> {
    this.#sampling.cancel()
    for (const { stream } of this.#carried) stream.destroy()
    await this.#server.close()
  }

  #accept(connection: DhtConnection): void {
    // An error is always followed by `close`.
    connection.on('error', () => {})
    const address = connection.rawStream?.remoteHost ?? ''
    if (!this.#crowd.hasRoom(address)) {
      connection.destroy()
      return
    }
    this.#crowd.add(address)
    let said = 0
    connection.on('data', (data) => {
      said += (data as Uint8Array).byteLength
      if (said > MAX_SAID) connection.destroy()
    })
    const session: RelaySession = this.#relay.accept(connection, { id: connection.remotePublicKey })
    session.on('error', () => {})
    const use = new RelayUse()
    session.on('pair', (_, __, stream) => {
      use.paired(stream)
      stream.once('close', () => use.ended(stream))
    })
    const look = every(this.#options.clock, IDLE_MS, () => {
      if (use.idle()) connection.destroy()
    })
    connection.on('close', () => {
      look.cancel()
      this.#crowd.delete(address)
    })
  }

  #carry(wanted: object): RawStream {
    const stream = this.#options.dht.createRawStream({ ...wanted, framed: true })
    const carried: Carried = { stream, partner: null, bytes: 0 }
    this.#carried.add(carried)
    const relayTo = stream.relayTo.bind(stream)
    stream.relayTo = (partner) => {
      carried.partner = partner
      relayTo(partner)
    }
    stream.once('close', () => this.#carried.delete(carried))
    return stream
  }

  /** Over the rate for long, whoever carries most is cut off: packets pass in the kernel's way and can not be slowed. */
  #sample(): void {
    const { limits } = this.#options
    let passed = 0
    let greediest: { carried: Carried; bytes: number } | undefined
    for (const carried of this.#carried) {
      const bytes = carried.stream.bytesReceived - carried.bytes
      carried.bytes += bytes
      passed += bytes
      if (greediest === undefined || bytes > greediest.bytes) greediest = { carried, bytes }
    }
    this.#excess = Math.max(0, this.#excess + passed - (limits.rate * SAMPLE_MS) / 1_000)
    if (this.#excess <= BURST_SECONDS * limits.rate) return
    greediest?.carried.stream.destroy()
    greediest?.carried.partner?.destroy()
    this.#excess = 0
  }
}
