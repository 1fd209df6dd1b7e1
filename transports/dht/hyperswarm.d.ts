/** Ambient types of the packages that reach the internet: only what Porchlight calls. */

declare module 'hyperdht' {
  import type { EventEmitter } from 'node:events'
  import type { KeyPair } from 'hypercore'
  import type NoiseSecretStream from '@hyperswarm/secret-stream'

  export interface NodeAddress {
    host: string
    port: number
  }
  /** A raw stream of udx: what carries a connection. */
  export interface RawStream {
    readonly remoteHost: string | null
    readonly bytesReceived: number
    readonly bytesTransmitted: number
    readonly destroyed: boolean
    relayTo(destination: RawStream): void
    destroy(error?: Error): unknown
    once(event: 'close', listener: () => void): unknown
  }
  export interface DhtConnection extends NoiseSecretStream {
    readonly rawStream: RawStream | null
    readonly isInitiator: boolean
    /** Ours, as `createSecretStream` makes it: whether anything came; `heard` is emitted when the first does. */
    readonly heard: boolean
    sendKeepAlive(): void
    end(data?: unknown): this
  }
  export type CreateSecretStream = (
    initiator: boolean,
    rawStream: RawStream | null,
    options: object,
  ) => DhtConnection
  export interface ConnectOptions {
    keyPair?: KeyPair
    relayThrough?: Buffer | null
    createSecretStream?: CreateSecretStream
  }
  /** What a client says of itself in its handshake. */
  export interface HandshakePayload {
    relayThrough: { publicKey: Buffer; token: Buffer } | null
  }
  export interface ServerOptions {
    /** True refuses. */
    firewall?: (
      remotePublicKey: Buffer,
      payload: HandshakePayload,
      address: NodeAddress,
    ) => boolean | Promise<boolean>
    relayThrough?: unknown
    handshakeClearWait?: number
    createSecretStream?: CreateSecretStream
  }
  /** What the server holds of one handshake. */
  export interface ServerHandshake {
    readonly encryptedSocket: DhtConnection | null
    readonly rawStream: RawStream | null
    readonly puncher: { destroy(): void } | null
  }
  export class Server extends EventEmitter {
    listen(keyPair: KeyPair): Promise<this>
    close(): Promise<void>
    /** By the first message, in hexadecimal; forgotten some time after the end of the handshake. */
    readonly _connects: Map<string, Promise<ServerHandshake | null>>
    readonly _holepunches: (ServerHandshake | null)[]
    readonly _announcer: { isRelay(address: NodeAddress): boolean } | null
    _onpeerhandshake(
      message: { noise: Buffer; peerAddress: NodeAddress | null },
      request: { from: NodeAddress },
    ): Promise<unknown>
    _clear(handshake: ServerHandshake, id: number, key: string): void
  }
  export interface DhtOptions {
    bootstrap?: readonly string[]
    nodes?: readonly NodeAddress[]
    host?: string
    port?: number
    anyPort?: boolean
    ephemeral?: boolean
    firewalled?: boolean
    randomPunchInterval?: number
  }
  export default class HyperDHT extends EventEmitter {
    constructor(options?: DhtOptions)
    static readonly BOOTSTRAP: readonly string[]
    static keyPair(seed?: Buffer): KeyPair
    readonly destroyed: boolean
    /** Whether others can not reach this node unasked. */
    readonly firewalled: boolean
    /** Whether its router shows it under another port to each. */
    readonly randomized: boolean
    readonly stats: { readonly punches: object; readonly relaying: object }
    readonly rawStreams: { readonly size: number }
    connect(key: Buffer, options?: ConnectOptions): DhtConnection
    createServer(options: ServerOptions, onconnection?: (connection: DhtConnection) => void): Server
    createRawStream(options: object): RawStream
    address(): NodeAddress | null
    fullyBootstrapped(): Promise<void>
    toArray(options?: { limit?: number }): NodeAddress[]
    destroy(options?: { force?: boolean }): Promise<void>
  }
}

declare module 'hyperswarm' {
  import type { EventEmitter } from 'node:events'
  import type { KeyPair } from 'hypercore'
  import type HyperDHT from 'hyperdht'
  import type { DhtConnection } from 'hyperdht'

  export interface DiscoverySession {
    refresh(options: { client: boolean; server: boolean }): Promise<boolean>
    flushed(): Promise<boolean>
    destroy(): Promise<void>
  }
  export interface SwarmOptions {
    dht: HyperDHT
    keyPair: KeyPair
    maxPeers?: number
    maxParallel?: number
    handshakeClearWait?: number
    relayThrough?: (force: boolean, swarm: Hyperswarm) => Buffer | null
  }
  export default class Hyperswarm extends EventEmitter {
    constructor(options: SwarmOptions)
    readonly dht: HyperDHT
    readonly connections: ReadonlySet<DhtConnection>
    join(topic: Buffer, options: { client: boolean; server: boolean }): DiscoverySession
    destroy(options?: { force?: boolean }): Promise<void>
  }
}

declare module 'blind-relay' {
  import type { EventEmitter } from 'node:events'
  import type { DhtConnection, RawStream } from 'hyperdht'

  export interface RelaySession extends EventEmitter {
    destroy(error?: Error): void
  }
  export class Server {
    constructor(options: { createStream: (options: object) => RawStream })
    accept(connection: DhtConnection, options: { id: Buffer }): RelaySession
    close(): Promise<void>
  }
}
