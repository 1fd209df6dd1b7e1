/** Words and keys that must not be found where nobody may read them. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeviceKeys } from '../../core/identity/device-keys.ts'
import { ownCores } from '../../core/room/own-keys.ts'
import type { RoomRecord } from '../../core/room/room-record.ts'

/** What is looked for, by what to call it in a failure. */
export type Canaries = Readonly<Record<string, Buffer>>

/** Every way in which a secret could be written. */
export function spellings(secret: Buffer): Buffer[] {
  const hex = secret.toString('hex')
  const texts = [hex, hex.toUpperCase(), ...base64Within(secret)]
  const url = texts.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  return [secret, ...new Set([...texts, ...url])].map((spelling) => Buffer.from(spelling))
}

/** As it stands in the base64 of something longer, by where in it the secret begins. */
function base64Within(secret: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), secret]).toString('base64')
    const bits = (before + secret.byteLength) * 8
    return whole.slice(Math.ceil((before * 8) / 6), Math.floor(bits / 6))
  })
}

/** The names of the canaries that stand in `data`, in whatever spelling. */
export function found(data: Buffer, canaries: Canaries): string[] {
  return Object.entries(canaries)
    .filter(([, secret]) => spellings(secret).some((spelling) => data.includes(spelling)))
    .map(([name]) => name)
}

/** `file: name` for each canary in each file below `dir`. */
export async function scanDirectory(dir: string, canaries: Canaries): Promise<string[]> {
  const hits: string[] = []
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    for (const name of found(await readFile(path), canaries)) hits.push(`${path}: ${name}`)
  }
  return hits
}

/** The secrets of a device and its rooms. */
export function secretsOf(keys: DeviceKeys, records: readonly RoomRecord[]): Canaries {
  const secrets: Record<string, Buffer> = {
    'device seed': Buffer.from(keys.device.secretKey.subarray(0, 32)),
    'storage key': Buffer.from(keys.storageKey),
  }
  if (keys.phrase !== null) {
    secrets['phrase'] = Buffer.from(keys.phrase)
    // Some words of it are enough to be worth finding.
    secrets['half the phrase'] = Buffer.from(keys.phrase.split(' ').slice(0, 8).join(' '))
  }
  if (keys.recoveryPair) {
    secrets['recovery seed'] = Buffer.from(keys.recoveryPair.secretKey.subarray(0, 32))
  }
  for (const [n, record] of records.entries()) {
    secrets[`room ${n}: encryption key`] = Buffer.from(record.encryptionKey, 'hex')
    if (record.invite?.seed) {
      secrets[`room ${n}: invite`] = Buffer.from(record.invite.seed, 'hex')
    }
    secrets[`room ${n}: salt`] = Buffer.from(record.salt, 'hex')
    for (const [epoch, key] of Object.entries(record.epochs)) {
      secrets[`room ${n}: key of epoch ${epoch}`] = Buffer.from(key, 'hex')
    }
    for (const [log, { secretKey }] of ownCores(keys, record)) {
      secrets[`room ${n}: seed of log ${log.slice(0, 8)}`] = Buffer.from(secretKey.subarray(0, 32))
    }
  }
  return secrets
}
