/** What is exchanged, and with whom it is shared: types only. */
import type { KeyPair } from 'hypercore'
import type { Copy, ItemName, LogRange, Stored } from '../copy.ts'
import type { ListChange } from '../items/item-lists.ts'
import type { Keeping } from '../items/keeping.ts'
import type { Refused } from '../policy/refusals.ts'
import type { Kind, Scope } from '../policy/roles.ts'

/** Who is at the other end of a link, as far as a holder counts what it takes from them. */
export interface Visitor {
  /** The depositor's public key, when it deposited this mirror over this link. */
  readonly depositor: Buffer | null
  /** What the other end can not choose freely, see core/address-bucket.ts. */
  readonly address: string
  /** It is a member of a room of this device. */
  readonly paired: boolean
}

/** Who counts what a copy takes in. */
export interface CopyGuard {
  /** How many bytes more are taken from them, and what the reason is when these are too few. */
  room(visitor: Visitor): { readonly bytes: number; readonly refused: Refused }
  store(range: LogRange, visitor: Visitor): Promise<Stored>
  /** Bytes that are held. */
  readonly bytes: number
  /** Wall-clock ms until when they are. */
  readonly until: number
  /** Join statements that wait for a member. */
  note(statements: readonly Buffer[], visitor: Visitor): Promise<void>
  /** Such are over, by their short hashes, as somebody says who can judge them. */
  settle(names: readonly Buffer[], visitor: Visitor): Promise<void>
  /** Items that somebody would have kept. */
  list(lister: Lister, change: ListChange): void
  /** Items that depositors would have kept, for others who hold the mirror; the newest first. */
  listed(): readonly ItemName[]
  /** What became of the items (roots in hex) that somebody would have kept. */
  keeping(lister: Lister): Iterable<readonly [root: string, keeping: Keeping]>
}

/** Who would have items of a mirror kept: a depositor, or another node that holds it. */
export interface Lister {
  readonly key: Buffer
  readonly node: boolean
  readonly address: string
  readonly paired: boolean
}

/** A room, as far as its files go through nodes. */
export interface RoomFiles {
  /** The room's id. */
  readonly id: string
  /** True for a node (hex) that members asked to hold the room. */
  names(node: string): boolean
}

/** A copy under one of the keys that find it. */
export interface SharedCopy {
  /** The mirror's key, or the carriers' key that follows from it: 32 bytes. */
  readonly key: Buffer
  readonly scope: Scope
  readonly kind: Kind
  readonly copy: Copy
  /** Of a mirror that is held for others. */
  readonly guard?: CopyGuard
  /** Of a room whose files go through nodes. */
  readonly files?: RoomFiles
}

/** How this device offers space. */
export interface NodeOffer {
  /** The device's own. */
  readonly keyPair: KeyPair
  /** At most 64 bytes. */
  readonly name: string
  /** Bytes that it would still take from who is at the other end. */
  free(visitor: Visitor): number
  readonly relayKey: Buffer | null
}

/** A node at the other end that proved itself. */
export interface RemoteNode {
  readonly key: Buffer
  readonly name: string
  /** Bytes it would still take from this device, as it says. */
  readonly free: number
  readonly relay: Buffer | null
}

/** A deposit that proved itself. */
export interface Deposit extends Visitor {
  readonly key: Buffer
  readonly depositor: Buffer
}

/** What a holder said of a mirror. */
export interface Kept {
  /** Wall-clock ms until when it keeps it. */
  readonly until: number
  /** Bytes that it holds of it. */
  readonly bytes: number
  /** Why it does not take (more of) it. */
  readonly refused: Refused | null
}

/** Who takes deposits in. */
export interface Keeper {
  /** The mirror is in `copies` when this resolves without a refusal. */
  deposit(deposit: Deposit): Promise<Kept>
  /** A depositor withdrew: all is deleted with the last. */
  forget(id: string, depositor: Buffer): Promise<void>
}
