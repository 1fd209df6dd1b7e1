/** What two devices say to each other about mirrors, in the order of the numbers on the channel. */
import type { Message } from 'protomux'
import {
  bounded,
  bytes,
  checked,
  fixed,
  list,
  optional,
  struct,
  text,
  uint,
} from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { MAX_MANIFEST, MAX_NOTES } from '../copy.ts'
import type { ItemName, LogHead, Span, TreeNode } from '../copy.ts'
import { KEEPING } from '../items/keeping.ts'
import { REFUSED } from '../policy/refusals.ts'
import { KINDS } from '../policy/roles.ts'
import { SHORT } from '../short-name.ts'
import { MAX_ROOTS, MAX_SIGNATURE } from '../range/prove.ts'

/** Names the channel, and the version of what is said in it. */
export const MIRROR_PROTOCOL = 'porchlight/mirror/1'
/** Bytes of a tag: as of a room's. */
export const TAG = 16
/** Keys that can be matched in one session. */
export const MAX_KEYS = 4096
/** Tags in one frame: a quarter of what a stranger's frame may hold. */
export const MAX_TAGS = 1024
/** Logs in one frame. */
export const MAX_HEADS = 256
/** Spans of one log in one frame: what has more holes is told in part, and the rest once these are fetched. */
export const MAX_SPANS = 64
/** The longest block of any log, an entry of a control log among them. */
export const MAX_MIRROR_BLOCK = 192 * 1024
/** Blocks in one frame. */
export const MAX_FRAME_BLOCKS = 512
/** Items named in one frame. */
export const MAX_ITEMS = 256
/** A join statement. */
export const MAX_NOTE = 2048
/** Bytes of a node's name. */
export const MAX_NAME = 64

/** A node that offers space: who it is (its device's public key), proved over the handshake. */
export interface NodeMessage {
  key: Buffer
  signature: Buffer
  /** Bytes that it would still take from the receiver. */
  free: number
  /** Names its relay on the internet. */
  relay: Buffer | null
  name: string
}

/** Who the sender is, as far as mirrors go; said first, and again as it changes. */
export interface HelloMessage {
  node: NodeMessage | null
  /** Bytes it would carry for strangers. */
  carries: number
}

/** Tags of keys that the sender knows and did not show before, padded in number with random ones. */
export interface TagsMessage {
  tags: Buffer[]
  /** 1 while more of them follow at once, else 0. */
  more: number
}

/** "I have this too": `tag` names it by the initiator's tag, here and below. */
export interface OpenMessage {
  tag: Buffer
  /** Index into KINDS. */
  kind: number
}

export interface TagMessage {
  tag: Buffer
}

/** "Hold this for me." */
export interface DepositMessage {
  /** The mirror's key. */
  key: Buffer
  depositor: Buffer
  /** Over the handshake hash, the sender's side and the key. */
  signature: Buffer
}

/** What became of a deposit; again when that changes. */
export interface AnswerMessage {
  tag: Buffer
  /** 0, or index into REFUSED and 1. */
  refused: number
  /** Wall-clock ms until when it is kept. */
  until: number
  /** Bytes held of this mirror. */
  bytes: number
}

/** What the sender has of these logs, instead of what it said before of each. */
export interface HeadsMessage {
  tag: Buffer
  logs: LogHead[]
}

/** "Send me a range." */
export interface WantMessage {
  id: number
  tag: Buffer
  key: Buffer
  from: number
  /** Most bytes of blocks. */
  max: number
}

export interface BlocksMessage {
  id: number
  blocks: Buffer[]
}

/** The range is complete; `length` 0 when there is none. */
export interface EndMessage {
  id: number
  roots: TreeNode[]
  length: number
  signature: Buffer
}

/** Join statements that wait for a member. */
export interface NotesMessage {
  tag: Buffer
  statements: Buffer[]
}

/** Statements that no member needs any more, by their short hashes. */
export interface OverMessage {
  tag: Buffer
  names: Buffer[]
}

/** Items that the sender would have kept from now on, and roots of those that it would not any more. */
export interface ItemsMessage {
  tag: Buffer
  /** 1 when nothing that was said before counts, else 0. */
  fresh: number
  /** 1 while more of it follows at once, else 0. */
  more: number
  /** The newest first. */
  list: ItemName[]
  gone: Buffer[]
}

/** What became of items that the receiver would have kept. */
export interface KeptMessage {
  tag: Buffer
  /** `state`: index into KEEPING. */
  list: { root: Buffer; state: number }[]
}

/** Withdraws a deposit: whoever withdraws the last one has all of it deleted. */
export interface ForgetMessage {
  tag: Buffer
  depositor: Buffer
  /** Over the handshake hash, the sender's side and the mirror's key, under another label than a deposit. */
  signature: Buffer
}

