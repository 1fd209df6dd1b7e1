import { decides, prefer } from './connection-preference.ts'

/** What the registry needs of a connection. */
export interface Registered {
  readonly remoteKey: Buffer
  readonly cost: number
  readonly silent: boolean
  readonly closed: boolean
  /** Tells the peer that this one is a duplicate, and ends it once that has left. */
  retire(): void
}

/** How many connections one peer may have at a time while a choice is being made. */
const MAX_PER_PEER = 4

/**
 * Alone decides which of several connections to one peer lives. All of them carry replication until the
 * deciding end retires the losers, so that a change of connection loses nothing and doubles nothing.
 */
export class ConnectionRegistry<C extends Registered> {
  readonly #localKey: Buffer
  readonly #peers = new Map<string, C[]>()

  constructor(localKey: Buffer) {
    this.#localKey = localKey
  }

  /** All open connections. */
  *[Symbol.iterator](): Generator<C> {
    for (const connections of this.#peers.values()) yield* connections
  }

  /** One connection a peer: the one to show and to use. */
  *preferred(): Generator<C> {
    for (const connections of this.#peers.values()) yield connections.reduce((a, b) => better(a, b))
  }

  /** True while there is a connection to a peer. */
  has(remoteKey: Buffer): boolean {
    return this.#peers.has(remoteKey.toString('hex'))
  }

  /** Adds an authenticated connection; false, and the caller closes it, when it is our own or one too many. */
  add(connection: C): boolean {
    if (connection.remoteKey.equals(this.#localKey)) return false
    const key = connection.remoteKey.toString('hex')
    const others = this.#peers.get(key) ?? []
    if (others.length >= MAX_PER_PEER) return false
    this.#peers.set(key, [...others, connection])
    return true
  }

  /** Retires duplicates of this connection's peer, where this end is the one that decides. */
  settle(connection: C): void {
    if (!decides(this.#localKey, connection.remoteKey)) return
    const open = this.#peers.get(connection.remoteKey.toString('hex')) ?? []
    const best = open.reduce<C | null>((a, b) => (a ? better(a, b) : b), null)
    for (const other of open) if (other !== best) other.retire()
  }

  remove(connection: C): void {
    const key = connection.remoteKey.toString('hex')
    const left = (this.#peers.get(key) ?? []).filter((c) => c !== connection)
    if (left.length > 0) this.#peers.set(key, left)
    else this.#peers.delete(key)
  }
}

function better<C extends Registered>(older: C, newer: C): C {
  return prefer(older, newer) === 'older' ? older : newer
}
