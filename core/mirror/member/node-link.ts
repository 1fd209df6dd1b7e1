/** What a member needs of a session with a node, and of its own rooms: types only. */
import type { KeyPair } from 'hypercore'
import type { MirrorEntry } from '../../control/room-state.ts'
import type { LogLength } from '../../room/delivery/receipts.ts'
import type { Span } from '../copy.ts'
import type { Keeping } from '../items/keeping.ts'
import type { MirrorKeys } from '../mirror-keys.ts'

/** What a node says of itself, once it proved its key. */
export interface ProvedNode {
  readonly key: Buffer
  readonly name: string
  readonly free: number
  readonly relay: Buffer | null
}

/** What a node said of a room that it was asked to hold. */
export interface KeptWords {
  readonly until: number
  readonly bytes: number
  /** Why it does not hold it. */
  readonly refused: string | null
}

/** A session with a device that may be a node. */
export interface NodeLink {
  readonly node: ProvedNode | null
  readonly transport: string
  /** What quotas count as one address. */
  readonly address: string
  readonly paired: boolean
  readonly closed: boolean
  /** Asks it to hold the mirror of a key; null when the session ended first. Never rejects. */
  deposit(key: Buffer, options: { depositor: KeyPair }): Promise<KeptWords | null>
  forget(key: Buffer, options: { depositor: KeyPair }): void
  /** True when both ends have this mirror (hex id). */
  matched(id: string): boolean
  /** What the node said of a mirror (hex id) that was deposited over this link. */
  kept(id: string): KeptWords | null
  /** What it has, durably, of each log (hex) of a mirror (hex id). */
  stored(id: string): ReadonlyMap<string, readonly Span[]>
  /** What it said of the items (root in hex) of a mirror (hex id) that it was asked to keep, and how many these are. */
  keeping(id: string): ReadonlyMap<string, Keeping>
  named(id: string): number
}

/** A room of this device, as far as nodes that hold it go. */
export interface HeldRoom {
  readonly id: string
  readonly keys: MirrorKeys
  /** True while this device is in. */
  readonly joined: boolean
  readonly mirrors: ReadonlyMap<string, MirrorEntry>
  /** Nodes (hex) by which it was invited, while it waits to be let in. */
  readonly invitedBy: readonly string[]
  /** How much of each log is here, the control logs among them. */
  lengths(): Iterable<LogLength>
  /** A node said that it has so much of this person's logs. */
  stored(node: string, logs: Iterable<LogLength>): void
  /** A node holds the room no more. */
  dropped(node: string): void
}
