/** What the store knows of an item from one start to the next; sealed on the disk. */
import {
  bounded,
  checked,
  encode,
  fixed,
  optional,
  struct,
  text,
  tryDecode,
  uint,
} from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { HASH, MAX_CHUNK, MAX_ITEM, isPossible } from '../descriptor.ts'
import { MAX_CONTENTS, MAX_FILES } from './contents.ts'

const VERSION = 1
const MAX_PATH = 4096

/** What is done with an item here. */
export const SHARED = 0
export const RECEIVED = 1
export const HELD = 2

/** One item's record. Paths of the store's own are relative to its directory. */
export interface ItemRecord {
  kind: number
  root: Buffer
  size: number
  chunk: number
  key: Buffer | null
  contents: number
  /** The room in which it was offered; it is given to members of no other. */
  room: string
  /** How many files it has as its message says; 0 for what nobody said. */
  files: number
  name: string
  /** Where its bytes are. */
  place: string
  /** Where a person wants them once they are all here; '' for nowhere else. */
  out: string
  /** The name that it gets once it is all here: it may have it already when a start finds the record as it is. */
  becoming: string
  /** What the file or directory at its place is known by, whatever name it has: see `markOf`. */
  mark: string
  /** Its bytes stand in the store's own directory. */
  own: boolean
  /** Everything that its files need stands at its place: only then their absence tells that others took them. */
  laid: boolean
  /** CRC-32 of a folder's table of contents, once it is laid out. */
  table: number
  /** Others changed what was here: it is theirs, and neither read, written nor removed. */
  lost: boolean
  complete: boolean
  paused: boolean
  asked: boolean
  /** Wall-clock ms. */
  addedAt: number
  usedAt: number
}

const flag: Codec<boolean> = {
  preencode: (s, v) => bounded(1).preencode(s, v ? 1 : 0),
  encode: (s, v) => bounded(1).encode(s, v ? 1 : 0),
  decode: (s) => bounded(1).decode(s) === 1,
}

const codec: Codec<ItemRecord & { version: number }> = struct({
  version: checked(bounded(255), (version) => version === VERSION, 'another version'),
  kind: bounded(HELD),
  root: fixed(HASH),
  size: bounded(MAX_ITEM),
  chunk: bounded(MAX_CHUNK),
  key: optional(fixed(HASH)),
  contents: bounded(MAX_CONTENTS),
  room: text(64),
  files: bounded(MAX_FILES),
  name: text(255),
  place: text(MAX_PATH),
  out: text(MAX_PATH),
  becoming: text(MAX_PATH),
  mark: text(64),
  own: flag,
  laid: flag,
  table: bounded(0xffff_ffff),
  lost: flag,
  complete: flag,
  paused: flag,
  asked: flag,
  addedAt: uint,
  usedAt: uint,
})

/** The record of an item that begins `now` (wall-clock ms), with what is known of it. */
export function newRecord(
  kind: number,
  now: number,
  known: Pick<ItemRecord, 'root' | 'size' | 'chunk' | 'room' | 'key'> & Partial<ItemRecord>,
): ItemRecord {
  return {
    kind,
    contents: 0,
    files: 0,
    name: '',
    place: '',
    out: '',
    becoming: '',
    mark: '',
    own: false,
    laid: false,
    table: 0,
    lost: false,
    complete: false,
    paused: false,
    asked: false,
    addedAt: now,
    usedAt: 0,
    ...known,
  }
}

/** As it is sealed. */
export function encodeRecord(record: ItemRecord): Buffer {
  return encode(codec, { version: VERSION, ...record })
}

/** Null for what is no record of a possible item. */
export function decodeRecord(stored: Uint8Array): ItemRecord | null {
  const record = tryDecode(codec, stored)
  if (!record || !isPossible(record)) return null
  if ((record.kind === HELD) !== (record.key === null)) return null
  return record
}
