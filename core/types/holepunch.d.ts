/** Ambient types of the Holepunch packages: only what Porchlight calls. */

declare module 'hypercore' {
  import type { EventEmitter } from 'node:events'
  import type { DecodedManifest } from 'hypercore/lib/verifier.js'
  import type Protomux from 'protomux'

  export interface Manifest {
    version: number
    signers: { publicKey: Buffer }[]
  }
  export interface KeyPair {
    publicKey: Buffer
    secretKey: Buffer
  }
  export interface ReplicatorPeer {
    protomux: Protomux
    channel: { close(): void; closed: boolean }
    remoteContiguousLength: number
    /** How long it said that its core is. */
    readonly remoteLength: number
    /** True when its core can be proved to be the beginning of ours. */
    readonly canUpgrade: boolean
    readonly stats: { readonly wireSync: { readonly tx: number } }
    /** Our core grew, or its proofs: says so where it needs to. */
    signalUpgrade: () => void
    /** Says how long our core is, and what we know of theirs. */
    sendSync(): void
  }
  export interface TreeNode {
    readonly index: number
    readonly size: number
    readonly hash: Buffer
  }
  export interface BlockProof {
    fork: number
    block: { index: number; value: Buffer; nodes: readonly TreeNode[] }
    hash: null
    seek: null
    upgrade: null
    manifest: null
  }
  export interface Download {
    destroy(): void
  }
  export default class Hypercore extends EventEmitter {
    static key(manifest: Manifest): Buffer
    readonly key: Buffer
    readonly discoveryKey: Buffer
    readonly length: number
    /** Grows when the core was cut back. */
    readonly fork: number
    readonly contiguousLength: number
    readonly byteLength: number
    readonly writable: boolean
    readonly opened: boolean
    readonly closing: Promise<void> | null
    readonly closed: boolean
    /** Null until it is learnt, of a core that was opened by its key alone. */
    readonly manifest: Manifest | null
    readonly core: {
      readonly state: {
        readonly length: number
        readonly signature: Buffer | null
        readonly roots: readonly TreeNode[]
        readonly storage: object
      }
      readonly replicator: {
        readonly peers: ReplicatorPeer[]
      }
      /** Which blocks are here; where the next one is that is, or is not. */
      readonly bitfield: { findFirst(value: boolean, from: number): number }
      /** Sessions that hear of single blocks. */
      readonly monitors: readonly EventEmitter[]
      setManifest(manifest: DecodedManifest): Promise<void>
      /** Takes a block in that hashes up to a node that is known; false when the log changed meanwhile. */
      verify(proof: BlockProof): Promise<boolean>
    }
    /** How many nodes above a block are not known here. */
    missingNodes(seq: number): Promise<number>
    ready(): Promise<void>
    close(): Promise<void>
    get(index: number, options?: { wait?: boolean }): Promise<Buffer | null>
    has(start: number, end?: number): Promise<boolean>
    append(
      blocks: Buffer | Buffer[],
      options?: { signature?: Buffer },
    ): Promise<{ length: number; byteLength: number }>
    clear(start: number, end: number): Promise<void>
    truncate(length: number): Promise<void>
    setUserData(key: string, value: Buffer): Promise<void>
    download(range: { start: number; end: number }): Download
    replicate(mux: Protomux): Protomux
  }
}

declare module 'corestore' {
  import type Hypercore from 'hypercore'
  import type { KeyPair, Manifest } from 'hypercore'

  export interface GetOptions {
    key?: Buffer
    keyPair?: KeyPair
    manifest?: Manifest
    name?: string
    active?: boolean
  }
  export default class Corestore {
    constructor(storage: string)
    readonly storage: { close(): Promise<void> }
    /** Of the manifests that it makes by itself. */
    readonly manifestVersion: number
    ready(): Promise<void>
    close(): Promise<void>
    get(options: GetOptions | Buffer): Hypercore
    namespace(name: Buffer | string): Corestore
  }
}

declare module 'autobase' {
  import type { EventEmitter } from 'node:events'
  import type Corestore from 'corestore'
  import type Hypercore from 'hypercore'
  import type { KeyPair } from 'hypercore'

  export interface ApplyNode {
    value: Buffer | null
    length: number
    from: { key: Buffer }
    /** The entries that its author knew of last, as it declared them. */
    heads: readonly { key: Buffer; length: number }[]
  }
  export interface ApplyHost {
    readonly key: Buffer
    addWriter(key: Buffer, options?: { indexer?: boolean }): Promise<void>
    removeWriter(key: Buffer): Promise<void>
    removeable(key: Buffer): boolean
  }
  export interface ViewStore {
    get(name: string): Hypercore
  }
  export interface AutobaseHandlers<View> {
    open(store: ViewStore): View
    apply(nodes: ApplyNode[], view: View, host: ApplyHost): Promise<void>
    valueEncoding: 'binary'
    encryptionKey: Buffer
    /** Seals the encryption key where it is stored; `type` is the sealer's own. */
    blindEncryption: {
      encrypt(data: Buffer): Promise<{ type: number; value: Buffer }>
      decrypt(sealed: { type: number; value: Buffer }): Promise<{ value: Buffer; rotated: boolean }>
    }
    keyPair: KeyPair
    fastForward: boolean
    ackInterval: number
  }
  export default class Autobase<View> extends EventEmitter {
    constructor(store: Corestore, key: Buffer | null, handlers: AutobaseHandlers<View>)
    readonly key: Buffer
    readonly local: Hypercore
    readonly view: View
    readonly writable: boolean
    /** `idle` when it has read all of this device's own log. */
    readonly localWriter: { idle(): boolean } | null
    readonly closing: Promise<void> | null
    ready(): Promise<void>
    close(): Promise<void>
    update(): Promise<void>
    append(value: Buffer): Promise<number>
    hintWakeup(hints: { key: Buffer; length: number }[]): void
  }
}

