import sodium from 'sodium-native'
import type { KeyPair } from 'hypercore'

/** The X25519 form of an Ed25519 public key; null for one that is no good point, to which nothing can be sealed. */
export function curveKey(publicKey: Uint8Array): Buffer | null {
  const out = Buffer.alloc(32)
  try {
    sodium.crypto_sign_ed25519_pk_to_curve25519(out, publicKey)
    return out
  } catch {
    return null
  }
}

/** The X25519 form of an Ed25519 key pair. */
export function curvePair(keyPair: KeyPair): KeyPair {
  const publicKey = Buffer.alloc(32)
  const secretKey = Buffer.alloc(32)
  sodium.crypto_sign_ed25519_pk_to_curve25519(publicKey, keyPair.publicKey)
  sodium.crypto_sign_ed25519_sk_to_curve25519(secretKey, keyPair.secretKey)
  return { publicKey, secretKey }
}

/**
 * Seals `message` so that only the holder of an Ed25519 key pair can open it (libsodium sealed box, X25519).
 * Throws for a key that is no good point.
 */
export function seal(message: Uint8Array, publicKey: Uint8Array): Buffer {
  const key = curveKey(publicKey)
  if (!key) throw new Error('nothing can be sealed to this key')
  const out = Buffer.alloc(message.byteLength + sodium.crypto_box_SEALBYTES)
  sodium.crypto_box_seal(out, message, key)
  return out
}

/** What `seal` sealed for this key pair, or null when it was not for it or was altered. */
export function unseal(sealed: Uint8Array, keyPair: KeyPair): Buffer | null {
  if (sealed.byteLength < sodium.crypto_box_SEALBYTES) return null
  const { publicKey, secretKey } = curvePair(keyPair)
  const out = Buffer.alloc(sealed.byteLength - sodium.crypto_box_SEALBYTES)
  return sodium.crypto_box_seal_open(out, sealed, publicKey, secretKey) ? out : null
}

/** What two X25519 keys have in common (32 bytes, to be derived from); null for a key that is no good point. */
export function sharedKey(secretKey: Uint8Array, publicKey: Uint8Array): Buffer | null {
  const out = Buffer.alloc(32)
  try {
    sodium.crypto_scalarmult(out, secretKey, publicKey)
    return out
  } catch {
    return null
  }
}
