/**
 * What two people compare when they meet: a code from both their keys, the same on both sides, and a QR text that
 * holds one side's key. A key is 32 bytes; 30 digits are 99 bits, so that nobody finds another key with the same code.
 */
import { fixed, struct, bounded, encode, tryDecode } from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'
import { hash } from '../crypto/hash.ts'

const SCHEME = 'porchlight-verify:'
const GROUPS = 6

interface Shown {
  version: number
  person: Buffer
  check: Buffer
}

const shown: Codec<Shown> = struct({ version: bounded(255), person: fixed(32), check: fixed(4) })

/** Six groups of five digits for two persons, whoever asks. */
export function verificationCode(one: Buffer, other: Buffer): string {
  const sorted = [one, other].sort((a, b) => Buffer.compare(a, b))
  const digest = hash([Buffer.from('porchlight/verify/1\0'), ...sorted], { size: 64 })
  const groups: string[] = []
  for (let i = 0; i < GROUPS; i++) {
    // 64 bits for five digits: no digit is likelier than another by any measure that counts.
    const value = digest.readBigUInt64LE(i * 8) % 100_000n
    groups.push(value.toString().padStart(5, '0'))
  }
  return groups.join(' ')
}

/** True for what may be a code: 30 digits, however they are spaced. */
export function isWholeCode(typed: string): boolean {
  return /^\d{30}$/.test(digitsOf(typed))
}

/** True for the same digits, however they are spaced. */
export function sameCode(typed: string, code: string): boolean {
  return digitsOf(typed) === digitsOf(code)
}

function digitsOf(typed: string): string {
  return typed.slice(0, 200).replace(/[\s.\-–—]/g, '')
}

/** The text of the QR code that one side shows. */
export function formatVerification(person: Buffer): string {
  const value = { version: 1, person, check: check(person) }
  return SCHEME + encode(shown, value).toString('base64url')
}

/** The key in a scanned text, or null when it is no such text. */
export function parseVerification(text: string): Buffer | null {
  if (text.length > 256) return null
  const compact = text.trim()
  if (!compact.startsWith(SCHEME)) return null
  const code = compact.slice(SCHEME.length)
  if (!/^[A-Za-z0-9_-]+$/.test(code)) return null
  const value = tryDecode(shown, Buffer.from(code, 'base64url'))
  if (value?.version !== 1 || !check(value.person).equals(value.check)) return null
  return value.person
}

function check(person: Buffer): Buffer {
  return hash([Buffer.from(SCHEME), person]).subarray(0, 4)
}
