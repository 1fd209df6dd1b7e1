import type { KeyPair } from 'hypercore'
import { sign, verify } from '../../crypto/sign.ts'

/** One connection, as both ends know it. */
export interface Place {
  readonly handshakeHash: Buffer
  readonly initiator: boolean
}

/** What is proved: to be a node that offers space; to deposit a mirror; to withdraw it. */
export type Proven = 'mirror-node' | 'mirror-deposit' | 'mirror-forget'

/** A signature that is worth nothing in another connection, from the other side, or for another mirror. */
export function prove(what: Proven, place: Place, keyPair: KeyPair, key?: Buffer): Buffer {
  return sign(what, parts(place, place.initiator, key), keyPair.secretKey)
}

/** True when the other side made it. */
export function proved(
  what: Proven,
  place: Place,
  signature: Buffer,
  publicKey: Buffer,
  key?: Buffer,
): boolean {
  return verify(what, parts(place, !place.initiator, key), signature, publicKey)
}

function parts(place: Place, initiator: boolean, key?: Buffer): Buffer[] {
  return [place.handshakeHash, Buffer.from([Number(initiator)]), ...(key ? [key] : [])]
}
