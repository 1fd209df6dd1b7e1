/**
 * An invite: `porchlight:` and base64url of version, room key, the key of its control log, the invite's seed,
 * and a check sum, so that a slip in typing is told from a wrong invite.
 */
import { bounded, encode, fixed, struct, tryDecode } from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'
import { hash } from '../crypto/hash.ts'
import { PorchlightError } from '../errors.ts'

const SCHEME = 'porchlight:'
const MAX_LENGTH = 400

export interface Invite {
  /** Key of the room's control log. */
  room: Buffer
  encryptionKey: Buffer
  seed: Buffer
}

const invite: Codec<Invite & { version: number; check: Buffer }> = struct({
  version: bounded(255),
  room: fixed(32),
  encryptionKey: fixed(32),
  seed: fixed(32),
  check: fixed(4),
})

/** The text of an invite, for a link, a message or a QR code. */
export function formatInvite(value: Invite): string {
  const parts = { version: 1, ...value, check: checkOf(value) }
  return SCHEME + encode(invite, parts).toString('base64url')
}

/** Reads what a person pasted: white space and line breaks do not matter. Errors: `BAD_INVITE`. */
export function parseInvite(text: string): Invite {
  const compact = text.length <= 4 * MAX_LENGTH ? text.replace(/\s+/g, '') : ''
  if (!compact.startsWith(SCHEME)) {
    throw bad(
      'This is not an invite: one begins with “porchlight:”. Copy the whole line and try again.',
    )
  }
  const code = compact.slice(SCHEME.length)
  if (!/^[A-Za-z0-9_-]+$/.test(code)) throw bad(DAMAGED)
  const data = Buffer.from(code, 'base64url')
  if (data[0] !== undefined && data[0] !== 1) {
    throw bad('This invite is from a newer version of Porchlight. Update this one, then try again.')
  }
  const value = tryDecode(invite, data)
  if (!value || !checkOf(value).equals(value.check)) throw bad(DAMAGED)
  return { room: value.room, encryptionKey: value.encryptionKey, seed: value.seed }
}

const DAMAGED =
  'This invite is damaged: a part is missing or was mistyped. Nothing was changed; copy the whole line again, or ask for a new one.'

function bad(message: string): PorchlightError {
  return new PorchlightError('BAD_INVITE', message)
}

function checkOf(value: Invite): Buffer {
  return hash([value.room, value.encryptionKey, value.seed]).subarray(0, 4)
}
