import { readFile } from 'node:fs/promises'
import type { KeyPair } from 'hypercore'
import IdentityKey from 'keet-identity-key'
import { derive } from '../crypto/hash.ts'
import { keyPairFromSeed } from '../crypto/sign.ts'
import { writePrivateFile } from '../durability/private-file.ts'
import { PorchlightError } from '../errors.ts'
import type { Random } from '../random.ts'

/** Most bytes of an attestation: a chain of a few devices. */
export const MAX_ATTESTATION = 1024

interface KeyFile {
  version: 1
  mnemonic: string
  deviceSeed: string
  attestation: string
}

/** The keys of a person on this device. Never logged; written to one file that only its owner can read. */
export interface DeviceKeys {
  readonly device: KeyPair
  /** The person's identity key (32 bytes). */
  readonly person: Buffer
  /** The person's word that the device is theirs (keet-identity-key proof). */
  readonly attestation: Buffer
  /** A secret of this device for one purpose. */
  secret(label: string, ...context: Uint8Array[]): Buffer
}

/** Reads the key file at `path`, or makes a new person and device. Errors: `DAMAGED` for a file that is no key file. */
export async function loadDeviceKeys(path: string, random: Random): Promise<DeviceKeys> {
  const stored = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  const file = stored === null ? await create(path, random) : parse(stored, path)
  const seed = Buffer.from(file.deviceSeed, 'hex')
  const identity = await IdentityKey.from({ mnemonic: file.mnemonic })
  const person = Buffer.from(identity.identityPublicKey)
  identity.clear()
  const device = keyPairFromSeed(seed)
  const attestation = Buffer.from(file.attestation, 'base64')
  if (!attests(attestation, person, device.publicKey)) throw damaged(path)
  return {
    device,
    person,
    attestation,
    secret: (label, ...context) => derive(seed, label, ...context),
  }
}

/** True when `attestation` is the person's word that the device is theirs. Any garbage is false. */
export function attests(attestation: Buffer, person: Buffer, device: Buffer): boolean {
  if (attestation.byteLength === 0 || attestation.byteLength > MAX_ATTESTATION) return false
  try {
    const options = { expectedIdentity: person, expectedDevice: device }
    return IdentityKey.verify(attestation, null, options) !== null
  } catch {
    return false
  }
}

async function create(path: string, random: Random): Promise<KeyFile> {
  const mnemonic = IdentityKey.generateMnemonic()
  const seed = random.bytes(32)
  const identity = await IdentityKey.from({ mnemonic })
  const attestation = await identity.bootstrap(keyPairFromSeed(seed).publicKey)
  identity.clear()
  const file: KeyFile = {
    version: 1,
    mnemonic,
    deviceSeed: seed.toString('hex'),
    attestation: attestation.toString('base64'),
  }
  await writePrivateFile(path, JSON.stringify(file, null, 2) + '\n')
  return file
}

function parse(stored: string, path: string): KeyFile {
  try {
    const file = JSON.parse(stored) as KeyFile
    if (file.version === 1 && /^[0-9a-f]{64}$/.test(file.deviceSeed) && file.mnemonic) return file
  } catch {
    // Said below, without the content.
  }
  throw damaged(path)
}

function damaged(path: string): PorchlightError {
  return new PorchlightError(
    'DAMAGED',
    `The key file ${path} can not be used. Nothing was changed; put a backup in its place, or move the data directory away to begin anew.`,
  )
}
