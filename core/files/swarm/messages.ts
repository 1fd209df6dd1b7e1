/** What two devices say to each other about items, in the order of the numbers on the channel. */
import type { Message } from 'protomux'
import { bounded, bytes, fixed, list, struct, uint, view } from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { HASH, MAX_CHUNK, MAX_CHUNKS, SEAL } from '../descriptor.ts'

/** Names the channel, and the version of what is said in it. */
export const FILES_PROTOCOL = 'porchlight/files/1'
/** Bytes of a room's tag. */
const TAG = 16
/** Items that one end may ask about in a session. */
export const MAX_ROOTS = 256
/** Most runs of chunks in one message. */
export const MAX_RUNS = 256
/** Most wants that may be unanswered in a session. */
export const MAX_WANTS = 64
/** Most bytes of one piece that a peer may send. */
const MAX_PIECE = 256 * 1024

/** What a peer has of an item, by its number on the wire; `changed` and `gone` for an original that was sent from there. */
export const KINDS = ['none', 'some', 'all', 'changed', 'gone'] as const
/** One of these. */
export type Kind = (typeof KINDS)[number]

/** Why a want is not answered; `busy`: not now. */
export const REFUSED = ['none', 'changed', 'gone', 'busy'] as const
/** One of these. */
export type Refused = (typeof REFUSED)[number]

/** "Tell me what you have of these, now and as it changes"; also what takes that back. `tag` is the initiator's. */
export interface RootsMessage {
  tag: Buffer
  roots: Buffer[]
}

export interface HasMessage {
  tag: Buffer
  root: Buffer
  /** Index into KINDS. */
  kind: number
  /** With `some`: its bitfield; else empty. */
  bits: Buffer
}

export interface GainedMessage {
  tag: Buffer
  root: Buffer
  runs: { from: number; count: number }[]
}

/** The number of `WantMessage.what` for a manifest, and for a chunk. */
export const MANIFEST = 0
export const CHUNK = 1

/** "Send me this." */
export interface WantMessage {
  id: number
  tag: Buffer
  root: Buffer
  what: number
  index: number
  /** Bytes of the answer that are here already. */
  offset: number
}

/** How many bytes of pieces the receiver of this may have sent in this session. */
export interface GrantMessage {
  limit: number
}

/** The next bytes of the answer to a want. */
export interface PieceMessage {
  id: number
  data: Buffer
}

export interface RefuseMessage {
  id: number
  /** Index into REFUSED. */
  reason: number
}

export interface CancelMessage {
  ids: number[]
}

const roots = struct<RootsMessage>({ tag: fixed(TAG), roots: list(fixed(HASH), MAX_ROOTS) })
const run = struct({ from: bounded(MAX_CHUNKS - 1), count: bounded(MAX_CHUNKS) })

/** The messages by name; their order here is their number on the wire. */
export const fileMessages: {
  ask: Codec<RootsMessage>
  has: Codec<HasMessage>
  gained: Codec<GainedMessage>
  forget: Codec<RootsMessage>
  want: Codec<WantMessage>
  grant: Codec<GrantMessage>
  piece: Codec<PieceMessage>
  refuse: Codec<RefuseMessage>
  cancel: Codec<CancelMessage>
} = {
  ask: roots,
  has: struct<HasMessage>({
    tag: fixed(TAG),
    root: fixed(HASH),
    kind: bounded(KINDS.length - 1),
    bits: bytes(MAX_CHUNKS / 8),
  }),
  gained: struct<GainedMessage>({ tag: fixed(TAG), root: fixed(HASH), runs: list(run, MAX_RUNS) }),
  forget: roots,
  want: struct<WantMessage>({
    id: uint,
    tag: fixed(TAG),
    root: fixed(HASH),
    what: bounded(CHUNK),
    index: bounded(MAX_CHUNKS - 1),
    offset: bounded(MAX_CHUNK + SEAL),
  }),
  grant: struct<GrantMessage>({ limit: uint }),
  piece: struct<PieceMessage>({ id: uint, data: view(MAX_PIECE) }),
  refuse: struct<RefuseMessage>({ id: uint, reason: bounded(REFUSED.length - 1) }),
  cancel: struct<CancelMessage>({ ids: list(uint, MAX_WANTS) }),
}

/** The sending half of each message. `send` is false when the link wants a pause. */
export type FileSenders = {
  readonly [K in keyof typeof fileMessages]: Message<
    (typeof fileMessages)[K] extends Codec<infer T> ? T : never
  >
}
