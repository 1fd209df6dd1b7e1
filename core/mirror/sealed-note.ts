import { openSealed, sealInto } from '../crypto/envelope.ts'
import { derive, equal } from '../crypto/hash.ts'
import { pad, unpad } from '../crypto/padding.ts'

const NONCE = 24
const TAG = 16
const NOTHING = Buffer.alloc(0)

/** The key under which a room's statements wait at a holder: they name people, whom it is not to know. */
export function noteKey(secret: Buffer, room: Buffer): Buffer {
  return derive(secret, 'mirror-note', room)
}

/** Seals a statement; the same one always in the same bytes, so that a holder knows what it has. */
export function sealNote(statement: Buffer, key: Buffer): Buffer {
  const padded = pad(statement)
  const out = Buffer.alloc(NONCE + padded.byteLength + TAG)
  const nonce = nonceOf(statement, key)
  nonce.copy(out)
  sealInto(out.subarray(NONCE), padded, NOTHING, nonce, key)
  return out
}

/** The statement; null for anything else than what was sealed under this key. */
export function openNote(sealed: Buffer, key: Buffer): Buffer | null {
  const nonce = sealed.subarray(0, NONCE)
  if (nonce.byteLength < NONCE) return null
  const padded = openSealed(sealed.subarray(NONCE), NOTHING, nonce, key)
  const statement = padded && unpad(padded)
  // In other bytes it would take a further place.
  return statement && equal(nonceOf(statement, key), nonce) ? statement : null
}

function nonceOf(statement: Buffer, key: Buffer): Buffer {
  return derive(key, 'mirror-note-nonce', statement).subarray(0, NONCE)
}
