/**
 * Chunks as they travel and lie at others: XChaCha20-Poly1305 (libsodium, IETF draft irtf-cfrg-xchacha) under the
 * item's key, the chunk's index as nonce. An item's key seals one manifest alone, and what is sealed leaves only if
 * its hash is the manifest's, so no nonce is ever used for two texts that others see.
 */
import { createHash } from 'node:crypto'
import sodium from 'sodium-native'
import { HASH, SEAL } from './descriptor.ts'
import type { Descriptor } from './descriptor.ts'

const NONCE = 24
const LABEL = Buffer.from('porchlight/manifest/1\0')
const NOTHING = Buffer.alloc(0)

/**
 * Seals a chunk into `out`: as long as `plain` and SEAL bytes more. Both may begin at the same byte: it is sealed in
 * place then.
 */
export function sealChunk(out: Buffer, plain: Uint8Array, index: number, key: Uint8Array): void {
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(out, plain, NOTHING, null, nonceOf(index), key)
}

/** Opens a sealed chunk in place: its plain bytes, or null when it was altered (and is of no use any more). */
export function openChunk(sealed: Buffer, index: number, key: Uint8Array): Buffer | null {
  if (sealed.byteLength <= SEAL) return null
  const plain = sealed.subarray(0, sealed.byteLength - SEAL)
  const nonce = nonceOf(index)
  try {
    sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plain, null, sealed, NOTHING, nonce, key)
    return plain
  } catch {
    return null
  }
}

/**
 * SHA-256 of a sealed chunk, into `out`. Measured: on processors with instructions for it more than twice as fast as
 * BLAKE2b, and every byte of a file is hashed at least twice on its way.
 */
export function hashChunk(sealed: Uint8Array, out: Buffer = Buffer.allocUnsafe(HASH)): Buffer {
  createHash('sha256').update(sealed).digest().copy(out)
  return out
}

/** The root of an item: the hash of its size, its chunk and all its chunks' hashes. */
export function manifestRoot(
  { size, chunk }: Pick<Descriptor, 'size' | 'chunk'>,
  manifest: Uint8Array,
): Buffer {
  const shape = Buffer.allocUnsafe(16)
  shape.writeBigUInt64LE(BigInt(size), 0)
  shape.writeBigUInt64LE(BigInt(chunk), 8)
  const root = Buffer.allocUnsafe(HASH)
  sodium.crypto_generichash_batch(root, [LABEL, shape, manifest])
  return root
}

function nonceOf(index: number): Buffer {
  const nonce = Buffer.alloc(NONCE)
  nonce.writeBigUInt64LE(BigInt(index), 0)
  return nonce
}
