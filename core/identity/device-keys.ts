import type { KeyPair } from 'hypercore'
import sodium from 'sodium-native'
import { Envelope } from '../crypto/envelope.ts'
import { derive } from '../crypto/hash.ts'
import { keyPairFromSeed } from '../crypto/sign.ts'
import { PorchlightError } from '../errors.ts'
import type { Random } from '../random.ts'
import { wipeMaterial } from './key-material.ts'
import type { KeyMaterial, PersonMaterial } from './key-material.ts'

/** The keys of a person on this device. Never logged. */
export interface DeviceKeys {
  readonly device: KeyPair
  /** The person's identity key (32 bytes). */
  readonly person: Buffer
  /** The person's word that the device is theirs (keet-identity-key proof). */
  readonly attestation: Buffer
  /** Public key by which a device that was restored from the phrase is known. */
  readonly recovery: Buffer
  /** Its key pair, where the phrase is; null on a paired device. */
  readonly recoveryPair: KeyPair | null
  /** The 24 words; null on a paired device. */
  readonly phrase: string | null
  /** Seals what else lies on this device's disk; see `envelope`. */
  readonly storageKey: Buffer
  /** A secret of this device for one purpose. */
  secret(label: string, ...context: Uint8Array[]): Buffer
  /** Seals files of one purpose. */
  envelope(label: string): Envelope
  /** Overwrites the keys in memory: nothing can be signed or opened any more. */
  clear(): void
}

/** The keys that some material makes; the material is theirs from then on. */
export class MaterialKeys implements DeviceKeys {
  readonly device: KeyPair
  readonly #random: Random
  readonly #envelopes: Envelope[] = []
  #material: KeyMaterial
  #recovery: KeyPair | null
  #cleared = false

  constructor(material: KeyMaterial, random: Random) {
    this.#material = material
    this.#random = random
    this.device = keyPairFromSeed(material.deviceSeed)
    this.#recovery = material.recoverySeed && keyPairFromSeed(material.recoverySeed)
  }

  get person(): Buffer {
    return this.#material.person
  }

  get attestation(): Buffer {
    return this.#material.attestation
  }

  get recovery(): Buffer {
    return this.#material.recovery
  }

  get recoveryPair(): KeyPair | null {
    return this.#recovery
  }

  get phrase(): string | null {
    return this.#alive.phrase?.toString() ?? null
  }

  get storageKey(): Buffer {
    return this.#material.storageKey
  }

  /** What the key file holds. */
  get material(): KeyMaterial {
    return this.#alive
  }

  secret(label: string, ...context: Uint8Array[]): Buffer {
    return derive(this.#alive.deviceSeed, label, ...context)
  }

  envelope(label: string): Envelope {
    const envelope = new Envelope(this.#alive.storageKey, label, this.#random)
    this.#envelopes.push(envelope)
    return envelope
  }

  /** The device is this person's from now on; the phrase of the one before is gone. */
  adopt(person: PersonMaterial): void {
    const { phrase, recoverySeed, ...kept } = this.#alive
    this.#material = { ...kept, ...person, phrase: null, recoverySeed: null }
    for (const secret of [phrase, recoverySeed, this.#recovery?.secretKey]) {
      if (secret) sodium.sodium_memzero(secret)
    }
    this.#recovery = null
  }

  clear(): void {
    this.#cleared = true
    wipeMaterial(this.#material)
    for (const envelope of this.#envelopes) envelope.clear()
    sodium.sodium_memzero(this.device.secretKey)
    if (this.#recovery) sodium.sodium_memzero(this.#recovery.secretKey)
  }

  get #alive(): KeyMaterial {
    if (this.#cleared) throw locked()
    return this.#material
  }
}

/** The error of whoever needs keys that were cleared from memory. */
export function locked(): PorchlightError {
  return new PorchlightError(
    'LOCKED',
    'Porchlight is locked: what is on this device can not be read until you give the passphrase (`porchlight unlock`).',
  )
}
