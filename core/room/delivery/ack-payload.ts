/** Payload of `KIND_ACK`: what a device says of others' logs, in as few bytes as it takes. */
import { encode, fixed, list, struct, tryDecode, uint } from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { PREFIX } from '../../control/operation.ts'

/** Most logs named in each half of one acknowledgement. */
export const MAX_ACKED = 64

/** The first `length` records of the log whose key begins so. */
export interface AckEntry {
  log: Buffer
  length: number
}

export interface Ack {
  /** What this device has in its timeline. */
  have: AckEntry[]
  /** What its person has read. */
  read: AckEntry[]
}

const entries = list(struct<AckEntry>({ log: fixed(PREFIX), length: uint }), MAX_ACKED)
const ack: Codec<Ack> = struct<Ack>({ have: entries, read: entries })

/** The bytes of an acknowledgement. */
export function encodeAck(value: Ack): Buffer {
  return encode(ack, value)
}

/** Null for anything that `encodeAck` does not write. */
export function decodeAck(payload: Buffer): Ack | null {
  return tryDecode(ack, payload)
}
