/**
 * A pairing code: `porchlight-pair:` and base64url of version, a seed for this one pairing, the offering device's
 * key and a check sum. It commits to the key, and tells nothing else: once used or expired it is worth nothing.
 */
import { formatCode, parseCode } from '../codec/code-text.ts'
import type { CodeText } from '../codec/code-text.ts'
import { fixed, struct } from '../codec/codec.ts'
import { derive, hash } from '../crypto/hash.ts'

/** Bytes of the one-use seed in a code. */
export const PAIRING_SEED = 16

/** What a pairing code holds. */
export interface PairingCode {
  seed: Buffer
  /** Public key of the device that made the offer. */
  device: Buffer
}

const form: CodeText<PairingCode> = {
  scheme: 'porchlight-pair:',
  maxLength: 200,
  codec: struct({ seed: fixed(PAIRING_SEED), device: fixed(32) }),
  check: checkOf,
  words: {
    other:
      'This is not a pairing code: one begins with “porchlight-pair:”. Show the code on your other device and try again.',
    damaged:
      'This pairing code is damaged: a part is missing or was mistyped. Nothing was changed; scan or copy the whole code again.',
    newer:
      'This pairing code is from a newer version of Porchlight. Update this one, then try again.',
  },
}

/** The text of a pairing code. */
export function formatPairingCode(value: PairingCode): string {
  return formatCode(form, value)
}

/** Reads what a person scanned or typed. Errors: `BAD_INVITE`. */
export function parsePairingCode(text: string): PairingCode {
  return parseCode(form, text)
}

/** Finds the pairing in a session, as a room's match key finds the room. */
export function pairingMatchKey(seed: Buffer): Buffer {
  return derive(seed, 'pairing-match')
}

/** Where both meet on transports that reach the world. */
export function pairingTopic(seed: Buffer): Buffer {
  return derive(seed, 'pairing-topic')
}

function checkOf({ seed, device }: PairingCode): Buffer {
  return hash([Buffer.from('porchlight/pair\0'), seed, device]).subarray(0, 4)
}