/** What the sender would give to carry: it is taken by wanting it. */
export interface ParcelsMessage {
  /** The carriers' key of the mirror. */
  key: Buffer
  logs: {
    key: Buffer
    manifest: Buffer
    spans: readonly Span[]
    /** How many copies the receiver may make. */
    copies: number
    bytes: number
  }[]
  /** Wall-clock ms after which nobody carries it on. */
  until: number
  /** 1: the receiver meets the sender day after day, and is to want what the room's carriers have. */
  regular: number
}

const span: Codec<Span> = checked(
  struct<{ from: number; to: number }>({ from: uint, to: uint }),
  ({ from, to }) => from < to,
  'a span that is none',
)
const spans: Codec<readonly Span[]> = checked(
  list(span, MAX_SPANS) as Codec<readonly Span[]>,
  (all) => all.every(({ from }, n) => n === 0 || from > all[n - 1]!.to),
  'spans that do not rise',
)
const head: Codec<LogHead> = struct<LogHead>({
  key: fixed(32),
  manifest: bytes(MAX_MANIFEST),
  spans,
})
const treeNode: Codec<TreeNode> = struct<TreeNode>({ index: uint, size: uint, hash: fixed(32) })
const tagged = struct<TagMessage>({ tag: fixed(TAG) })

/** The messages by name; their order here is their number on the wire. */
export const mirrorMessages: {
  hello: Codec<HelloMessage>
  tags: Codec<TagsMessage>
  open: Codec<OpenMessage>
  gone: Codec<TagMessage>
  deposit: Codec<DepositMessage>
  answer: Codec<AnswerMessage>
  heads: Codec<HeadsMessage>
  ask: Codec<TagMessage>
  want: Codec<WantMessage>
  blocks: Codec<BlocksMessage>
  end: Codec<EndMessage>
  notes: Codec<NotesMessage>
  items: Codec<ItemsMessage>
  kept: Codec<KeptMessage>
  forget: Codec<ForgetMessage>
  parcels: Codec<ParcelsMessage>
  over: Codec<OverMessage>
} = {
  hello: struct<HelloMessage>({
    node: optional(
      struct<NodeMessage>({
        key: fixed(32),
        signature: fixed(64),
        free: uint,
        relay: optional(fixed(32)),
        name: text(MAX_NAME),
      }),
    ),
    carries: uint,
  }),
  tags: struct<TagsMessage>({ tags: list(fixed(TAG), MAX_TAGS), more: bounded(1) }),
  open: struct<OpenMessage>({ tag: fixed(TAG), kind: bounded(KINDS.length - 1) }),
  gone: tagged,
  deposit: struct<DepositMessage>({ key: fixed(32), depositor: fixed(32), signature: fixed(64) }),
  answer: struct<AnswerMessage>({
    tag: fixed(TAG),
    refused: bounded(REFUSED.length),
    until: uint,
    bytes: uint,
  }),
  heads: struct<HeadsMessage>({ tag: fixed(TAG), logs: list(head, MAX_HEADS) }),
  ask: tagged,
  want: struct<WantMessage>({
    id: uint,
    tag: fixed(TAG),
    key: fixed(32),
    from: uint,
    max: uint,
  }),
  blocks: struct<BlocksMessage>({
    id: uint,
    blocks: list(bytes(MAX_MIRROR_BLOCK), MAX_FRAME_BLOCKS),
  }),
  end: struct<EndMessage>({
    id: uint,
    roots: list(treeNode, MAX_ROOTS),
    length: uint,
    signature: bytes(MAX_SIGNATURE),
  }),
  notes: struct<NotesMessage>({ tag: fixed(TAG), statements: list(bytes(MAX_NOTE), MAX_NOTES) }),
  items: struct<ItemsMessage>({
    tag: fixed(TAG),
    fresh: bounded(1),
    more: bounded(1),
    list: list(struct<ItemName>({ root: fixed(32), size: uint, chunk: uint }), MAX_ITEMS),
    gone: list(fixed(32), MAX_ITEMS),
  }),
  kept: struct<KeptMessage>({
    tag: fixed(TAG),
    list: list(struct({ root: fixed(32), state: bounded(KEEPING.length - 1) }), MAX_ITEMS),
  }),
  forget: struct<ForgetMessage>({ tag: fixed(TAG), depositor: fixed(32), signature: fixed(64) }),
  parcels: struct<ParcelsMessage>({
    key: fixed(32),
    logs: list(
      struct<ParcelsMessage['logs'][number]>({
        key: fixed(32),
        manifest: bytes(MAX_MANIFEST),
        spans,
        copies: bounded(0xffff),
        bytes: uint,
      }),
      MAX_HEADS,
    ),
    until: uint,
    regular: bounded(1),
  }),
  over: struct<OverMessage>({ tag: fixed(TAG), names: list(fixed(SHORT), MAX_NOTES) }),
}

/** The sending half of each message. `send` is false when the link wants a pause. */
export type MirrorSenders = {
  readonly [K in keyof typeof mirrorMessages]: Message<
    (typeof mirrorMessages)[K] extends Codec<infer T> ? T : never
  >
}
