import sodium from 'sodium-native'
import { PorchlightError } from '../errors.ts'

/** What Argon2id takes: passes over the memory, and bytes of memory. */
export interface KdfCost {
  readonly ops: number
  readonly mem: number
}

const MB = 1024 * 1024
const DESKTOP: KdfCost = { ops: 3, mem: 256 * MB }
const SMALL: KdfCost = { ops: 3, mem: 64 * MB }
/** Below this a computer is small. */
const ENOUGH = 2 * 1024 * MB

/** What a file may ask for: a hostile one must not take all memory or hours. */
const MIN: KdfCost = { ops: 1, mem: 8 * MB }
const MAX: KdfCost = { ops: 16, mem: 1024 * MB }

/** Bytes of the salt that goes with a passphrase. */
export const SALT = 16
const KEY = 32
const MIN_LENGTH = 8
const MAX_LENGTH = 1024

/** How dear guessing is made on a computer with this much memory (bytes). */
export function kdfCost(totalMemory: number): KdfCost {
  return totalMemory < ENOUGH ? SMALL : DESKTOP
}

/** True for a cost that a file may ask for. */
export function bearable({ ops, mem }: KdfCost): boolean {
  const whole = Number.isSafeInteger(ops) && Number.isSafeInteger(mem)
  return whole && ops >= MIN.ops && ops <= MAX.ops && mem >= MIN.mem && mem <= MAX.mem
}

/** Refuses a new passphrase that could be guessed by hand. Errors: `BAD_REQUEST`. */
export function checkPassphrase(passphrase: string): void {
  const { length } = Array.from(passphrase)
  if (length >= MIN_LENGTH && Buffer.byteLength(passphrase) <= MAX_LENGTH) return
  throw new PorchlightError(
    'BAD_REQUEST',
    `A passphrase has at least ${MIN_LENGTH} characters (four random words are good), and at most ${MAX_LENGTH} bytes. Nothing was changed.`,
  )
}

/** The key that a passphrase gives with a salt: Argon2id (RFC 9106), off the event loop. */
export async function passphraseKey(
  passphrase: string,
  salt: Uint8Array,
  { ops, mem }: KdfCost,
): Promise<Buffer> {
  // Keyboards differ in how they compose an accent.
  const words = Buffer.from(passphrase.normalize('NFKC'))
  const key = Buffer.alloc(KEY)
  try {
    const { crypto_pwhash_ALG_ARGON2ID13: argon2id } = sodium
    await sodium.crypto_pwhash_async(key, words, salt, ops, mem, argon2id)
    return key
  } finally {
    sodium.sodium_memzero(words)
  }
}
