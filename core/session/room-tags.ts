import { hash } from '../crypto/hash.ts'
import { shuffle } from '../random.ts'
import type { Random } from '../random.ts'
import { MAX_ROOMS, TAG } from './messages.ts'

/** Tags are sent in multiples of this, so that their number says little. */
const PADDING = 8

/**
 * A room's tag in one session for one side: BLAKE2b keyed with the room's match key over the handshake hash.
 * Whoever lacks the key learns nothing, and in another session, or sent back, it is worth nothing.
 */
export function roomTag(matchKey: Buffer, handshakeHash: Buffer, initiator: boolean): Buffer {
  return hash([Buffer.from([initiator ? 1 : 0]), handshakeHash], { key: matchKey, size: TAG })
}

/** The tags in random order, padded with random ones to a multiple of 8; at most 1,024. */
export function paddedTags(tags: readonly Buffer[], random: Random): Buffer[] {
  const out = tags.slice(0, MAX_ROOMS)
  const size = Math.min(MAX_ROOMS, Math.max(1, Math.ceil(out.length / PADDING)) * PADDING)
  while (out.length < size) out.push(random.bytes(TAG))
  return shuffle(out, random)
}
