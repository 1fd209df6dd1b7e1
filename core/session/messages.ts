/** What two devices say to each other in a session, in the order of their numbers on the channel. */
import type { Message } from 'protomux'
import { bounded, bytes, fixed, list, optional, struct, uint } from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'
import { MAX_STATEMENT } from '../control/statement.ts'
import { RECOGNITION_KEY } from '../recognition/recognition.ts'
import { MAX_BLOCK, MAX_SIGNATURE } from '../room/record.ts'

/** Names the channel, and the version of what is said in it. */
export const SESSION_PROTOCOL = 'porchlight/session/1'
/** Bytes of a room tag. */
export const TAG = 16
/** Rooms that can be matched in one session. */
export const MAX_ROOMS = 1024
/** Most blocks in one frame of a bulk range. */
export const MAX_BULK_BLOCKS = 1024
/** Most bytes of one word in a meeting: it must fit into a frame of a peer that is not known yet. */
export const MAX_MEETING = 32 * 1024

/** Tags of all the sender's rooms for this session, padded in number with random ones. */
export interface RoomsMessage {
  tags: Buffer[]
}

/** "I am this device, and in this room": `tag` names the room by the initiator's tag, here and below. */
export interface ProveMessage {
  tag: Buffer
  device: Buffer
  /** Over the handshake hash, the sender's side and the room. */
  signature: Buffer
  /** The join statement by which the sender came in; empty for the creator. */
  statement: Buffer
}

/** How far the sender knows the control logs, and statements that it asks members to write down. */
export interface ControlMessage {
  tag: Buffer
  heads: { key: Buffer; length: number }[]
  statements: Buffer[]
}

/**
 * How much of each content log the sender has stored and placed, and how much of the receiver's logs its person has
 * read. Of each log once; then what changed of logs of the receiver's person since it was last said.
 */
export interface HaveMessage {
  tag: Buffer
  logs: { key: Buffer; length: number }[]
  read: { key: Buffer; length: number }[]
}

/** "Send the blocks of this log from here to its next checkpoint or its end." */
export interface BulkRequest {
  tag: Buffer
  id: number
  log: Buffer
  from: number
}

/** Blocks of a range, in order. */
export interface BulkBlocks {
  id: number
  blocks: Buffer[]
}

/** The range is complete: the log's signature at `length`; `length` 0 when there is nothing to send. */
export interface BulkEnd {
  id: number
  length: number
  signature: Buffer
}

/** Why a peer is not let in, or why a connection ends. */
export const REFUSALS = [
  'unknown',
  'expired',
  'used-up',
  'left',
  'removed',
  'full',
  'revoked',
] as const
/** One of these reasons. */
export type Refusal = (typeof REFUSALS)[number]

/** "You are not let in, and this is why." */
export interface RefuseMessage {
  tag: Buffer
  /** Index into REFUSALS. */
  reason: number
}

/** The room's epoch, while the sender is in and lacks its key, whatever the control log says it was handed; or null. */
export interface LacksMessage {
  tag: Buffer
  epoch: number | null
}

/** The key by which the sender's device is recognised by radio; for members alone. */
export interface RecogniseMessage {
  key: Buffer
}

/** A word in a meeting, which `tag` names as it names a room. */
export interface MeetMessage {
  tag: Buffer
  data: Buffer
}

const head = struct({ key: fixed(32), length: uint })

/** The messages by name; their order here is their number on the wire. */
export const sessionMessages: {
  rooms: Codec<RoomsMessage>
  prove: Codec<ProveMessage>
  control: Codec<ControlMessage>
  have: Codec<HaveMessage>
  bulkRequest: Codec<BulkRequest>
  bulkBlocks: Codec<BulkBlocks>
  bulkEnd: Codec<BulkEnd>
  refuse: Codec<RefuseMessage>
  ping: Codec<object>
  retire: Codec<object>
  meet: Codec<MeetMessage>
  lacks: Codec<LacksMessage>
  recognise: Codec<RecogniseMessage>
} = {
  rooms: struct<RoomsMessage>({ tags: list(fixed(TAG), MAX_ROOMS) }),
  prove: struct<ProveMessage>({
    tag: fixed(TAG),
    device: fixed(32),
    signature: fixed(64),
    statement: bytes(MAX_STATEMENT),
  }),
  control: struct<ControlMessage>({
    tag: fixed(TAG),
    heads: list(head, 2048),
    statements: list(bytes(MAX_STATEMENT), 16),
  }),
  have: struct<HaveMessage>({
    tag: fixed(TAG),
    logs: list(head, 1024),
    read: list(head, 1024),
  }),
  bulkRequest: struct<BulkRequest>({ tag: fixed(TAG), id: uint, log: fixed(32), from: uint }),
  bulkBlocks: struct<BulkBlocks>({ id: uint, blocks: list(bytes(MAX_BLOCK), MAX_BULK_BLOCKS) }),
  bulkEnd: struct<BulkEnd>({ id: uint, length: uint, signature: bytes(MAX_SIGNATURE) }),
  refuse: struct<RefuseMessage>({ tag: fixed(TAG), reason: bounded(REFUSALS.length - 1) }),
  ping: struct({}),
  retire: struct({}),
  meet: struct<MeetMessage>({ tag: fixed(TAG), data: bytes(MAX_MEETING) }),
  lacks: struct<LacksMessage>({ tag: fixed(TAG), epoch: optional(bounded(0xffff_ffff)) }),
  recognise: struct<RecogniseMessage>({ key: fixed(RECOGNITION_KEY) }),
}

/** The sending half of each message. `send` is false when the link wants a pause. */
export type SessionSenders = {
  readonly [K in keyof typeof sessionMessages]: Message<
    (typeof sessionMessages)[K] extends Codec<infer T> ? T : never
  >
}
