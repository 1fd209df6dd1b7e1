import { hash } from '../crypto/hash.ts'

/**
 * The id of an epoch in a room, from the public key that its boxes are made with: two rotations never share one
 * by accident. Never 0, which is the room's first epoch.
 */
export function epochId(ephemeral: Buffer, room: Buffer): number {
  return hash([Buffer.from('porchlight/epoch\0'), ephemeral, room]).readUInt32LE(0) || 1
}
