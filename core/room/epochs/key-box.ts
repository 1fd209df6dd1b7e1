/**
 * How the key of an epoch travels. A rotation boxes it to each device (libsodium crypto_box: X25519, XSalsa20-Poly1305)
 * under one key pair that is made from the key itself: whoever gets a key, in a box, a link or from a member, can
 * check it against the rotation's public key, so nobody can be handed another one. The public key of the first
 * epoch stands in the room's first entry.
 */
import sodium from 'sodium-native'
import type { KeyPair } from 'hypercore'
import { bounded, encode, fixed, list, struct, tryDecode } from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { BOX, LINK, MAX_SEALED_KEYS } from '../../control/operation.ts'
import { curveKey, curvePair, seal, unseal } from '../../crypto/box.ts'
import { derive, equal, hash } from '../../crypto/hash.ts'

const NONCE = 24
const TAG = 16
/** Most keys that are sealed to a device at once, as many as fit. */
export const MAX_KEYS = 24

/** The content key of an epoch. */
export interface EpochKey {
  epoch: number
  key: Buffer
}

interface KeyList {
  room: Buffer
  keys: EpochKey[]
}

const keyList: Codec<KeyList> = struct({
  room: fixed(32),
  keys: list(struct<EpochKey>({ epoch: bounded(0xffff_ffff), key: fixed(32) }), MAX_KEYS),
})

/** The pair with which an epoch's key is boxed. */
export function epochPair(key: Uint8Array, room: Buffer): KeyPair {
  const publicKey = Buffer.alloc(32)
  const secretKey = Buffer.alloc(32)
  sodium.crypto_box_seed_keypair(publicKey, secretKey, derive(key, 'epoch-pair', room))
  return { publicKey, secretKey }
}

/** True when this is the key of the epoch with this public key. */
export function isKeyOf(ephemeral: Buffer, key: Uint8Array, room: Buffer): boolean {
  return equal(epochPair(key, room).publicKey, ephemeral)
}

/** Boxes an epoch's key to a device (its Ed25519 key); null for a key that is no good point. */
export function makeBox(
  key: Uint8Array,
  pair: KeyPair,
  device: Uint8Array,
  room: Buffer,
): Buffer | null {
  const curve = curveKey(device)
  if (!curve) return null
  const box = Buffer.alloc(BOX)
  const nonce = boxNonce(pair.publicKey, curve, room)
  sodium.crypto_box_easy(box, key, nonce, curve, pair.secretKey)
  return box
}

/** The key in a device's own box; null when it is another's, of another room or rotation, or was altered. */
export function openBox(
  box: Buffer,
  ephemeral: Buffer,
  device: KeyPair,
  room: Buffer,
): Buffer | null {
  if (box.byteLength !== BOX || ephemeral.byteLength !== 32) return null
  const { publicKey, secretKey } = curvePair(device)
  const key = Buffer.alloc(BOX - TAG)
  const nonce = boxNonce(ephemeral, publicKey, room)
  if (!sodium.crypto_box_open_easy(key, box, nonce, ephemeral, secretKey)) return null
  return isKeyOf(ephemeral, key, room) ? key : null
}

/** The key of the epoch before, for whoever has the next one's; `nonce` is 24 random bytes. */
export function makeLink(
  before: EpochKey,
  next: EpochKey,
  room: Buffer,
  nonce: Uint8Array,
): Buffer {
  const link = Buffer.alloc(LINK)
  link.set(nonce)
  const ad = linkAd(before.epoch, next.epoch, room)
  const sealed = link.subarray(NONCE)
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
    sealed,
    before.key,
    ad,
    null,
    nonce,
    linkKey(next, room),
  )
  return link
}

/** The key that a link holds; null when it was altered or links other epochs. */
export function openLink(
  link: Buffer,
  before: number,
  next: EpochKey,
  room: Buffer,
): Buffer | null {
  if (link.byteLength !== LINK) return null
  const [nonce, sealed] = [link.subarray(0, NONCE), link.subarray(NONCE)]
  const key = Buffer.alloc(LINK - NONCE - TAG)
  const ad = linkAd(before, next.epoch, room)
  try {
    sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
      key,
      null,
      sealed,
      ad,
      nonce,
      linkKey(next, room),
    )
    return key
  } catch {
    return null
  }
}

/** Seals up to `MAX_KEYS` keys to a device; null for a device key that is no good point. */
export function sealKeys(
  keys: readonly EpochKey[],
  device: Uint8Array,
  room: Buffer,
): Buffer | null {
  if (!curveKey(device)) return null
  return seal(encode(keyList, { room, keys: keys.slice(0, MAX_KEYS) }), device)
}

/** The keys that were sealed to this device for this room; null when they were not, or were altered. */
export function unsealKeys(sealed: Buffer, device: KeyPair, room: Buffer): EpochKey[] | null {
  if (sealed.byteLength > MAX_SEALED_KEYS) return null
  const opened = unseal(sealed, device)
  const value = opened && tryDecode(keyList, opened)
  return value?.room.equals(room) ? value.keys : null
}

function boxNonce(ephemeral: Buffer, curve: Buffer, room: Buffer): Buffer {
  const parts = [Buffer.from('porchlight/epoch-box\0'), ephemeral, curve, room]
  return hash(parts).subarray(0, NONCE)
}

function linkKey(next: EpochKey, room: Buffer): Buffer {
  return derive(next.key, 'epoch-link', room)
}

function linkAd(before: number, next: number, room: Buffer): Buffer {
  const ids = Buffer.alloc(8)
  ids.writeUInt32LE(before, 0)
  ids.writeUInt32LE(next, 4)
  return Buffer.concat([Buffer.from('porchlight/epoch-link\0'), room, ids])
}
