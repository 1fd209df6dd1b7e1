import { hash } from '../crypto/hash.ts'

/**
 * The id of an epoch in a room, from the public key that its boxes are made with and the device that wrote the
 * rotation: two never share one by accident, and nobody takes another's by copying it. Never 0, which is the room's
 * first epoch.
 */
export function epochId(ephemeral: Buffer, room: Buffer, device: Buffer): number {
  return hash([Buffer.from('porchlight/epoch\0'), ephemeral, room, device]).readUInt32LE(0) || 1
}
