/**
 * Statements: what a device says of itself to get into a room, signed, so that any member may pass it on.
 * A member who is shown one in a session writes it into the control log (`admit`, `log`); `apply` checks it
 * again, so it counts the same wherever it came from.
 */
import Hypercore from 'hypercore'
import type { KeyPair } from 'hypercore'
import { bytes, encode, fixed, optional, struct, text, tryDecode, uint } from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'
import { sign, verify } from '../crypto/sign.ts'
import { attests, MAX_ATTESTATION } from '../identity/device-keys.ts'

/** Most bytes of a nickname or a room name in UTF-8. */
export const MAX_NAME = 256
/** Most bytes of a statement. */
export const MAX_STATEMENT = 2048

/** "Let this device in": all keys are 32 bytes. */
export interface Join {
  room: Buffer
  /** Public key of the invite; null for the creator, who needs none. */
  invite: Buffer | null
  device: Buffer
  person: Buffer
  attestation: Buffer
  name: string
  /** Key of its control log. */
  writer: Buffer
  /** Signing key of its content log. */
  log: Buffer
  /** Wall-clock ms: judged against the invite's expiry by whoever admits. */
  at: number
}

/** "This is one more content log of mine": after a power cut lost the tail of the one before. */
export interface LogDeclaration {
  room: Buffer
  device: Buffer
  log: Buffer
  at: number
}

interface Signed {
  body: Buffer
  device: Buffer
  invite: Buffer
}

const join: Codec<Join> = struct({
  room: fixed(32),
  invite: optional(fixed(32)),
  device: fixed(32),
  person: fixed(32),
  attestation: bytes(MAX_ATTESTATION),
  name: text(MAX_NAME),
  writer: fixed(32),
  log: fixed(32),
  at: uint,
})

const logDeclaration: Codec<LogDeclaration> = struct({
  room: fixed(32),
  device: fixed(32),
  log: fixed(32),
  at: uint,
})

const signed: Codec<Signed> = struct({
  body: bytes(MAX_STATEMENT),
  device: fixed(64),
  invite: bytes(64),
})

/** Signs a join with the device's key and, unless it is the creator's, the invite's. */
export function signJoin(value: Join, device: KeyPair, invite: KeyPair | null): Buffer {
  const body = encode(join, value)
  return encode(signed, {
    body,
    device: sign('join-device', [body], device.secretKey),
    invite: invite ? sign('join-invite', [body], invite.secretKey) : Buffer.alloc(0),
  })
}

/** The join of a statement whose signatures and attestation hold; else null. The invite's own state is not judged. */
export function readJoin(statement: Buffer): Join | null {
  const outer = statement.byteLength <= MAX_STATEMENT ? tryDecode(signed, statement) : null
  const value = outer && tryDecode(join, outer.body)
  if (!value) return null
  if (!verify('join-device', [outer.body], outer.device, value.device)) return null
  if (value.invite && !verify('join-invite', [outer.body], outer.invite, value.invite)) return null
  return attests(value.attestation, value.person, value.device) ? value : null
}

export function signLog(value: LogDeclaration, device: KeyPair): Buffer {
  const body = encode(logDeclaration, value)
  const signature = sign('log-device', [body], device.secretKey)
  return encode(signed, { body, device: signature, invite: Buffer.alloc(0) })
}

/** The declaration of a statement whose signature holds; else null. */
export function readLog(statement: Buffer): LogDeclaration | null {
  const outer = statement.byteLength <= MAX_STATEMENT ? tryDecode(signed, statement) : null
  const value = outer && tryDecode(logDeclaration, outer.body)
  if (!value) return null
  return verify('log-device', [outer.body], outer.device, value.device) ? value : null
}

/** The core key of a content log with this signing key (hypercore manifest, version 1). */
export function logKey(publicKey: Buffer): Buffer {
  return Buffer.from(Hypercore.key(logManifest(publicKey)))
}

/** The manifest by which a content log is opened before a block of it was met. */
export function logManifest(publicKey: Buffer): {
  version: number
  signers: { publicKey: Buffer }[]
} {
  return { version: 1, signers: [{ publicKey }] }
}
