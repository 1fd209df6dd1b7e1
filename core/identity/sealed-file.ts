/**
 * A file of secrets: one JSON object. `kdf: "none"` holds the body as it is, `"argon2id"` sealed with
 * XChaCha20-Poly1305 under the key of a passphrase; the header is bound to the body, so neither can be swapped.
 */
import { openSealed, sealInto } from '../crypto/envelope.ts'
import { PorchlightError } from '../errors.ts'
import type { Random } from '../random.ts'
import { bearable, passphraseKey, SALT } from './passphrase.ts'
import type { KdfCost } from './passphrase.ts'

/** What a file of secrets is for: one kind can not be put in the place of the other. */
export type FileKind = 'keys' | 'backup'

const VERSION = 2
const NONCE = 24
const TAG = 16
/** Longest file that is looked at: a backup of some thousand rooms. */
const MAX_FILE = 4 * 1024 * 1024

/** A passphrase's key with what made it; kept while a file is unlocked, to seal it anew. */
export interface PassphraseKey extends KdfCost {
  readonly salt: Buffer
  readonly key: Buffer
}

/** A file of secrets as it stands on a disk, open or under a passphrase. */
export type SecretFile =
  | { readonly kdf: 'none'; readonly body: Buffer }
  | {
      readonly kdf: 'argon2id'
      readonly cost: KdfCost
      readonly salt: Buffer
      readonly nonce: Buffer
      readonly body: Buffer
    }

interface Written {
  porchlight: FileKind
  version: number
  kdf: string
  ops?: number
  mem?: number
  salt?: string
  nonce?: string
  body: string
}

/** The key of a passphrase with a fresh salt. */
export async function newPassphraseKey(
  passphrase: string,
  cost: KdfCost,
  random: Random,
): Promise<PassphraseKey> {
  const salt = random.bytes(SALT)
  return { ...cost, salt, key: await passphraseKey(passphrase, salt, cost) }
}

/** The file's text; sealed when a passphrase's key is given. */
export function formatFile(
  kind: FileKind,
  body: Buffer,
  seal: { with: PassphraseKey; random: Random } | null,
): string {
  const written: Written = { porchlight: kind, version: VERSION, kdf: 'none', body: '' }
  if (seal === null) written.body = body.toString('base64')
  else {
    const { ops, mem, salt, key } = seal.with
    const nonce = seal.random.bytes(NONCE)
    const sealed = Buffer.alloc(body.byteLength + TAG)
    sealInto(sealed, body, header(kind, { ops, mem }, salt), nonce, key)
    Object.assign(written, { kdf: 'argon2id', ops, mem })
    written.salt = salt.toString('hex')
    written.nonce = nonce.toString('hex')
    written.body = sealed.toString('base64')
  }
  return JSON.stringify(written) + '\n'
}

/** Null for anything that `formatFile` did not write, or that asks for more than this computer should give. */
export function parseFile(kind: FileKind, text: string): SecretFile | null {
  if (text.length > MAX_FILE) return null
  let written: Partial<Written> | null
  try {
    written = JSON.parse(text) as Partial<Written> | null
  } catch {
    return null
  }
  if (written === null || typeof written !== 'object') return null
  if (written.porchlight !== kind || written.version !== VERSION) return null
  const body = decoded(written.body, 'base64')
  if (!body) return null
  if (written.kdf === 'none') return { kdf: 'none', body }
  const salt = decoded(written.salt, 'hex')
  const nonce = decoded(written.nonce, 'hex')
  const cost = { ops: written.ops ?? 0, mem: written.mem ?? 0 }
  const fits = salt?.byteLength === SALT && nonce?.byteLength === NONCE && bearable(cost)
  if (written.kdf !== 'argon2id' || !fits || body.byteLength < TAG) return null
  return { kdf: 'argon2id', cost, salt, nonce, body }
}

/** Opens a sealed file. Errors: `WRONG_PASSPHRASE`, also for one that was altered. */
export async function unsealFile(
  kind: FileKind,
  file: SecretFile & { kdf: 'argon2id' },
  passphrase: string,
): Promise<{ body: Buffer; with: PassphraseKey }> {
  const { cost, salt, nonce } = file
  const key = await passphraseKey(passphrase, salt, cost)
  const body = openSealed(file.body, header(kind, cost, salt), nonce, key)
  if (!body) throw wrongPassphrase()
  return { body, with: { ...cost, salt, key } }
}

/** The error of whoever gave another passphrase than the file was sealed with. */
export function wrongPassphrase(): PorchlightError {
  return new PorchlightError(
    'WRONG_PASSPHRASE',
    'The passphrase is not right, or the file was damaged. Nothing was changed; try again.',
  )
}

function header(kind: FileKind, { ops, mem }: KdfCost, salt: Buffer): Buffer {
  return Buffer.from(JSON.stringify([kind, VERSION, 'argon2id', ops, mem, salt.toString('hex')]))
}

/** Only the one spelling that we write, so that no two texts are the same file. */
function decoded(value: unknown, encoding: 'hex' | 'base64'): Buffer | null {
  if (typeof value !== 'string') return null
  const data = Buffer.from(value, encoding)
  return data.toString(encoding) === value ? data : null
}
