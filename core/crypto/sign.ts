import sodium from 'sodium-native'
import type { KeyPair } from 'hypercore'

/** The Ed25519 key pair of a 32-byte seed (RFC 8032). */
export function keyPairFromSeed(seed: Uint8Array): KeyPair {
  const publicKey = Buffer.alloc(32)
  const secretKey = Buffer.alloc(64)
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed)
  return { publicKey, secretKey }
}

/** A 64-byte Ed25519 signature over a label and the parts; the label keeps one use from passing as another. */
export function sign(label: string, parts: readonly Uint8Array[], secretKey: Uint8Array): Buffer {
  const signature = Buffer.alloc(64)
  sodium.crypto_sign_detached(signature, signable(label, parts), secretKey)
  return signature
}

/** True when `signature` is `publicKey`'s over the same label and parts; false for anything ill-formed. */
export function verify(
  label: string,
  parts: readonly Uint8Array[],
  signature: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  if (signature.byteLength !== 64 || publicKey.byteLength !== 32) return false
  return sodium.crypto_sign_verify_detached(signature, signable(label, parts), publicKey)
}

function signable(label: string, parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from(`porchlight/${label}/1\0`), ...parts])
}
