import {
  bounded,
  bytes,
  encode,
  fixed,
  list,
  optional,
  struct,
  text,
  tryDecode,
  uint,
  union,
} from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'
import { MAX_NAME, MAX_STATEMENT } from './statement.ts'

const OPERATION_VERSION = 1
const MAX_OPERATION = 160 * 1024
/** Most devices that a rotation hands a key to, and so most devices of a room. */
export const MAX_DEVICES = 2048
/** Most bytes of keys sealed to one device. */
export const MAX_SEALED_KEYS = 1024
/** An epoch's key, boxed to one device: 32 bytes and a tag of 16. */
export const BOX = 48
/** The key of an older epoch, sealed with a newer one's: nonce, key, tag. */
export const LINK = 72
/** Most older epochs that a rotation links: its parent, and those that came beside it. */
export const MAX_LINKS = 8

/** Most bytes of what a node calls itself. */
export const MAX_NODE_NAME = 64

/** The first 8 bytes of a key, enough to name one among a room's. */
export const PREFIX = 8

/** How far the author of an entry knew a log: the first 8 bytes of its core key, its length. */
export interface Reach {
  log: Buffer
  length: number
}

/**
 * What the author of an entry against someone had seen of them. What they did or wrote beyond it was
 * concurrent, or later, and counts for nothing.
 */
export interface Cut {
  /** Their control logs. */
  control: Reach[]
  /** Their content logs. */
  content: Reach[]
}

/** The key of an older epoch, sealed with that of a newer one. */
export interface KeyLink {
  epoch: number
  link: Buffer
}

/** One device's copy of an epoch's key. */
export interface KeyBox {
  /** First 8 bytes of the device's key. */
  device: Buffer
  box: Buffer
}

export interface SettingsBody {
  /** 0: all that is kept; 1: from joining on. */
  history: number
  rotateEvery: number | null
  keepFor: number | null
  disappearAfter: number | null
}

/** One entry of a room's control log. The author is the writer of the core that it stands in. `at` is its wall clock. */
export type Operation =
  /** First entry of all: the room's name, its creator's join statement, and what the first epoch's key is checked by. */
  | { type: 'create'; name: string; statement: Buffer; ephemeral: Buffer }
  /** A way in; `role` indexes ROLES. */
  | { type: 'invite'; invite: Buffer; role: number; uses: number | null; expiresAt: number | null }
  /**
   * A member's device lets a joiner in, whose statement it checked, and hands it the key of an epoch, sealed to
   * its device key (empty while it may have none).
   */
  | { type: 'admit'; statement: Buffer; epoch: number; keys: Buffer }
  /** One more content log of a member's device. */
  | { type: 'log'; statement: Buffer }
  /** The author's nickname from now on. */
  | { type: 'profile'; name: string }
  /** The author's device is out. */
  | { type: 'leave' }
  /** The room's name from now on. */
  | { type: 'title'; name: string }
  | ({ type: 'settings' } & SettingsBody)
  /** An invite ends. `keep`: devices (8 bytes) known to be in by it; any other is out again. */
  | { type: 'revoke'; invite: Buffer; keep: Buffer[] }
  | { type: 'role'; person: Buffer; role: number; cut: Cut }
  /** A person is out, with all devices; banned: no invite lets them back in. */
  | { type: 'remove'; person: Buffer; ban: number; cut: Cut }
  | { type: 'unban'; person: Buffer }
  /** Nothing they write from the cut on is shown, until it is lifted with another cut. */
  | { type: 'mute'; person: Buffer; on: number; cut: Cut }
  /** One device is out: by another device of its person. */
  | { type: 'drop'; device: Buffer; cut: Cut }
  /** A message is hidden, or shown again, for all. */
  | { type: 'hide'; log: Buffer; seq: number; on: number }
  | { type: 'pin'; log: Buffer; seq: number; on: number }
  /** A fresh key for all who are in: an epoch after `parent`. `links` hold keys of older ones sealed with the new one. */
  | {
      type: 'rotate'
      epoch: number
      parent: number
      at: number
      /** X25519 public key that the boxes are made with. */
      ephemeral: Buffer
      boxes: KeyBox[]
      links: KeyLink[]
    }
  /** A device that is in and lacks an epoch's key gets it, sealed to its device key. */
  | { type: 'grant'; device: Buffer; epoch: number; keys: Buffer }
  /** The room is mirrored, or no longer, by a node that can not read it: its node key, by which its relay is named, what it calls itself. */
  | { type: 'mirror'; node: Buffer; relay: Buffer | null; name: string; at: number; on: number }

const flag = bounded(1)
const role = bounded(3)
const person = fixed(32)
const reach = struct<Reach>({ log: fixed(PREFIX), length: uint })
const cut = struct<Cut>({ control: list(reach, 256), content: list(reach, 512) })
const keys = bytes(MAX_SEALED_KEYS)
const place = { log: fixed(32), seq: uint, on: flag }
const epoch = bounded(0xffff_ffff)

const operation: Codec<Operation> = union<Operation>({
  create: [
    0,
    struct({ name: text(MAX_NAME), statement: bytes(MAX_STATEMENT), ephemeral: fixed(32) }),
  ],
  invite: [
    1,
    struct({
      invite: fixed(32),
      role,
      uses: optional(uint),
      expiresAt: optional(uint),
    }),
  ],
  admit: [2, struct({ statement: bytes(MAX_STATEMENT), epoch, keys })],
  log: [3, struct({ statement: bytes(MAX_STATEMENT) })],
  profile: [4, struct({ name: text(MAX_NAME) })],
  leave: [5, struct({})],
  title: [6, struct({ name: text(MAX_NAME) })],
  settings: [
    7,
    struct({
      history: flag,
      rotateEvery: optional(uint),
      keepFor: optional(uint),
      disappearAfter: optional(uint),
    }),
  ],
  revoke: [8, struct({ invite: fixed(32), keep: list(fixed(PREFIX), 1024) })],
  role: [9, struct({ person, role, cut })],
  remove: [10, struct({ person, ban: flag, cut })],
  unban: [11, struct({ person })],
  mute: [12, struct({ person, on: flag, cut })],
  drop: [13, struct({ device: fixed(32), cut })],
  hide: [14, struct(place)],
  pin: [15, struct(place)],
  rotate: [
    16,
    struct({
      epoch,
      parent: epoch,
      at: uint,
      ephemeral: fixed(32),
      boxes: list(struct<KeyBox>({ device: fixed(PREFIX), box: fixed(BOX) }), MAX_DEVICES),
      links: list(struct<KeyLink>({ epoch, link: fixed(LINK) }), MAX_LINKS),
    }),
  ],
  grant: [17, struct({ device: fixed(32), epoch, keys })],
  mirror: [
    18,
    struct({
      node: fixed(32),
      relay: optional(fixed(32)),
      name: text(MAX_NODE_NAME),
      at: uint,
      on: flag,
    }),
  ],
})

/** The bytes of an operation, as a control log holds them. */
export function encodeOperation(value: Operation): Buffer {
  return Buffer.concat([Buffer.from([OPERATION_VERSION]), encode(operation, value)])
}

/** Null for anything ill-formed, oversize or of a version or kind that is not known: such an entry changes nothing. */
export function decodeOperation(data: Buffer): Operation | null {
  if (data.byteLength > MAX_OPERATION || data[0] !== OPERATION_VERSION) return null
  return tryDecode(operation, data.subarray(1))
}
