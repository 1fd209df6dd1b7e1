/**
 * A pairing code: `porchlight-pair:` and base64url of version, a seed for this one pairing, the offering device's
 * key and a check sum. It commits to the key, and tells nothing else: once used or expired it is worth nothing.
 */
import { bounded, encode, fixed, struct, tryDecode } from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'
import { derive, hash } from '../crypto/hash.ts'
import { PorchlightError } from '../errors.ts'

const SCHEME = 'porchlight-pair:'
const MAX_LENGTH = 200
/** Bytes of the one-use seed in a code. */
export const PAIRING_SEED = 16

/** What a pairing code holds. */
export interface PairingCode {
  seed: Buffer
  /** Public key of the device that made the offer. */
  device: Buffer
}

const code: Codec<PairingCode & { version: number; check: Buffer }> = struct({
  version: bounded(255),
  seed: fixed(PAIRING_SEED),
  device: fixed(32),
  check: fixed(4),
})

/** The text of a pairing code. */
export function formatPairingCode(value: PairingCode): string {
  const parts = { version: 1, ...value, check: checkOf(value) }
  return SCHEME + encode(code, parts).toString('base64url')
}

/** Reads what a person scanned or typed. Errors: `BAD_INVITE`. */
export function parsePairingCode(text: string): PairingCode {
  const compact = text.length <= 4 * MAX_LENGTH ? text.replace(/\s+/g, '') : ''
  if (!compact.startsWith(SCHEME)) {
    throw bad(
      'This is not a pairing code: one begins with “porchlight-pair:”. Show the code on your other device and try again.',
    )
  }
  const rest = compact.slice(SCHEME.length)
  if (!/^[A-Za-z0-9_-]+$/.test(rest)) throw bad(DAMAGED)
  const data = Buffer.from(rest, 'base64url')
  if (data[0] !== undefined && data[0] !== 1) {
    throw bad(
      'This pairing code is from a newer version of Porchlight. Update this one, then try again.',
    )
  }
  const value = tryDecode(code, data)
  if (!value || !checkOf(value).equals(value.check)) throw bad(DAMAGED)
  return { seed: value.seed, device: value.device }
}

/** Finds the pairing in a session, as a room's match key finds the room. */
export function pairingMatchKey(seed: Buffer): Buffer {
  return derive(seed, 'pairing-match')
}

/** Where both meet on transports that reach the world. */
export function pairingTopic(seed: Buffer): Buffer {
  return derive(seed, 'pairing-topic')
}

const DAMAGED =
  'This pairing code is damaged: a part is missing or was mistyped. Nothing was changed; scan or copy the whole code again.'

function bad(message: string): PorchlightError {
  return new PorchlightError('BAD_INVITE', message)
}

function checkOf({ seed, device }: PairingCode): Buffer {
  return hash([Buffer.from('porchlight/pair\0'), seed, device]).subarray(0, 4)
}
