import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { encode, tryDecode } from '../../core/codec/codec.ts'
import {
  chunkFor,
  isPossible,
  MAX_CHUNK,
  MAX_ITEM,
  MIN_CHUNK,
} from '../../core/files/descriptor.ts'
import { MAX_CONTENTS, MAX_FILES } from '../../core/files/store/contents.ts'
import { safeName } from '../../core/files/safe-name.ts'
import { fileCard } from '../../core/room/messages/file-card.ts'
import {
  filePayload,
  isMediaType,
  MAX_FILE_NAME,
  MAX_IMAGE_SIDE,
  MAX_PREVIEW,
} from '../../core/room/messages/file-payload.ts'
import type { FileOffer, FilePayload } from '../../core/room/messages/file-payload.ts'
import { messagePayload } from '../../core/room/messages/message-payload.ts'
import { MAX_MENTIONS, MAX_TEXT, MAX_TIMER, MIN_TIMER } from '../../core/room/messages/payloads.ts'
import { KIND_FILE, KIND_TEXT, MAX_BLOCK, MAX_HEADS, sealRecord } from '../../core/room/record.ts'
import { offerOf } from './core-conversation.ts'
import { jpeg, png, webp } from './core-message-pictures.ts'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((data) => Buffer.from(data))
const offers: fc.Arbitrary<FileOffer> = fc
  .record({
    root: key,
    key,
    size: fc.oneof(fc.integer({ min: 1, max: 1 << 20 }), fc.integer({ min: 1, max: MAX_ITEM })),
    contents: fc.nat(MAX_CONTENTS),
    files: fc.integer({ min: 1, max: MAX_FILES }),
    name: fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((name) => Buffer.byteLength(name) <= MAX_FILE_NAME),
    type: fc.constantFrom('text/plain', 'image/svg+xml', 'application/vnd.ms-excel', 'x/y'),
    preview: fc.option(
      fc.record({
        image: fc.constantFrom(png(64, 48), jpeg(9, 8), webp('VP8X', 3, 4)),
        width: fc.integer({ min: 1, max: MAX_IMAGE_SIDE }),
        height: fc.integer({ min: 1, max: MAX_IMAGE_SIDE }),
      }),
    ),
  })
  .map((offer) => {
    const contents = Math.min(offer.contents, offer.size)
    return {
      ...offer,
      contents,
      files: contents === 0 ? 1 : offer.files,
      chunk: chunkFor(offer.size),
    }
  })
const payloads: fc.Arbitrary<FilePayload> = fc.record({
  text: fc.string({ unit: 'grapheme', maxLength: 100 }),
  replyTo: fc.option(fc.record({ log: key, seq: fc.maxSafeNat() })),
  expiresIn: fc.option(fc.integer({ min: MIN_TIMER, max: MAX_TIMER })),
  mentions: fc.array(key, { maxLength: MAX_MENTIONS }),
  file: offers,
})

function payload(change: Partial<FileOffer> = {}): FilePayload {
  const file = offerOf('a.txt', change)
  return { text: '', replyTo: null, expiresIn: null, mentions: [], file }
}

