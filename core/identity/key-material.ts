import sodium from 'sodium-native'
import IdentityKey from 'keet-identity-key'
import { bounded, bytes, encode, fixed, optional, struct, tryDecode } from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'
import { derive } from '../crypto/hash.ts'
import { keyPairFromSeed } from '../crypto/sign.ts'
import { PorchlightError } from '../errors.ts'
import type { Random } from '../random.ts'
import { attests, MAX_ATTESTATION } from './attestation.ts'

const MAX_PHRASE = 512
const WORDS = 24

/** What makes a person on one device; all of the key file. Buffers, so that they can be wiped from memory. */
export interface KeyMaterial {
  /** The 24 words in UTF-8; null on a paired device. */
  phrase: Buffer | null
  /** 32 bytes that make this device's keys. */
  deviceSeed: Buffer
  /** The person's public key. */
  person: Buffer
  /** The person's word that the device is theirs. */
  attestation: Buffer
  /** Public key by which a device that was restored from the phrase is known. */
  recovery: Buffer
  /** 32 bytes that make its key pair; where the phrase is, and nowhere else. */
  recoverySeed: Buffer | null
  /** Seals what else this device keeps on its disk. */
  storageKey: Buffer
}

/** What a paired device is told of its person: enough to be theirs, not enough to make further devices alone. */
export type PersonMaterial = Pick<KeyMaterial, 'person' | 'attestation' | 'recovery'>

const material: Codec<KeyMaterial & { layout: number }> = struct({
  layout: bounded(1),
  phrase: optional(bytes(MAX_PHRASE)),
  deviceSeed: fixed(32),
  person: fixed(32),
  attestation: bytes(MAX_ATTESTATION),
  recovery: fixed(32),
  recoverySeed: optional(fixed(32)),
  storageKey: fixed(32),
})

/** The bytes of a key file, not sealed yet. */
export function encodeMaterial(keys: KeyMaterial): Buffer {
  return encode(material, { ...keys, layout: 1 })
}

/** Null for anything that is no key material, or whose parts do not belong together. */
export function decodeMaterial(data: Buffer): KeyMaterial | null {
  const decoded = tryDecode(material, data)
  if (decoded?.layout !== 1) return null
  const { layout: _, ...keys } = decoded
  const device = keyPairFromSeed(keys.deviceSeed)
  sodium.sodium_memzero(device.secretKey)
  if (!attests(keys.attestation, keys.person, device.publicKey)) return null
  if ((keys.phrase === null) !== (keys.recoverySeed === null)) return null
  if (keys.recoverySeed && !publicKeyOf(keys.recoverySeed).equals(keys.recovery)) return null
  return keys
}

/** The v1 key file (JSON in clear); null for anything else. */
export async function materialOfV1(stored: string, random: Random): Promise<KeyMaterial | null> {
  try {
    const file = JSON.parse(stored) as Record<string, unknown> | null
    const { version, mnemonic, deviceSeed, attestation } = file ?? {}
    if (version !== 1 || typeof mnemonic !== 'string' || typeof attestation !== 'string')
      return null
    if (typeof deviceSeed !== 'string' || !/^[0-9a-f]{64}$/.test(deviceSeed)) return null
    const seed = Buffer.from(deviceSeed, 'hex')
    const made = await personOf(mnemonic, seed)
    const kept = Buffer.from(attestation, 'base64')
    const fits = attests(kept, made.person, keyPairFromSeed(seed).publicKey)
    return fits
      ? { ...made, attestation: kept, deviceSeed: seed, storageKey: random.bytes(32) }
      : null
  } catch {
    return null
  }
}

/** A device of its own, of a new person or of the one that the 24 words make. Errors: `BAD_REQUEST`. */
export async function newMaterial(random: Random, words?: string): Promise<KeyMaterial> {
  const phrase = words === undefined ? IdentityKey.generateMnemonic() : wellFormed(words)
  const deviceSeed = random.bytes(32)
  const person = await personOf(phrase, deviceSeed).catch(() => {
    throw notThePhrase('they were mistyped, or stand in another order')
  })
  return { ...person, deviceSeed, storageKey: random.bytes(32) }
}

/** Overwrites the secrets in memory. */
export function wipeMaterial(keys: KeyMaterial): void {
  for (const secret of [keys.phrase, keys.deviceSeed, keys.recoverySeed, keys.storageKey]) {
    if (secret) sodium.sodium_memzero(secret)
  }
}

/** The words as the identity library wants them. */
function wellFormed(words: string): string {
  const list = words
    .toLowerCase()
    .normalize('NFKD')
    .split(/[^\p{L}\p{M}]+/u)
    .filter(Boolean)
  if (list.length === WORDS) return list.join(' ')
  throw notThePhrase(`there are ${list.length} of them, not ${WORDS}`)
}

function notThePhrase(why: string): PorchlightError {
  return new PorchlightError(
    'BAD_REQUEST',
    `These words make nobody: ${why}. Nothing was changed; check them and try again.`,
  )
}

function publicKeyOf(seed: Buffer): Buffer {
  const { publicKey, secretKey } = keyPairFromSeed(seed)
  sodium.sodium_memzero(secretKey)
  return publicKey
}

async function personOf(
  phrase: string,
  deviceSeed: Buffer,
): Promise<Omit<KeyMaterial, 'deviceSeed' | 'storageKey'>> {
  const seed = await IdentityKey.deriveSeed(phrase)
  const identity = await IdentityKey.from({ seed })
  const device = publicKeyOf(deviceSeed)
  const recoverySeed = derive(seed, 'recovery')
  try {
    return {
      phrase: Buffer.from(phrase),
      person: Buffer.from(identity.identityPublicKey),
      attestation: Buffer.from(await identity.bootstrap(device)),
      recovery: publicKeyOf(recoverySeed),
      recoverySeed,
    }
  } finally {
    identity.clear()
    sodium.sodium_memzero(seed)
  }
}
