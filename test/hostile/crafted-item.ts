/** An item in the hands of a test: sealed as any sender would, or claimed to be what no item can be. */
import { bytes, encode, fixed, optional, struct, text, uint } from '../../core/codec/codec.ts'
import { chunkFor, HASH, SEAL } from '../../core/files/descriptor.ts'
import type { ItemRef } from '../../core/files/descriptor.ts'
import { hashChunk, manifestRoot, sealChunk } from '../../core/files/sealing.ts'
import type { Random } from '../../core/random.ts'
import type { FileOffer, FilePayload } from '../../core/room/messages/file-payload.ts'
import { mentions, target, timer } from '../../core/room/messages/payloads.ts'

const ANY = 1024 * 1024

export interface CraftedItem {
  readonly ref: ItemRef
  readonly manifest: Buffer
  /** Its sealed chunks. */
  readonly chunks: readonly Buffer[]
}

/** The item of a stream; `contents`: bytes of the table in front of it. */
export function craftItem(stream: Buffer, random: Random, contents = 0): CraftedItem {
  const key = random.bytes(HASH)
  const shape = { size: stream.byteLength, chunk: chunkFor(stream.byteLength) }
  const chunks: Buffer[] = []
  for (let at = 0; at < stream.byteLength; at += shape.chunk) {
    const plain = stream.subarray(at, at + shape.chunk)
    const sealed = Buffer.alloc(plain.byteLength + SEAL)
    sealChunk(sealed, plain, chunks.length, key)
    chunks.push(sealed)
  }
  const manifest = Buffer.concat(chunks.map((sealed) => hashChunk(sealed)))
  return { ref: { ...shape, key, contents, root: manifestRoot(shape, manifest) }, manifest, chunks }
}

/** The form of `filePayload`, with nothing that it refuses. */
const lax = struct<FilePayload>({
  text: text(ANY),
  replyTo: optional(target),
  expiresIn: timer,
  mentions,
  file: struct<FileOffer>({
    root: fixed(HASH),
    size: uint,
    chunk: uint,
    key: fixed(HASH),
    contents: uint,
    files: uint,
    name: text(ANY),
    type: text(ANY),
    preview: optional(struct({ image: bytes(ANY), width: uint, height: uint })),
  }),
})

/** The payload of a message that offers an item, whatever is claimed of it. */
export function offerPayload(
  claim: ItemRef & Partial<FileOffer>,
  over: Partial<FilePayload> = {},
): Buffer {
  const file = { files: 1, name: 'file', type: 'application/octet-stream', preview: null, ...claim }
  return encode(lax, { text: '', replyTo: null, expiresIn: null, mentions: [], ...over, file })
}
