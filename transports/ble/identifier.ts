/**
 * What a device advertises of itself, 13 bytes: version (1), nonce (6), tag (6). The nonce names the key that the device
 * shows on a connection; the tag is that nonce hashed with the device's recognition key, so that those who were told
 * the key recognise it and everybody else sees chance.
 */
import sodium from 'sodium-native'
import type { Random } from '../../core/random.ts'
import type { InstanceId } from '../preface/instance-identity.ts'
import { ADVERTISED_BYTES } from './radio.ts'

const VERSION = 1
const NONCE_BYTES = 6
const TAG_BYTES = 6
const LABEL = Buffer.from('porchlight/ble/1')
const ROTATION_MS = 15 * 60_000
const SPREAD = 0.2

export interface Identifier {
  /** Hexadecimal of the nonce, the beginning of the id that its device proves on a connection. */
  readonly id: string
  readonly tag: Buffer
}

/** The part of an instance's id that is advertised. */
export function advertisedId(id: InstanceId): string {
  return id.slice(0, 2 * NONCE_BYTES)
}

/** What a device with that id advertises; without a key the tag is chance. */
export function encodeIdentifier(id: string, key: Uint8Array | undefined, random: Random): Buffer {
  const nonce = Buffer.from(id, 'hex')
  const tag = key ? tagOf(key, nonce) : random.bytes(TAG_BYTES)
  return Buffer.concat([Buffer.of(VERSION), nonce, tag])
}

/** Null for what no version of this made; a later one keeps the layout. */
export function decodeIdentifier(payload: Uint8Array): Identifier | null {
  if (payload.length !== ADVERTISED_BYTES || payload[0]! < VERSION) return null
  const bytes = Buffer.from(payload)
  return { id: bytes.toString('hex', 1, 1 + NONCE_BYTES), tag: bytes.subarray(1 + NONCE_BYTES) }
}

/** The tag beside a nonce, 6 bytes. */
export function tagOf(key: Uint8Array, nonce: Uint8Array): Buffer {
  const out = Buffer.alloc(16)
  sodium.crypto_generichash_batch(out, [LABEL, Buffer.from(nonce)], key)
  return out.subarray(0, TAG_BYTES)
}

/** Milliseconds until the next identifier: 15 minutes, up to a fifth more or less. */
export function rotationDelay(random: Random): number {
  return ROTATION_MS * (1 - SPREAD + 2 * SPREAD * random.float())
}
