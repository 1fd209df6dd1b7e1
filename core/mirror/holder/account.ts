import {
  bounded,
  encode,
  fixed,
  list,
  optional,
  struct,
  text,
  tryDecode,
  uint,
} from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { MAX_NOTES } from '../copy.ts'
import { SHORT } from '../short-name.ts'

/** Who brought something of a mirror, and how much. Times are as RunTime has them. */
export interface Account {
  /** Null for somebody who brought something and deposited nothing. */
  readonly depositor: Buffer | null
  /** See core/address-bucket.ts; where it was seen first: what it brought from there is counted there. */
  readonly address: string
  /** It shared a room with this device, last at `pairedAt`. */
  paired: boolean
  pairedAt: number
  readonly since: number
  seen: number
  bytes: number
  /** Logs of which it brought the first blocks. */
  logs: number
  /** Bytes of items that are kept for it; counted anew at each start. */
  items?: number
}

/** What a holder writes down of a mirror. */
export interface Book {
  /** The mirror's key. */
  readonly key: Buffer
  readonly accounts: Account[]
  /** When join statements came that wait for a member, by their short hashes. */
  readonly notes: HeldNote[]
  /** How long the device had been running when this was written down. */
  ran: number
}

/** A join statement that waits. */
export interface HeldNote {
  readonly name: Buffer
  readonly at: number
  /** Names who brought it. */
  readonly from: Buffer
}

/** Bytes that name who brought a statement. */
export const FROM = 8

/** Accounts of one mirror. */
export const MAX_ACCOUNTS = 1024
/** Longest address that is kept, in characters that take a byte each. */
const MAX_ADDRESS = 160

const flag: Codec<boolean> = {
  preencode: (state, value) => bounded(1).preencode(state, Number(value)),
  encode: (state, value) => bounded(1).encode(state, Number(value)),
  decode: (state) => bounded(1).decode(state) === 1,
}

const book: Codec<Book> = struct<Book>({
  key: fixed(32),
  accounts: list(
    struct<Account>({
      depositor: optional(fixed(32)),
      address: text(MAX_ADDRESS),
      paired: flag,
      pairedAt: uint,
      since: uint,
      seen: uint,
      bytes: uint,
      logs: uint,
    }),
    MAX_ACCOUNTS,
  ),
  notes: list(struct({ name: fixed(SHORT), at: uint, from: fixed(FROM) }), MAX_NOTES),
  ran: uint,
})

/** The bytes of it. */
export function encodeBook(value: Book): Buffer {
  return encode(book, value)
}

/** What the bytes say; null when they are damaged. */
export function decodeBook(bytes: Buffer): Book | null {
  return tryDecode(book, bytes)
}
