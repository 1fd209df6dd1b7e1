/**
 * What a device is called among those around, for a while: the hash of a key made for that time
 * alone. Announcements carry the hash; whoever claims it on a connection proves the key, or any
 * device could claim the others' ids and keep them from being dialled.
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Random } from '../../core/random.ts'

export const ID_BYTES = 8
export const KEY_BYTES = 32
export const SIGNATURE_BYTES = 64

/** Hexadecimal of `ID_BYTES` bytes. */
export type InstanceId = string

const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** A fresh key and what is announced of it. */
export interface InstanceIdentity {
  readonly id: InstanceId
  /** 32 bytes, Ed25519. */
  readonly key: Buffer
  sign(message: Uint8Array): Buffer
}

/** The id that belongs to an instance's public key. */
export function idOfKey(key: Uint8Array): InstanceId {
  return createHash('sha256')
    .update('porchlight lan instance')
    .update(key)
    .digest('hex')
    .slice(0, ID_BYTES * 2)
}

/** Makes a new instance; each start has its own, on a radio each quarter of an hour. */
export function createIdentity(random: Random): InstanceIdentity {
  const secret = createPrivateKey({
    key: Buffer.concat([PRIVATE_PREFIX, random.bytes(32)]),
    format: 'der',
    type: 'pkcs8',
  })
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' })
  const key = Buffer.from(spki.subarray(PUBLIC_PREFIX.length))
  return { id: idOfKey(key), key, sign: (message) => sign(null, message, secret) }
}

/** True when the holder of `key` signed the message; false for anything malformed. */
export function isSignedBy(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false
  try {
    const der = Buffer.concat([PUBLIC_PREFIX, key])
    const publicKey: KeyObject = createPublicKey({ key: der, format: 'der', type: 'spki' })
    return verify(null, message, publicKey, signature)
  } catch {
    return false
  }
}
