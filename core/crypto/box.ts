import sodium from 'sodium-native'
import type { KeyPair } from 'hypercore'

/** Seals `message` so that only the holder of an Ed25519 key pair can open it (libsodium sealed box, X25519). */
export function seal(message: Uint8Array, publicKey: Uint8Array): Buffer {
  const curveKey = Buffer.alloc(32)
  sodium.crypto_sign_ed25519_pk_to_curve25519(curveKey, publicKey)
  const out = Buffer.alloc(message.byteLength + sodium.crypto_box_SEALBYTES)
  sodium.crypto_box_seal(out, message, curveKey)
  return out
}

/** What `seal` sealed for this key pair, or null when it was not for it or was altered. */
export function unseal(sealed: Uint8Array, keyPair: KeyPair): Buffer | null {
  if (sealed.byteLength < sodium.crypto_box_SEALBYTES) return null
  const publicKey = Buffer.alloc(32)
  const secretKey = Buffer.alloc(32)
  sodium.crypto_sign_ed25519_pk_to_curve25519(publicKey, keyPair.publicKey)
  sodium.crypto_sign_ed25519_sk_to_curve25519(secretKey, keyPair.secretKey)
  const out = Buffer.alloc(sealed.byteLength - sodium.crypto_box_SEALBYTES)
  return sodium.crypto_box_seal_open(out, sealed, publicKey, secretKey) ? out : null
}
