import { readFile } from 'node:fs/promises'
import sodium from 'sodium-native'
import { equal } from '../crypto/hash.ts'
import { asDiskError } from '../durability/disk-error.ts'
import { replaceSecretFile, shredFile } from '../durability/private-file.ts'
import { PorchlightError } from '../errors.ts'
import type { Random } from '../random.ts'
import { locked, MaterialKeys } from './device-keys.ts'
import type { DeviceKeys } from './device-keys.ts'
import { attests } from './attestation.ts'
import { decodeMaterial, encodeMaterial, materialOfV1, newMaterial } from './key-material.ts'
import type { KeyMaterial, PersonMaterial } from './key-material.ts'
import { checkPassphrase, kdfCost, passphraseKey } from './passphrase.ts'
import type { KdfCost } from './passphrase.ts'
import {
  formatFile,
  newPassphraseKey,
  parseFile,
  unsealFile,
  wrongPassphrase,
} from './sealed-file.ts'
import type { PassphraseKey, SecretFile } from './sealed-file.ts'

export interface VaultOptions {
  readonly random: Random
  /** What guessing a new passphrase shall cost; see `kdfCost`. */
  readonly cost?: KdfCost
}

/**
 * The key file of a device: readable by its owner alone, and sealed where there is a passphrase. Whoever opens it
 * locks or closes it.
 */
export class Vault {
  readonly #path: string
  readonly #options: VaultOptions
  /** As it is on the disk, while it is sealed and locked. */
  #file: (SecretFile & { kdf: 'argon2id' }) | null = null
  #keys: MaterialKeys | null = null
  #with: PassphraseKey | null = null
  #changing: Promise<unknown> = Promise.resolve()

  private constructor(path: string, options: VaultOptions) {
    this.#path = path
    this.#options = options
  }

  /** Reads the key file at `path`, or makes a new person and device. Errors: `DAMAGED`, `DISK_FULL`. */
  static async open(path: string, options: VaultOptions): Promise<Vault> {
    const vault = new Vault(path, options)
    try {
      // A crash in the middle of a change may have left it, keys and all.
      await shredFile(`${path}.new`)
      await vault.#read()
    } catch (error) {
      throw asDiskError(error)
    }
    return vault
  }

  /** Writes a key file of these keys, in place of any. Errors: `DISK_FULL`. */
  static async begin(path: string, material: KeyMaterial): Promise<void> {
    await writeKeys(path, formatFile('keys', encodeMaterial(material), null))
  }

  /** True while there are no keys in memory. */
  get locked(): boolean {
    return this.#keys === null
  }

  /** True when a passphrase seals the file; otherwise it is only kept from other users of the computer. */
  get sealed(): boolean {
    return this.#file !== null || this.#with !== null
  }

  /** What guessing a new passphrase shall cost. */
  get cost(): KdfCost {
    return this.#options.cost ?? kdfCost(Infinity)
  }

