import sodium from 'sodium-native'
import { PorchlightError } from '../errors.ts'
import type { Random } from '../random.ts'
import { derive } from './hash.ts'

const VERSION = 1
const NONCE = 24
const TAG = 16

/**
 * Seals what lies on this device's disk: XChaCha20-Poly1305 under a key for one purpose and a random nonce.
 * Envelope: [u8 version | 24 nonce | ciphertext | 16 tag].
 */
export class Envelope {
  readonly #key: Buffer
  readonly #label: Buffer
  readonly #random: Random
  #cleared = false

  /** `secret`: 32 bytes. What was sealed under one label does not open under another. */
  constructor(secret: Uint8Array, label: string, random: Random) {
    this.#key = derive(secret, `envelope/${label}`)
    this.#label = Buffer.from([VERSION, ...Buffer.from(label)])
    this.#random = random
  }

  /** Errors: `LOCKED` once the key was cleared. */
  seal(plain: Uint8Array): Buffer {
    if (this.#cleared)
      throw new PorchlightError('LOCKED', 'Porchlight is locked: nothing was written.')
    const nonce = this.#random.bytes(NONCE)
    const out = Buffer.allocUnsafe(1 + NONCE + plain.byteLength + TAG)
    out[0] = VERSION
    out.set(nonce, 1)
    sealInto(out.subarray(1 + NONCE), plain, this.#label, nonce, this.#key)
    return out
  }

  /** What `seal` sealed, or null when it was altered or is another's. */
  open(sealed: Uint8Array): Buffer | null {
    if (sealed.byteLength < 1 + NONCE + TAG || sealed[0] !== VERSION) return null
    const nonce = sealed.subarray(1, 1 + NONCE)
    return openSealed(sealed.subarray(1 + NONCE), this.#label, nonce, this.#key)
  }

  /** Overwrites the key in memory. */
  clear(): void {
    this.#cleared = true
    sodium.sodium_memzero(this.#key)
  }
}

/** XChaCha20-Poly1305 (IETF) into `out`: as long as `plain` and 16 bytes more. */
export function sealInto(
  out: Buffer,
  plain: Uint8Array,
  associated: Uint8Array,
  nonce: Uint8Array,
  key: Uint8Array,
): void {
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(out, plain, associated, null, nonce, key)
}

/** The plain bytes, or null when anything of it does not fit. */
export function openSealed(
  sealed: Uint8Array,
  associated: Uint8Array,
  nonce: Uint8Array,
  key: Uint8Array,
): Buffer | null {
  if (sealed.byteLength < TAG) return null
  const plain = Buffer.allocUnsafeSlow(sealed.byteLength - TAG)
  try {
    sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plain, null, sealed, associated, nonce, key)
    return plain
  } catch {
    return null
  }
}