declare module 'hyperbee' {
  import type Hypercore from 'hypercore'

  export interface Entry {
    key: string
    value: unknown
  }
  export default class Hyperbee {
    constructor(
      core: Hypercore,
      options: { keyEncoding: 'utf-8'; valueEncoding: 'json'; extension: false },
    )
    readonly version: number
    readonly core: Hypercore
    get(key: string): Promise<Entry | null>
    put(key: string, value: unknown): Promise<void>
    del(key: string): Promise<void>
    createReadStream(range?: { gte?: string; lt?: string }): AsyncIterable<Entry>
  }
}

declare module '@hyperswarm/secret-stream' {
  import type { Duplex } from 'streamx'
  import type { KeyPair } from 'hypercore'

  export default class NoiseSecretStream extends Duplex {
    constructor(initiator: boolean, rawStream: unknown, options?: { keyPair?: KeyPair })
    static keyPair(seed?: Buffer): KeyPair
    readonly opened: Promise<boolean>
    readonly publicKey: Buffer
    readonly remotePublicKey: Buffer
    readonly handshakeHash: Buffer
    readonly rawBytesRead: number
    readonly rawBytesWritten: number
    userData: unknown
    /** Bytes that were written and did not leave yet. */
    readonly _writableState: { readonly buffered: number }
    /** Raw bytes as they arrive; overridden to meter them. */
    _onrawdata(data: Uint8Array): void
    _predestroy(): void
  }
}

declare module 'protomux' {
  import type NoiseSecretStream from '@hyperswarm/secret-stream'
  import type { Codec, CodecState } from '../codec/codec.ts'

  export interface Message<T> {
    send(value: T): boolean
  }
  export interface Channel {
    readonly protocol: string
    readonly id: Buffer | null
    readonly opened: boolean
    readonly closed: boolean
    open(handshake?: unknown): void
    close(): void
    cork(): void
    uncork(): void
    addMessage<T>(options: {
      encoding: Codec<T>
      onmessage: (value: T) => void | Promise<void>
    }): Message<T>
  }
  export default class Protomux {
    constructor(stream: NoiseSecretStream)
    readonly stream: NoiseSecretStream
    readonly drained: boolean
    /** Reads the messages of a batch. */
    _onbatch(state: CodecState): void
    /** This end's channels, by their number less one. */
    readonly _local: readonly (Channel | null)[]
    /** Above 0 while what is sent is held back. */
    readonly corked: number
    cork(): void
    uncork(): void
    destroy(error?: Error): void
    createChannel(options: {
      protocol: string
      id?: Buffer | null
      onopen?: () => void
      onclose?: () => void
      ondrain?: () => void
    }): Channel | null
  }
}

declare module 'keet-identity-key' {
  import type { KeyPair } from 'hypercore'

  export default class IdentityKey {
    static generateMnemonic(): string
    /** Throws for words that make nobody. */
    static deriveSeed(mnemonic: string): Promise<Buffer>
    static from(options: { seed: Buffer }): Promise<IdentityKey>
    static attestDevice(device: Buffer, parent: KeyPair, proof: Buffer): Buffer
    static attestData(data: Buffer, keyPair: KeyPair, proof: Buffer): Buffer
    static verify(
      proof: Buffer,
      attestedData: Buffer | null,
      options: { expectedIdentity: Buffer; expectedDevice: Buffer },
    ): { identityPublicKey: Buffer; devicePublicKey: Buffer } | null
    readonly identityPublicKey: Buffer
    bootstrap(devicePublicKey: Buffer): Promise<Buffer>
    clear(): void
  }
}

declare module 'hypercore-crypto' {
  interface Node {
    readonly index: number
    readonly size: number
    readonly hash: Buffer
  }
  /** The hash of a block. */
  export function data(block: Buffer): Buffer
  /** The hash over two siblings. */
  export function parent(a: Node, b: Node): Buffer
  /** The hash over the roots of a tree. */
  export function tree(roots: readonly Node[]): Buffer
}

declare module 'hypercore/lib/caps.js' {
  const caps: {
    /** What a log's author signs. */
    treeSignable(namespace: Buffer, treeHash: Buffer, length: number, fork: number): Buffer
  }
  export default caps
}

declare module 'hypercore/lib/merkle-tree.js' {
  import type { TreeNode } from 'hypercore'

  const merkle: {
    MerkleTree: {
      /** Rejects when one of them is not stored. */
      getRootsFromStorage(storage: object, length: number): Promise<TreeNode[]>
    }
  }
  export default merkle
}

declare module 'hypercore/lib/verifier.js' {
  import type { Manifest } from 'hypercore'

  export interface DecodedManifest {
    readonly version: number
    readonly allowPatch: boolean
    readonly quorum: number
    readonly signers: readonly { readonly publicKey: Buffer; readonly namespace: Buffer }[]
    readonly prologue: object | null
  }
  /** What of a tree batch a verifier asks for when there is neither prologue nor patch. */
  export interface Signable {
    readonly length: number
    signable(namespace: Buffer): Buffer
  }
  export default class Verifier {
    static manifestHash(manifest: DecodedManifest): Buffer
    static encodeManifest(manifest: DecodedManifest): Buffer
    /** Throws for malformed bytes. */
    static decodeManifest(manifest: Buffer): DecodedManifest
    static createManifest(manifest: Manifest): DecodedManifest
    constructor(key: Buffer, manifest: DecodedManifest)
    /** May throw for a malformed signature. */
    verify(tree: Signable, signature: Buffer): boolean
  }
}
