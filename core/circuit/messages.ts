/** What neighbours say to each other of circuits, in the order of their numbers on the channel. */
import type { Message } from 'protomux'
import { bounded, bytes, checked, fixed, list, struct } from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'

/** Names the channel, and the version of what is said in it. */
export const CIRCUITS_PROTOCOL = 'porchlight/circuit/1'
/** Most links on the way of a circuit. */
export const MAX_HOPS = 8
/** Bytes of the id of a find. */
export const FIND_ID = 16
/** Bytes of a tag, and of an answer. */
export const FIND_TAG = 16
/** Devices that one find can look for. */
export const MAX_TAGS = 32
/** Most bytes of one data frame: small, so that text of others gets between. */
export const MAX_DATA = 16 * 1024
/** What a frame counts beside its data, so that many small ones are no way around the credit. */
export const FRAME = 64
/** What either end of a circuit may have under way on one link, and therefore most that is held for it there. */
export const WINDOW = 64 * 1024
/** The same on a narrow link, where as much would take seconds. */
export const NARROW_WINDOW = 8 * 1024
/** Numbers of circuits in one session. */
export const MAX_NUMBER = 0x7fff_ffff

/**
 * Why a circuit ends. `ended`: its sender says no more, and may still hear. After the others neither end does:
 * `refused` by the far end, `busy` at a relay, `unknown` way, `lost` link, `gone` far end.
 */
export const CLOSES = ['ended', 'refused', 'busy', 'unknown', 'lost', 'gone'] as const
/** One of these. */
export type Close = (typeof CLOSES)[number]

/** "Who of these is in reach?" Each tag means one device to the one device that it means. */
export interface FindMessage {
  id: Buffer
  /** Links that it may still go along, the one that it comes by included. */
  hops: number
  tags: Buffer[]
}

/** "One of them is, over me": `answer` proves it to the seeker alone. */
export interface FoundMessage {
  id: Buffer
  answer: Buffer
}

/** "Make a circuit to who gave this answer." The opener's number names it on this link from now on. */
export interface OpenMessage {
  circuit: number
  id: Buffer
  answer: Buffer
}

/** Bytes of a circuit: a piece of a stream, wherever it is cut. */
export interface DataMessage {
  circuit: number
  data: Buffer
}

/** "So many more bytes may come." */
export interface CreditMessage {
  circuit: number
  bytes: number
}

/** A circuit ends on this link; what its end is depends on the reason. */
export interface CloseMessage {
  circuit: number
  /** Index into CLOSES. */
  reason: number
}

const circuit = bounded(MAX_NUMBER)
const id = fixed(FIND_ID)
const answer = fixed(FIND_TAG)
const some = (data: Buffer): boolean => data.byteLength > 0

/** The messages by name; their order here is their number on the wire. */
export const circuitMessages: {
  find: Codec<FindMessage>
  found: Codec<FoundMessage>
  open: Codec<OpenMessage>
  data: Codec<DataMessage>
  credit: Codec<CreditMessage>
  close: Codec<CloseMessage>
} = {
  find: struct<FindMessage>({
    id,
    hops: checked(bounded(MAX_HOPS), (hops) => hops > 0, 'a find that goes nowhere'),
    tags: list(fixed(FIND_TAG), MAX_TAGS),
  }),
  found: struct<FoundMessage>({ id, answer }),
  open: struct<OpenMessage>({ circuit, id, answer }),
  data: struct<DataMessage>({ circuit, data: checked(bytes(MAX_DATA), some, 'no data') }),
  credit: struct<CreditMessage>({ circuit, bytes: bounded(WINDOW) }),
  close: struct<CloseMessage>({ circuit, reason: bounded(CLOSES.length - 1) }),
}

/** Sends each of the messages over one session. */
export type CircuitSenders = {
  [Name in keyof typeof circuitMessages]: (typeof circuitMessages)[Name] extends Codec<infer Value>
    ? Message<Value>
    : never
}