  /** Good until it is locked. Errors: `LOCKED`. */
  get keys(): DeviceKeys {
    if (!this.#keys) throw locked()
    return this.#keys
  }

  /** Errors: `WRONG_PASSPHRASE`. */
  unlock(passphrase: string): Promise<void> {
    return this.#change(async () => {
      if (!this.#file) return
      const opened = await unsealFile('keys', this.#file, passphrase)
      const material = decodeMaterial(opened.body)
      sodium.sodium_memzero(opened.body)
      if (!material) throw damaged(this.#path)
      this.#use(material)
      this.#with = opened.with
      this.#file = null
    })
  }

  /** Wipes the keys from memory. Errors: `NOT_ALLOWED` when no passphrase could bring them back. */
  lock(): Promise<void> {
    return this.#change(async () => {
      if (!this.#keys) return
      if (!this.#with) throw noPassphrase()
      const file = parseFile('keys', (await readStored(this.#path)) ?? '')
      if (file?.kdf !== 'argon2id') throw damaged(this.#path)
      this.#file = file
      this.#forget()
    })
  }

  /** Wipes the keys from memory for good. */
  close(): Promise<void> {
    return this.#change(async () => this.#forget())
  }

  /**
   * Seals the file with `next`, or (null) with nothing. `old` is needed where there is a passphrase.
   * Errors: `LOCKED`, `WRONG_PASSPHRASE`, `BAD_REQUEST`, `DISK_FULL`.
   */
  setPassphrase(old: string | undefined, next: string | null): Promise<void> {
    return this.#change(async () => {
      if (next !== null) checkPassphrase(next)
      if (!this.#keys) throw locked()
      await this.#check(old)
      const { random } = this.#options
      const sealed = next === null ? null : await newPassphraseKey(next, this.cost, random)
      await this.#write(this.#keys.material, sealed)
      if (this.#with) sodium.sodium_memzero(this.#with.key)
      this.#with = sealed
    })
  }

  /** Makes this device another person's: the one that it was paired with; they keep the phrase. Errors: `LOCKED`, `MISMATCH`, `DISK_FULL`. */
  adopt(person: PersonMaterial): Promise<void> {
    return this.#change(async () => {
      const keys = this.#keys
      if (!keys) throw locked()
      if (!attests(person.attestation, person.person, keys.device.publicKey)) {
        throw new PorchlightError('MISMATCH', 'The attestation is not for this device.')
      }
      const paired = { ...keys.material, ...person, phrase: null, recoverySeed: null }
      await this.#write(paired, this.#with)
      keys.adopt(person)
    })
  }

  async #read(): Promise<void> {
    const stored = await readStored(this.#path)
    if (stored === null) return this.#begin(await newMaterial(this.#options.random))
    const file = parseFile('keys', stored)
    if (file?.kdf === 'argon2id') {
      this.#file = file
      return
    }
    const material = file && decodeMaterial(file.body)
    if (material) return this.#use(material)
    const old = await materialOfV1(stored, this.#options.random)
    if (!old) throw damaged(this.#path)
    await this.#begin(old)
  }

  async #begin(material: KeyMaterial): Promise<void> {
    await this.#write(material, null)
    this.#use(material)
  }

  #use(material: KeyMaterial): void {
    this.#keys = new MaterialKeys(material, this.#options.random)
  }

  #forget(): void {
    this.#keys?.clear()
    this.#keys = null
    if (this.#with) sodium.sodium_memzero(this.#with.key)
    this.#with = null
  }

  /** Errors: `WRONG_PASSPHRASE`. */
  async #check(passphrase: string | undefined): Promise<void> {
    if (!this.#with) return
    const key = await passphraseKey(passphrase ?? '', this.#with.salt, this.#with)
    const same = equal(key, this.#with.key)
    sodium.sodium_memzero(key)
    if (!same) throw wrongPassphrase()
  }

  async #write(material: KeyMaterial, sealed: PassphraseKey | null): Promise<void> {
    const body = encodeMaterial(material)
    const { random } = this.#options
    const text = formatFile('keys', body, sealed && { with: sealed, random })
    sodium.sodium_memzero(body)
    await writeKeys(this.#path, text)
  }

  /** One change at a time. */
  #change<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(change)
    this.#changing = done.catch(() => {})
    return done
  }
}

/** The keys of a key file without a passphrase; made when there is none. Errors: `DAMAGED`, `LOCKED`. */
export async function loadDeviceKeys(path: string, random: Random): Promise<DeviceKeys> {
  return (await Vault.open(path, { random })).keys
}

async function writeKeys(path: string, text: string): Promise<void> {
  await replaceSecretFile(path, text).catch((error: unknown) => {
    throw asDiskError(error)
  })
}

async function readStored(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}

function noPassphrase(): PorchlightError {
  return new PorchlightError(
    'NOT_ALLOWED',
    'There is no passphrase yet: without one nothing could be unlocked again. Choose one first.',
  )
}

function damaged(path: string): PorchlightError {
  return new PorchlightError(
    'DAMAGED',
    `The key file ${path} can not be used. Nothing was changed; put a backup in its place, or move the data directory away to begin anew.`,
  )
}
