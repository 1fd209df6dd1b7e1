import type { Role, RoomSettings } from '../api.ts'
import type { KeyLink } from './operation.ts'

/** A content log as the control log tells of it. */
export interface KnownLog {
  /** Its core key. */
  readonly key: Buffer
  /** Its signing key. */
  readonly publicKey: Buffer
  readonly device: string
  readonly person: string
  /** Records from here on count for nothing: its device was removed. Null while it goes on. */
  readonly end: number | null
  /** [from, to) of records that show nothing, as their author was muted or a reader; `to` null: still. */
  readonly silenced: readonly (readonly [from: number, to: number | null])[]
}

/** An invite as the control log tells of it. */
export interface InviteEntry {
  readonly role: Role
  readonly uses: number | null
  readonly expiresAt: number | null
  /** Who made it (person). */
  readonly by: string
  /** Devices it let in. */
  readonly used: readonly string[]
  readonly revoked: boolean
  /** Removed persons that it lets back in: its maker knew of their removal. */
  readonly welcomes: readonly string[]
}

/** A device that is, or was, in the room. */
export interface DeviceEntry {
  readonly person: string
  /** Core key of its control log. */
  readonly writer: string
  /** Signing keys of its content logs, oldest first. */
  readonly logs: readonly string[]
  readonly standing: 'in' | 'left' | 'removed'
  /** Its own person cut it off: it never comes back, nor does what it vouched for from then on. */
  readonly dropped: boolean
  /** Wall-clock ms of its statement. */
  readonly since: number
}

/** A person who is, or was, in the room. */
export interface PersonEntry {
  readonly name: string
  readonly role: Role
  readonly muted: boolean
  readonly banned: boolean
  /** Was removed, and is not let in again since. */
  readonly removed: boolean
  /** Position in the order in which persons came: 0 is the creator. */
  readonly seniority: number
  /** Public key by which its 24 words find the room again. */
  readonly recovery: string
}

/** One content key of the room; ids are random-looking 32-bit numbers, 0 for the first. */
export interface EpochEntry {
  readonly id: number
  /** Epochs before it. */
  readonly depth: number
  readonly parent: number | null
  /** Wall-clock ms as claimed. */
  readonly at: number
  /** Devices that were handed its key; one that was let in by an act that is void may be told by its first 8 bytes alone. */
  readonly holders: ReadonlySet<string>
  /** Those of them to which no box of it handed the key: who made it, was let in with it, or granted it. */
  readonly handed: ReadonlySet<string>
  /** Public key of the pair that is made from the key: what boxes are made with, and any key is checked by. */
  readonly ephemeral: Buffer
  /** First 8 bytes of a device's key (hex) → its box. */
  readonly boxes: ReadonlyMap<string, Buffer>
  /** Keys of older epochs, sealed with this one's. */
  readonly links: readonly KeyLink[]
}

/** A node that is asked to hold the room, which it can not read. */
export interface MirrorEntry {
  /** By which its relay is named; null where it has none. */
  readonly relay: Buffer | null
  /** What it called itself; may be empty. */
  readonly name: string
  /** Who added it (person). */
  readonly by: string
  /** Wall-clock ms as claimed. */
  readonly at: number
}

/** A room as its control log tells it now: an immutable picture; ids are hex. */
export interface RoomState {
  readonly name: string
  readonly settings: RoomSettings
  readonly devices: ReadonlyMap<string, DeviceEntry>
  readonly persons: ReadonlyMap<string, PersonEntry>
  readonly invites: ReadonlyMap<string, InviteEntry>
  /** Control log key → device. */
  readonly writers: ReadonlyMap<string, string>
  /** Core key → log. */
  readonly logs: ReadonlyMap<string, KnownLog>
  readonly epochs: ReadonlyMap<number, EpochEntry>
  /** The epoch that records are sealed in from now on. */
  readonly epoch: number
  /** Device → keys sealed to it, newest last (from `admit` and `grant`). */
  readonly sealedKeys: ReadonlyMap<string, readonly Buffer[]>
  /** Ids of messages that moderators hid. */
  readonly hidden: ReadonlySet<string>
  /** Ids of pinned messages, in the order of pinning. */
  readonly pinned: readonly string[]
  /** Node key (hex) → the node. */
  readonly mirrors: ReadonlyMap<string, MirrorEntry>
}

/** The settings of a room that nobody set. */
export const DEFAULT_SETTINGS: RoomSettings = {
  history: 'all',
  rotateEvery: null,
  keepFor: null,
  disappearAfter: null,
}

/** A room of which nothing is known yet. */
export const EMPTY_ROOM: RoomState = {
  name: '',
  settings: DEFAULT_SETTINGS,
  devices: new Map(),
  persons: new Map(),
  invites: new Map(),
  writers: new Map(),
  logs: new Map(),
  epochs: new Map(),
  epoch: 0,
  sealedKeys: new Map(),
  hidden: new Set(),
  pinned: [],
  mirrors: new Map(),
}

/** A room's key is changed by time no more often than this: each change stays in the control log for good. */
export const LEAST_ROTATE_EVERY = 3_600_000
