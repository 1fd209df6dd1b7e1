import { derive, hash } from '../crypto/hash.ts'

/** What names a room's mirrors, and finds them in a session; 32 bytes each. */
export interface MirrorKeys {
  /** Given to blind peers. */
  readonly mirror: Buffer
  /** Given to carriers: it follows from the mirror's key, never the other way. */
  readonly carry: Buffer
}

/** The keys of a room's mirrors, from the room's control secret and the key of its control log. */
export function mirrorKeys(secret: Buffer, room: Buffer): MirrorKeys {
  const mirror = derive(secret, 'mirror', room)
  return { mirror, carry: carryKey(mirror) }
}

/** The carriers' key of a mirror. */
export function carryKey(mirror: Buffer): Buffer {
  return derive(mirror, 'carry')
}

/** The id (hex, 64 characters) under which a mirror is kept: tells nothing of the key. */
export function mirrorId(key: Buffer): string {
  return hash([Buffer.from('porchlight/mirror/1'), key]).toString('hex')
}

/** Where a blind peer is found on transports that reach the world, by those who know its key (32 bytes). */
export function nodeTopic(node: Buffer): Buffer {
  return derive(node, 'node-topic')
}