describe('the payload of a file', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(payloads, (value) => {
        const data = encode(filePayload, value)
        expect(tryDecode(filePayload, data)).toEqual(value)
        expect(messagePayload({ kind: KIND_FILE, payload: data })).toEqual({
          ...value,
          location: null,
        })
        expect(messagePayload({ kind: KIND_FILE + 1, payload: data })).toBeNull()
      }),
    )
  })

  test('mutated bytes are read as an item that may be, or refused', () => {
    const changes = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(payloads, changes, fc.nat(600), (value, bytes, cut) => {
        const data = encode(filePayload, value)
        for (const [at, byte] of bytes) if (at < data.byteLength) data[at] = byte
        const read = tryDecode(filePayload, cut < data.byteLength ? data.subarray(0, cut) : data)
        if (!read) return
        expect(tryDecode(filePayload, encode(filePayload, read))).toEqual(read)
        const { file } = read
        expect(isPossible(file) && isMediaType(file.type) && file.contents <= file.size).toBe(true)
        const card = fileCard(file, 'remote')
        expect(card.name).toBe(safeName(file.name))
        expect(card.size).toBeGreaterThanOrEqual(0)
        expect(card.type === 'inode/directory').toBe(file.contents > 0)
      }),
      { numRuns: 1_000 },
    )
  })

  const image = (bytes: number): Buffer => Buffer.concat([png(8, 8), Buffer.alloc(bytes - 64)])
  const picture = { image: png(8, 8), width: 1, height: 1 }
  const impossible: [string, Partial<FileOffer>][] = [
    ['no bytes', { size: 0 }],
    ['more than any item', { size: MAX_ITEM + 1, chunk: MAX_CHUNK }],
    ['more chunks than a manifest names', { size: MIN_CHUNK * 65_536 + 1 }],
    ['a chunk that is no power of two', { chunk: MIN_CHUNK + 1 }],
    ['a chunk too small', { chunk: MIN_CHUNK / 2 }],
    ['a chunk of nothing', { chunk: 0 }],
    ['more contents than bytes', { contents: 1_001, files: 2 }],
    ['contents too long', { size: MAX_CONTENTS + 2, chunk: 2 ** 20, contents: MAX_CONTENTS + 1 }],
    ['no files', { contents: 10, files: 0 }],
    ['too many files', { contents: 10, files: MAX_FILES + 1 }],
    ['many files without contents', { files: 2 }],
    ['no name', { name: '' }],
    ['a name too long', { name: 'a'.repeat(MAX_FILE_NAME + 1) }],
    ['no type', { type: '' }],
    ['a type in upper case', { type: 'Text/Plain' }],
    ['a type with parameters', { type: 'text/html; charset=utf-8' }],
    ['a type with a line end', { type: 'text/html\n' }],
    ['a preview too large', { preview: { ...picture, image: image(MAX_PREVIEW + 1) } }],
    ['a preview that is no picture', { preview: { ...picture, image: Buffer.from('<svg/>') } }],
    ['a preview of no width', { preview: { ...picture, width: 0 } }],
    ['a preview too high', { preview: { ...picture, height: MAX_IMAGE_SIDE + 1 } }],
  ]

  test('is read from whatever bytes its sender made it of', () => {
    expect(tryDecode(filePayload, written(payload({ preview: picture })))).toEqual(
      payload({ preview: picture }),
    )
  })

  test.each(impossible)('that claims %s is refused', (_, change) => {
    expect(tryDecode(filePayload, written(payload(change)))).toBeNull()
  })

  test('at its largest still fits a record', () => {
    const many = Array.from({ length: MAX_MENTIONS }, () => Buffer.alloc(32))
    const largest: FilePayload = {
      text: 'x'.repeat(MAX_TEXT),
      replyTo: { log: Buffer.alloc(32), seq: Number.MAX_SAFE_INTEGER },
      expiresIn: MAX_TIMER,
      mentions: many,
      file: offerOf('n'.repeat(MAX_FILE_NAME), {
        size: MAX_ITEM,
        chunk: MAX_CHUNK,
        contents: MAX_CONTENTS,
        files: MAX_FILES,
        type: `${'t'.repeat(63)}/${'s'.repeat(63)}`,
        preview: { image: image(MAX_PREVIEW), width: MAX_IMAGE_SIDE, height: MAX_IMAGE_SIDE },
      }),
    }
    const heads = Array.from({ length: MAX_HEADS }, () => ({
      log: Buffer.alloc(32),
      length: Number.MAX_SAFE_INTEGER,
    }))
    const body = { sentAt: 2 ** 52, kind: KIND_FILE, heads, payload: encode(filePayload, largest) }
    const id = Buffer.alloc(32)
    const block = sealRecord(body, { room: id, log: id, seq: 0, epoch: 0 }, id, Buffer.alloc(24))
    expect(block.byteLength).toBeLessThanOrEqual(MAX_BLOCK)
  })

  test('no record of another kind is taken for one', () => {
    const data = encode(filePayload, payload())
    expect(messagePayload({ kind: KIND_TEXT, payload: data })).toBeNull()
  })
})

/** The bytes of one who keeps to no bound. */
function written({ file }: FilePayload): Buffer {
  // No text, no reply, no timer, nobody named.
  return Buffer.concat([Buffer.alloc(4), raw(file)])
}

/** A file's fields as they are, whatever they are. */
function raw(offer: FileOffer): Buffer {
  const { root, size, chunk, key: opens, contents, files, name, type, preview } = offer
  const number = (value: number): Buffer => {
    const data = Buffer.alloc(9, 0xff)
    data.writeBigUInt64LE(BigInt(value), 1)
    return data
  }
  const bytes = (data: Buffer): Buffer => Buffer.concat([number(data.byteLength), data])
  return Buffer.concat([
    root,
    number(size),
    number(chunk),
    opens,
    number(contents),
    number(files),
    bytes(Buffer.from(name)),
    bytes(Buffer.from(type)),
    Buffer.from([preview ? 1 : 0]),
    ...(preview ? [bytes(preview.image), number(preview.width), number(preview.height)] : []),
  ])
}
