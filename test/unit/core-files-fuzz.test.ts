import { describe, expect, test } from '@jest/globals'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import type { Codec } from '../../core/codec/codec.ts'
import { encode, tryDecode } from '../../core/codec/codec.ts'
import { Bitfield } from '../../core/files/bitfield.ts'
import { MAX_CHUNK, MIN_CHUNK } from '../../core/files/descriptor.ts'
import { readSavedFiles } from '../../core/files/policy/saved-files.ts'
import { decodeContents, encodeContents } from '../../core/files/store/contents.ts'
import { decodeRecord, encodeRecord, HELD, RECEIVED } from '../../core/files/store/item-record.ts'
import type { ItemRecord } from '../../core/files/store/item-record.ts'
import { decodeListing, encodeListing } from '../../core/files/store/shared-listing.ts'
import { decodeProgress } from '../../core/files/store/progress-log.ts'
import { fileMessages } from '../../core/files/swarm/messages.ts'
import { filePayload } from '../../core/room/messages/file-payload.ts'
import type { FilePayload } from '../../core/room/messages/file-payload.ts'
import { offerPayload } from '../hostile/crafted-item.ts'
import { jpeg } from './core-message-pictures.ts'

/** Inputs of each kind for each decoder: some 10^5 in all. */
const RUNS = 3_500

const tag = Buffer.alloc(16, 1)
const root = Buffer.alloc(32, 2)
const entries = ['a.txt', 'photos/b.jpg', 'photos/c/d.jpg'].map((path, n) => ({
  path,
  size: n * 7,
}))
const BYTES = 21
const record: ItemRecord = {
  kind: RECEIVED,
  root,
  size: 100_000,
  chunk: MIN_CHUNK,
  key: Buffer.alloc(32, 3),
  contents: 0,
  room: 'a'.repeat(32),
  files: 0,
  name: 'a.txt',
  place: 'received/x/a.txt.part',
  out: '/home/ann/a.txt',
  becoming: '',
  mark: '77 1700000000000000000',
  table: 7,
  lost: false,
  own: true,
  laid: true,
  complete: false,
  paused: false,
  asked: true,
  addedAt: 1_790_000_000_000,
  usedAt: 0,
}
const offer: FilePayload = {
  text: 'look',
  replyTo: null,
  expiresIn: 60_000,
  mentions: [root],
  file: {
    root,
    size: 100_000,
    chunk: MIN_CHUNK,
    key: Buffer.alloc(32, 3),
    contents: 0,
    files: 1,
    name: 'a.jpg',
    type: 'image/jpeg',
    preview: {
      image: jpeg(3, 2),
      width: 3,
      height: 2,
    },
  },
}

interface Decoder {
  readonly read: (data: Buffer) => void
  readonly valid: readonly Buffer[]
}

/** What it takes, it would write the same. */
function exact<T>(codec: Codec<T>, ...values: T[]): Decoder {
  return {
    read(data) {
      const value = tryDecode(codec, data)
      if (value !== null) expect(tryDecode(codec, encode(codec, value))).toEqual(value)
    },
    valid: values.map((value) => encode(codec, value)),
  }
}

function expectInside(paths: readonly string[]): void {
  expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(paths.length)
  for (const part of paths.flatMap((path) => path.split('/'))) {
    expect(part).not.toMatch(/^\.{0,2}$|[\\/\0]/)
  }
}

function readContents(data: Buffer): void {
  const files = decodeContents(data, BYTES)
  if (!files) return
  expectInside(files.map(({ path }) => path))
  expect(files.reduce((sum, { size }) => sum + size, 0)).toBe(BYTES)
}

function readProgress(data: Buffer): void {
  const read = decodeProgress(data, 20)
  if (!read) return
  expect(read.synced.length).toBe(20)
  expect(read.written.every((index) => index < 20)).toBe(true)
}

/** Of 20 chunks, four of which are on the disk for certain, and what was written since. */
function progress(written: readonly number[]): Buffer {
  const head = Buffer.from('00000000140000000f0000', 'hex')
  head.writeUInt32LE(crc32(head.subarray(4)), 0)
  const since = written.map((index) => {
    const entry = Buffer.alloc(8)
    entry.writeUInt32LE(index, 0)
    entry.writeUInt32LE(crc32(entry.subarray(0, 4)), 4)
    return entry
  })
  return Buffer.concat([head, ...since])
}

function readText(data: Buffer): void {
  let stored: unknown = data.toString()
  try {
    stored = JSON.parse(data.toString())
  } catch {
    // A string is something else than what was written, too.
  }
  const saved = readSavedFiles(stored)
  expect(readSavedFiles(JSON.parse(JSON.stringify(saved)))).toEqual(saved)
}

