import {
  bounded,
  bytes,
  encode,
  fixed,
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
const MAX_OPERATION = 8 * 1024

/** One entry of a room's control log. The author is the writer of the core that it stands in. */
export type Operation =
  /** First entry of all: the room's name and its creator's join statement. */
  | { type: 'create'; name: string; statement: Buffer }
  /** A way in: `keys` is the chain of epoch keys, sealed to the invite's key; `role` indexes ROLES. */
  | {
      type: 'invite'
      invite: Buffer
      role: number
      uses: number | null
      expiresAt: number | null
      keys: Buffer
    }
  /** A member's device lets a joiner in, whose statement it checked. */
  | { type: 'admit'; statement: Buffer }
  /** One more content log of a member's device. */
  | { type: 'log'; statement: Buffer }
  /** The author's nickname from now on. */
  | { type: 'profile'; name: string }
  /** The author's device is out. */
  | { type: 'leave' }

const operation: Codec<Operation> = union<Operation>({
  create: [0, struct({ name: text(MAX_NAME), statement: bytes(MAX_STATEMENT) })],
  invite: [
    1,
    struct({
      invite: fixed(32),
      role: bounded(3),
      uses: optional(uint),
      expiresAt: optional(uint),
      keys: bytes(4096),
    }),
  ],
  admit: [2, struct({ statement: bytes(MAX_STATEMENT) })],
  log: [3, struct({ statement: bytes(MAX_STATEMENT) })],
  profile: [4, struct({ name: text(MAX_NAME) })],
  leave: [5, struct({})],
})

export function encodeOperation(value: Operation): Buffer {
  return Buffer.concat([Buffer.from([OPERATION_VERSION]), encode(operation, value)])
}

/** Null for anything ill-formed, oversize or of a version or kind that is not known: such an entry changes nothing. */
export function decodeOperation(data: Buffer): Operation | null {
  if (data.byteLength > MAX_OPERATION || data[0] !== OPERATION_VERSION) return null
  return tryDecode(operation, data.subarray(1))
}
