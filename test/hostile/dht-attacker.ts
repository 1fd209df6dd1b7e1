import HyperDHT from 'hyperdht'
import type { DhtConnection, NodeAddress } from 'hyperdht'
import NoiseWrap from 'hyperdht/lib/noise-wrap.js'
import { createHash, randomBytes } from 'node:crypto'
import { hash } from '../../core/crypto/hash.ts'
import { createShortFrames } from '../../transports/dht/short-frames.ts'
import { until } from '../compliance/until.ts'

/** Who announces a topic, and the nodes that pass handshakes on to it. */
export interface Peer {
  readonly publicKey: Buffer
  readonly relayAddresses: readonly NodeAddress[]
}

/** What hyperdht has beside its own interface. */
interface Insides {
  lookup(topic: Buffer): AsyncIterable<{ readonly peers: readonly Peer[] }>
  readonly _router: {
    peerHandshake(target: Buffer, message: { noise: Buffer }, to: NodeAddress): Promise<unknown>
  }
}

/** A stranger in the DHT who knows a topic, and means no good. */
export class DhtAttacker {
  readonly #dht: HyperDHT & Insides
  #closing: Promise<void> | null = null

  constructor(bootstrap: readonly string[], host: string) {
    this.#dht = new HyperDHT({ bootstrap, host }) as HyperDHT & Insides
  }

  /** What it has not sent yet is not sent. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#dht.destroy({ force: true })
    return this.#closing
  }

  /** Who announces a topic made from a text; waits until somebody does. */
  async find(text: string): Promise<Peer> {
    const topic = createHash('sha256').update(text).digest()
    return until('somebody on the topic', async () => {
      for await (const { peers } of this.#dht.lookup(topic)) if (peers[0]) return peers[0]
      return undefined
    })
  }

  /** Begins a handshake by a node of the DHT, or with the peer itself, and never goes on. */
  async begin(
    { publicKey }: Peer,
    to: NodeAddress,
    relayThrough: { publicKey: Buffer; token: Buffer } | null = null,
  ): Promise<void> {
    const noise = await new NoiseWrap(HyperDHT.keyPair(), publicKey).send({
      error: 0,
      firewall: 0,
      holepunch: null,
      addresses4: [],
      addresses6: [],
      udx: { reusableSocket: false, id: 1, seq: 0 },
      secretStream: {},
      relayThrough,
    })
    const target = hash([publicKey])
    this.#dht._router.peerHandshake(target, { noise }, to).catch(() => {})
  }

  /** A connection of its own key, made as it should be. */
  connect({ publicKey }: Peer): DhtConnection {
    const connection = this.#dht.connect(publicKey, {
      keyPair: HyperDHT.keyPair(),
      createSecretStream: createShortFrames,
    })
    connection.on('error', () => {})
    return connection
  }
}

/** A relay that nobody has. */
export function noRelay(): { publicKey: Buffer; token: Buffer } {
  return { publicKey: HyperDHT.keyPair().publicKey, token: randomBytes(32) }
}
