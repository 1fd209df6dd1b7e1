/**
 * A record: one block of a device's content log. Sealed with XChaCha20-Poly1305 (libsodium, IETF draft
 * irtf-cfrg-xchacha) under the epoch's key and a random nonce; the associated data binds it to its room,
 * log, sequence and header, so that a copy elsewhere does not open.
 */
import sodium from 'sodium-native'
import { bytes, encode, fixed, list, struct, tryDecode, uint } from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'
import { pad, unpad } from '../crypto/padding.ts'

/** The version of what this code writes. */
export const RECORD_VERSION = 1
/** Longest block of a content log; what is longer is never opened. */
export const MAX_BLOCK = 64 * 1024
/** How many heads a record declares at most. */
export const MAX_HEADS = 8

const MAX_PAYLOAD = 32 * 1024
const FLAG_CHECKPOINT = 1
const NONCE = 24
const TAG = 16

/** Longest signature of a log (hypercore's multi-signature encoding of one signer takes 68 bytes). */
export const MAX_SIGNATURE = 128

/** Record kinds on the wire. A kind that is not here is kept and passed on. */
export const KIND_TEXT = 1
export const KIND_FILE = 2
/** Kinds from here on are for devices (acknowledgements and the like): who does not know one shows nothing. */
export const FIRST_SILENT_KIND = 128
export const KIND_EDIT = 128
export const KIND_DELETE = 129
export const KIND_REACT = 130
export const KIND_ACK = 131
export const KIND_AVATAR = 132
export const KIND_PERSONAL = 133

/** How much of another log the author had seen. */
export interface Head {
  log: Buffer
  length: number
}

/** The sealed part. `sentAt` is the author's wall clock in ms: shown, never ordered by. */
export interface RecordBody {
  sentAt: number
  kind: number
  heads: Head[]
  payload: Buffer
}

/** What a record is bound to: 32-byte room and log keys, sequence, epoch. */
export interface RecordPlace {
  room: Buffer
  log: Buffer
  seq: number
  epoch: number
}

const body: Codec<RecordBody> = struct({
  sentAt: uint,
  kind: uint,
  heads: list(struct<Head>({ log: fixed(32), length: uint }), MAX_HEADS),
  payload: bytes(MAX_PAYLOAD),
})

/**
 * Seals a record into a block. `nonce` is 24 random bytes; `checkpoint`, when given, is the log's own
 * signature at length `seq`, in clear for whoever passes the log on.
 */
export function sealRecord(
  record: RecordBody,
  place: RecordPlace,
  key: Uint8Array,
  nonce: Uint8Array,
  checkpoint: Buffer | null = null,
): Buffer {
  const plain = pad(encode(body, record))
  const header = headerOf(place.epoch, checkpoint)
  const block = Buffer.allocUnsafe(header.byteLength + NONCE + plain.byteLength + TAG)
  header.copy(block)
  block.set(nonce, header.byteLength)
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
    block.subarray(header.byteLength + NONCE),
    plain,
    associated(place, header),
    null,
    nonce,
    key,
  )
  return block
}

/** The header that anyone can read, or null when the block is no record of this version. */
export function readHeader(
  block: Buffer,
): { epoch: number; checkpoint: Buffer | null; size: number } | null {
  if (block.byteLength < 6 || block.byteLength > MAX_BLOCK || block[0] !== RECORD_VERSION)
    return null
  const flags = block[1]!
  if (flags & ~FLAG_CHECKPOINT) return null
  const signed = (flags & FLAG_CHECKPOINT) !== 0
  const size = signed ? 7 + (block[6] ?? 0) : 6
  if (block.byteLength < size + NONCE + TAG) return null
  return {
    epoch: block.readUInt32LE(2),
    checkpoint: signed ? Buffer.from(block.subarray(7, size)) : null,
    size,
  }
}

/** Opens a block at its place, or null when it was altered, copied from elsewhere or is ill-formed. */
export function openRecord(block: Buffer, place: RecordPlace, key: Uint8Array): RecordBody | null {
  const header = readHeader(block)
  if (!header || header.epoch !== place.epoch) return null
  const nonce = block.subarray(header.size, header.size + NONCE)
  const sealed = block.subarray(header.size + NONCE)
  const plain = Buffer.allocUnsafe(sealed.byteLength - TAG)
  try {
    const ad = associated(place, block.subarray(0, header.size))
    sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plain, null, sealed, ad, nonce, key)
  } catch {
    return null
  }
  const unpadded = unpad(plain)
  return unpadded && tryDecode(body, unpadded)
}

function headerOf(epoch: number, checkpoint: Buffer | null): Buffer {
  const header = Buffer.alloc(6)
  header[0] = RECORD_VERSION
  header[1] = checkpoint ? FLAG_CHECKPOINT : 0
  header.writeUInt32LE(epoch, 2)
  if (!checkpoint) return header
  return Buffer.concat([header, Buffer.from([checkpoint.byteLength]), checkpoint])
}

function associated(place: RecordPlace, header: Uint8Array): Buffer {
  const seq = Buffer.alloc(8)
  seq.writeBigUInt64LE(BigInt(place.seq))
  return Buffer.concat([Buffer.from('porchlight/record\0'), place.room, place.log, seq, header])
}