const m = fileMessages
const { listing } = encodeListing(entries.map((entry) => ({ ...entry, local: `x ${entry.path}` })))
const decoders: Record<string, Decoder> = {
  ask: exact(m.ask, { tag, roots: [root, root] }),
  has: exact(m.has, { tag, root, kind: 1, bits: Buffer.from([5, 1]) }),
  gained: exact(m.gained, {
    tag,
    root,
    runs: [
      { from: 0, count: 2 },
      { from: 9, count: 1 },
    ],
  }),
  forget: exact(m.forget, { tag, roots: [root] }),
  want: exact(m.want, { id: 9, tag, root, what: 1, index: 77, offset: 1_000 }),
  grant: exact(m.grant, { limit: 2 ** 40 }),
  piece: exact(m.piece, { id: 9, data: Buffer.alloc(40, 7) }),
  refuse: exact(m.refuse, { id: 9, reason: 3 }),
  cancel: exact(m.cancel, { ids: [1, 2, 2 ** 33] }),
  'a message with a file': exact(filePayload, offer),
  'a table of contents': { read: readContents, valid: [encodeContents(entries)] },
  'a listing': {
    read: (data) => void decodeListing(data, 1_000),
    valid: [listing],
  },
  'a record': {
    read(data) {
      const read = decodeRecord(data)
      if (read) expect(decodeRecord(encodeRecord(read))).toEqual(read)
    },
    valid: [encodeRecord(record), encodeRecord({ ...record, kind: HELD, key: null })],
  },
  progress: {
    read: readProgress,
    valid: [progress([]), progress([4, 19])],
  },
  'a state file': {
    read: readText,
    valid: [
      Buffer.from(
        JSON.stringify({
          policy: { autoFetch: { lan: 1, dht: 2, ble: 3, other: 4 }, keepFor: null },
          rooms: { ['0a'.repeat(16)]: { autoFetch: { lan: 1 }, keepFor: 60_000 } },
          quota: 5_000_000,
          declined: ['ab'.repeat(32)],
        }),
      ),
    ],
  },
}

test('the progress that is mutated here is read as it was written', () => {
  expect(decodeProgress(progress([4, 19]), 20)).toMatchObject({ written: [4, 19] })
})

describe('A27: of files, nothing but its own form is taken', () => {
  test.each(Object.keys(decoders))('%s: arbitrary bytes and mutated valid ones', (name) => {
    const { read, valid } = decoders[name]!
    for (const data of valid) read(data)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => read(Buffer.from(bytes))),
      { numRuns: RUNS },
    )
    const mutation = fc.record({
      of: fc.nat(valid.length - 1),
      changes: fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), {
        minLength: 1,
        maxLength: 3,
      }),
      cut: fc.nat(3),
    })
    fc.assert(
      fc.property(mutation, ({ of, changes, cut }) => {
        const data = Buffer.from(valid[of]!)
        for (const { at, byte } of changes) data[at % data.byteLength] = byte
        read(data.subarray(0, data.byteLength - cut))
      }),
      { numRuns: RUNS },
    )
  })

  test('a bitfield is as long as its item, and no longer', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.uint8Array({ maxLength: 40 }), (length, bytes) => {
        const field = Bitfield.from(length, Buffer.from(bytes))
        if (!field) return
        expect(Math.ceil(length / 8)).toBe(bytes.byteLength)
        const set = Array.from({ length: 400 }, (_, n) => n).filter((n) => field.has(n))
        expect(set.every((index) => index < length)).toBe(true)
        expect(field.count).toBe(set.length)
      }),
      { numRuns: RUNS },
    )
  })

  test.each([
    { size: 0 },
    { size: 2 ** 41 },
    { chunk: 65_537 },
    { chunk: MIN_CHUNK / 2 },
    { chunk: MAX_CHUNK * 2 },
    { size: MIN_CHUNK * 65_537 },
    { contents: 100_001, files: 2 },
    { contents: 50, files: 0 },
    { contents: 0, files: 2 },
    { contents: 50, files: 100_001 },
    { name: '' },
    { type: 'text/html; charset=x' },
    { type: 'IMAGE/PNG' },
    { type: '<script>/x' },
    { preview: { image: Buffer.from('<svg onload=alert(1)>'), width: 1, height: 1 } },
    { preview: { ...offer.file.preview!, width: 0 } },
    { preview: { ...offer.file.preview!, height: 100_001 } },
  ])('an offer with %j is none', (wrong) => {
    expect(tryDecode(filePayload, offerPayload(offer.file))).not.toBeNull()
    const written = offerPayload({ ...offer.file, ...wrong })
    expect(tryDecode(filePayload, written)).toBeNull()
  })
})
