/** What a device that has nothing but its person's 24 words, and a neighbour who knows the person, say to each other. */
import type { KeyPair } from 'hypercore'
import {
  bounded,
  bytes,
  encode,
  fixed,
  list,
  struct,
  text,
  tryDecode,
  union,
} from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'
import { seal, unseal } from '../crypto/box.ts'
import { derive } from '../crypto/hash.ts'
import { sign, verify } from '../crypto/sign.ts'
import { MAX_NAME } from '../control/statement.ts'
import { MAX_DEVICES } from '../control/operation.ts'
import { attests, MAX_ATTESTATION } from '../identity/attestation.ts'

/** Rooms in one message: it must fit into a frame of a peer that is not known yet. */
export const ROOMS_PER_MESSAGE = 32
/** Rooms that one neighbour tells of at most. */
export const MAX_RECOVERED = 256
const MAX_SEALED = ROOMS_PER_MESSAGE * 600

/** A room that the person is in, as a neighbour knows it. */
export interface RecoveredRoom {
  /** Key of its control log. */
  room: Buffer
  /** Opens the control log. */
  encryptionKey: Buffer
  name: string
  /** What the person is called there. */
  nickname: string
  /** How many of the person's devices are in their personal room, when this is it, which only they may tell; else 0. */
  personal: number
}

/** What a restored device and a neighbour say to each other. */
export type RecoveryMessage =
  /** Rooms of the person, sealed to the key that follows from their words. */
  | { type: 'rooms'; sealed: Buffer }
  /** The room of the person's own devices, sealed to that key, from one of them. */
  | ({ type: 'personal'; sealed: Buffer } & DeviceProof)

/** "I am this device of the person": signed over this connection. */
export interface DeviceProof {
  device: Buffer
  attestation: Buffer
  signature: Buffer
}

const message: Codec<RecoveryMessage> = union<RecoveryMessage>({
  rooms: [0, struct({ sealed: bytes(MAX_SEALED) })],
  personal: [
    1,
    struct({
      sealed: bytes(MAX_SEALED),
      device: fixed(32),
      attestation: bytes(MAX_ATTESTATION),
      signature: fixed(64),
    }),
  ],
})

const rooms: Codec<RecoveredRoom[]> = list(
  struct({
    room: fixed(32),
    encryptionKey: fixed(32),
    name: text(MAX_NAME),
    nickname: text(MAX_NAME),
    personal: bounded(MAX_DEVICES),
  }),
  ROOMS_PER_MESSAGE,
)

/** The bytes of a message, for a session. */
export function encodeRecovery(value: RecoveryMessage): Buffer {
  return encode(message, value)
}

/** Null for anything ill-formed. */
export function decodeRecovery(data: Buffer): RecoveryMessage | null {
  return tryDecode(message, data)
}

/** Finds the person in a session, for those who know their recovery key. */
export function recoveryMatchKey(recovery: Uint8Array): Buffer {
  return derive(recovery, 'recovery-match')
}

/** "These 24 words are mine": signed over one connection with the key that follows from them. */
export function signClaim(handshakeHash: Buffer, initiator: boolean, secretKey: Buffer): Buffer {
  return sign('recovery', [handshakeHash, Buffer.from([Number(initiator)])], secretKey)
}

/** True when who sent it has the person's words; `initiator` is the sender's side. */
export function holdsClaim(
  handshakeHash: Buffer,
  initiator: boolean,
  signature: Buffer,
  recovery: Buffer,
): boolean {
  return verify('recovery', [handshakeHash, Buffer.from([Number(initiator)])], signature, recovery)
}

/** The rooms, for the eyes of the person with the words alone. */
/** Proves which device of the person is at one end of one connection. */
export function proveDevice(
  handshakeHash: Buffer,
  initiator: boolean,
  { device, attestation }: { device: KeyPair; attestation: Buffer },
): DeviceProof {
  const parts = [handshakeHash, Buffer.from([Number(initiator)])]
  const signature = sign('recovery-device', parts, device.secretKey)
  return { device: device.publicKey, attestation, signature }
}

/** True when the device that it names is at the other end and is the person's; `initiator` is the sender's side. */
export function holdsDevice(
  handshakeHash: Buffer,
  initiator: boolean,
  { device, attestation, signature }: DeviceProof,
  person: Buffer,
): boolean {
  const parts = [handshakeHash, Buffer.from([Number(initiator)])]
  return verify('recovery-device', parts, signature, device) && attests(attestation, person, device)
}

export function sealRooms(value: RecoveredRoom[], recovery: Buffer): Buffer {
  return seal(encode(rooms, value), recovery)
}

/** Null for what was not sealed to this key pair, or is ill-formed. */
export function unsealRooms(
  sealed: Buffer,
  keyPair: { publicKey: Buffer; secretKey: Buffer },
): RecoveredRoom[] | null {
  const opened = unseal(sealed, keyPair)
  return opened && tryDecode(rooms, opened)
}
