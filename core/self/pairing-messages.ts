/** What two devices say to each other while one becomes the other person's device. */
import { bounded, bytes, encode, fixed, struct, text, tryDecode, union } from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'
import { hash } from '../crypto/hash.ts'
import { sign, verify } from '../crypto/sign.ts'
import { MAX_NAME } from '../control/statement.ts'
import { MAX_ATTESTATION } from '../identity/attestation.ts'

/** Most bytes of a device's name in UTF-8. */
export const MAX_DEVICE_NAME = 256
/** Why a new device is not let in. */
export const PAIRING_REFUSALS = ['used', 'expired', 'declined', 'too-far'] as const
/** One of these reasons. */
export type PairingRefusal = (typeof PAIRING_REFUSALS)[number]

/** Who is at this end, signed by its device over this very connection. */
export interface PairingHello {
  type: 'hello'
  /** 1 on the device that made the offer. */
  offers: number
  device: Buffer
  name: string
  signature: Buffer
}

/** What makes the new device one of the person's. */
export interface PairingGrant {
  type: 'grant'
  person: Buffer
  /** The person's word for the new device. */
  attestation: Buffer
  /** Public key by which the person's 24 words find their rooms again. */
  recovery: Buffer
  nickname: string
  /** The personal room: the key of its control log, and what opens that. */
  room: Buffer
  encryptionKey: Buffer
}

/** What the two devices say to each other. */
export type PairingMessage =
  PairingHello | PairingGrant | { type: 'done' } | { type: 'refuse'; reason: number }

const message: Codec<PairingMessage> = union<PairingMessage>({
  hello: [
    0,
    struct({
      offers: bounded(1),
      device: fixed(32),
      name: text(MAX_DEVICE_NAME),
      signature: fixed(64),
    }),
  ],
  grant: [
    1,
    struct({
      person: fixed(32),
      attestation: bytes(MAX_ATTESTATION),
      recovery: fixed(32),
      nickname: text(MAX_NAME),
      room: fixed(32),
      encryptionKey: fixed(32),
    }),
  ],
  done: [2, struct({})],
  refuse: [3, struct({ reason: bounded(PAIRING_REFUSALS.length - 1) })],
})

/** The bytes of a message, for a session. */
export function encodePairing(value: PairingMessage): Buffer {
  return encode(message, value)
}

/** Null for anything ill-formed. */
export function decodePairing(data: Buffer): PairingMessage | null {
  return tryDecode(message, data)
}

/** One connection between the two: what both ends know of it alike. */
export interface PairingPlace {
  readonly seed: Buffer
  readonly handshakeHash: Buffer
}

/** A hello that holds on this connection alone. */
export function signHello(
  place: PairingPlace,
  offers: boolean,
  device: { publicKey: Buffer; secretKey: Buffer },
  name: string,
): PairingHello {
  const hello = { type: 'hello' as const, offers: Number(offers), device: device.publicKey, name }
  return { ...hello, signature: sign('pairing', parts(place, hello), device.secretKey) }
}

/** True when the device that it names said it, in this connection and for this pairing. */
export function holdsHello(place: PairingPlace, hello: PairingHello): boolean {
  return verify('pairing', parts(place, hello), hello.signature, hello.device)
}

/** Six digits that both devices show: equal only when nobody stands between them. */
export function pairingDigits(place: PairingPlace, offering: Buffer, fresh: Buffer): string {
  const label = Buffer.from('porchlight/pairing-digits/1\0')
  const sum = hash([label, place.handshakeHash, offering, fresh], { key: place.seed })
  return (sum.readUInt32LE(0) % 1_000_000).toString().padStart(6, '0')
}

function parts(
  place: PairingPlace,
  hello: Pick<PairingHello, 'offers' | 'device' | 'name'>,
): Buffer[] {
  const { seed, handshakeHash } = place
  return [handshakeHash, seed, Buffer.from([hello.offers]), hello.device, Buffer.from(hello.name)]
}
