import { tree } from 'hypercore-crypto'
import { encode, fixed, struct, tryDecode } from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { equal, hash } from '../../crypto/hash.ts'
import type { LogRange, TreeNode } from '../copy.ts'
import { MAX_WHOLE_BYTES, MAX_WHOLE_LENGTH } from '../range/prove.ts'
import { rangeBlocks, rangeHead } from '../range/range-codec.ts'
import type { RangeHead } from '../range/range-codec.ts'

/** Begins a record; the other one that was deleted. */
const LIVE = Buffer.from('PLS1')
const DEAD = Buffer.from('PLS0')
/** What both begin with: found again behind damage. */
export const MAGIC = LIVE.subarray(0, 3)
/** Bytes in front of a record's head: magic, two lengths, two checksums. */
export const FRAME = 44
/** Most bytes of a head. */
export const MAX_HEAD = 4096
const MAX_BODY = MAX_WHOLE_BYTES + 8 * MAX_WHOLE_LENGTH
const SUM = 16

/** What is known of a range without its blocks. */
export interface RecordHead extends RangeHead {
  /** Names the roots at its beginning, and at its end (16 bytes of the tree's hash). */
  readonly before: Buffer
  readonly after: Buffer
}

/** Where a record begins, its parts' lengths, and what they are checked against. */
export interface Frame {
  readonly live: boolean
  readonly head: number
  readonly body: number
  readonly headSum: Buffer
  readonly bodySum: Buffer
}

const head: Codec<{ range: RangeHead; after: Buffer }> = struct({
  range: rangeHead,
  after: fixed(SUM),
})

/** Names the roots of a log at one length. */
export function rootsName(roots: readonly TreeNode[]): Buffer {
  return tree(roots).subarray(0, SUM)
}

/** A range as it is appended to a segment file; `after` names the roots behind it. */
export function encodeRecord(range: LogRange, after: Buffer): Buffer {
  const { blocks, ...rest } = range
  const heading = encode(head, {
    range: { ...rest, count: blocks.length },
    after,
  })
  const body = encode(rangeBlocks, [...blocks])
  const frame = Buffer.alloc(FRAME)
  LIVE.copy(frame)
  frame.writeUInt32LE(heading.byteLength, 4)
  frame.writeUInt32LE(body.byteLength, 8)
  hash([body], { size: SUM }).copy(frame, 28)
  headSum(frame, heading).copy(frame, 12)
  return Buffer.concat([frame, heading, body])
}

/** The beginning of a record; null where none can be. */
export function readFrame(bytes: Buffer): Frame | null {
  if (bytes.byteLength < FRAME) return null
  const magic = bytes.subarray(0, 4)
  const live = magic.equals(LIVE)
  const frame = {
    live,
    head: bytes.readUInt32LE(4),
    body: bytes.readUInt32LE(8),
    headSum: bytes.subarray(12, 28),
    bodySum: bytes.subarray(28, FRAME),
  }
  const sound = frame.head <= MAX_HEAD && frame.body <= MAX_BODY
  return sound && (live || magic.equals(DEAD)) ? frame : null
}

/** A record's head, from its frame and what follows; null when it is damaged. */
export function readHead(bytes: Buffer): RecordHead | null {
  const frame = readFrame(bytes)
  if (!frame || bytes.byteLength < FRAME + frame.head) return null
  const heading = bytes.subarray(FRAME, FRAME + frame.head)
  if (!equal(headSum(bytes, heading), frame.headSum)) return null
  const value = tryDecode(head, heading)
  return value && { ...value.range, before: rootsName(value.range.roots), after: value.after }
}

/** A whole record's range; null when it is damaged, or deleted. */
export function readRecord(bytes: Buffer): LogRange | null {
  const frame = readFrame(bytes)
  const range = readHead(bytes)
  if (!frame?.live || !range) return null
  const body = bytes.subarray(FRAME + frame.head)
  if (body.byteLength !== frame.body) return null
  if (!equal(hash([body], { size: SUM }), frame.bodySum)) return null
  const { key, manifest, from, roots, signature, count } = range
  const blocks = tryDecode(rangeBlocks, body)
  return blocks?.length === count ? { key, manifest, from, roots, blocks, signature } : null
}

/** What is written over a record's first bytes when it is deleted. */
export const DELETED: Buffer = DEAD

function headSum(frame: Uint8Array, heading: Uint8Array): Buffer {
  return hash([frame.subarray(4, 12), frame.subarray(28, FRAME), heading], { size: SUM })
}
