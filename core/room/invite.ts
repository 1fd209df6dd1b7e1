/**
 * An invite: `porchlight:` and base64url of version, room key, the key of its control log, the invite's seed, the
 * nodes by which the room is reached when no member is (version 2), and a check sum.
 */
import { formatCode, parseCode } from '../codec/code-text.ts'
import type { CodeText } from '../codec/code-text.ts'
import { fixed, list, struct } from '../codec/codec.ts'
import { hash } from '../crypto/hash.ts'

/** What an invite holds. */
export interface Invite {
  /** Key of the room's control log. */
  room: Buffer
  encryptionKey: Buffer
  seed: Buffer
  /** Keys of nodes that hold the room; absent for none. */
  nodes?: readonly Buffer[]
}

/** Most nodes that an invite names: it has to fit in a QR code that a phone reads. */
export const MAX_INVITE_NODES = 2

const basic = { room: fixed(32), encryptionKey: fixed(32), seed: fixed(32) }

const form: CodeText<Invite> = {
  scheme: 'porchlight:',
  maxLength: 400,
  codec: struct<Omit<Invite, 'nodes'>>(basic),
  more: {
    codec: struct<Omit<Invite, 'nodes'> & { nodes: Buffer[] }>({
      ...basic,
      nodes: list(fixed(32), MAX_INVITE_NODES),
    }),
    when: ({ nodes }) => nodes !== undefined && nodes.length > 0,
  },
  check: checkOf,
  words: {
    other:
      'This is not an invite: one begins with “porchlight:”. Copy the whole line and try again.',
    damaged:
      'This invite is damaged: a part is missing or was mistyped. Nothing was changed; copy the whole line again, or ask for a new one.',
    newer: 'This invite is from a newer version of Porchlight. Update this one, then try again.',
  },
}

/** The text of an invite, for a link, a message or a QR code. */
export function formatInvite(value: Invite): string {
  return formatCode(form, value)
}

/** Reads what a person pasted. Errors: `BAD_INVITE`. */
export function parseInvite(text: string): Invite {
  return parseCode(form, text)
}

function checkOf(value: Invite): Buffer {
  return hash([value.room, value.encryptionKey, value.seed, ...(value.nodes ?? [])]).subarray(0, 4)
}
