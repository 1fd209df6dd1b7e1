/**
 * Statements: what a device says of itself to get into a room, signed, so that any member may pass it on.
 * A member who is shown one in a session writes it into the control log (`admit`, `log`); `apply` checks it
 * again, so it counts the same wherever it came from.
 */
import Hypercore from 'hypercore'
import type { KeyPair } from 'hypercore'
import { bytes, encode, fixed, optional, struct, text, tryDecode, uint } from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'
import { curveKey } from '../crypto/box.ts'
import { sign, verify } from '../crypto/sign.ts'
import { attests, MAX_ATTESTATION } from '../identity/attestation.ts'

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
  /** Public key by which the person's 24 words find rooms again. */
  recovery: Buffer
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

/** What signs a statement, beside the device: the logs that it names, so that nobody claims another's. */
export interface Signers {
  readonly device: KeyPair
  readonly log: KeyPair
}

export interface JoinSigners extends Signers {
  /** Signs the control log. */
  readonly writer: KeyPair
  /** Null for the creator. */
  readonly invite: KeyPair | null
}

interface Signed {
  body: Buffer
  device: Buffer
  log: Buffer
  writer: Buffer
  invite: Buffer
}

/** On the wire a join names its control log by the signing key, from which the core's follows. */
type JoinBody = Omit<Join, 'writer'> & { writerKey: Buffer }

const join: Codec<JoinBody> = struct({
  room: fixed(32),
  invite: optional(fixed(32)),
  device: fixed(32),
  person: fixed(32),
  attestation: bytes(MAX_ATTESTATION),
  recovery: fixed(32),
  name: text(MAX_NAME),
  writerKey: fixed(32),
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
  log: fixed(64),
  writer: bytes(64),
  invite: bytes(64),
})

const NONE = Buffer.alloc(0)

/** Signs a join with the keys of the device, of the logs that it names and, unless it is the creator's, of the invite. */
export function signJoin(
  value: Omit<Join, 'writer' | 'log' | 'device' | 'invite'>,
  signers: JoinSigners,
): Buffer {
  const { device, log, writer, invite } = signers
  const body = encode(join, {
    ...value,
    device: device.publicKey,
    log: log.publicKey,
    writerKey: writer.publicKey,
    invite: invite && invite.publicKey,
  })
  return encode(signed, {
    body,
    device: sign('join-device', [body], device.secretKey),
    log: sign('join-log', [body], log.secretKey),
    writer: sign('join-writer', [body], writer.secretKey),
    invite: invite ? sign('join-invite', [body], invite.secretKey) : NONE,
  })
}

/** The join of a statement whose signatures and attestation hold; else null. The invite's own state is not judged. */
export function readJoin(statement: Buffer): Join | null {
  const outer = open(statement)
  const value = outer && tryDecode(join, outer.body)
  // Nothing could be sealed to such a device, and so nobody could hand the room's key to all.
  if (!value || !curveKey(value.device) || isEmpty(value.person)) return null
  const { writerKey, ...rest } = value
  const holds =
    verify('join-device', [outer.body], outer.device, value.device) &&
    verify('join-log', [outer.body], outer.log, value.log) &&
    verify('join-writer', [outer.body], outer.writer, writerKey) &&
    (!value.invite || verify('join-invite', [outer.body], outer.invite, value.invite)) &&
    attests(value.attestation, value.person, value.device)
  return holds ? { ...rest, writer: logKey(writerKey) } : null
}

/** What a join says, unproven: only for one that `readJoin` passed before. */
export function recallJoin(statement: Buffer): Join | null {
  const outer = open(statement)
  const value = outer && tryDecode(join, outer.body)
  if (!value) return null
  const { writerKey, ...rest } = value
  return { ...rest, writer: logKey(writerKey) }
}

/** Signs a declaration with the device's key and the log's own. */
export function signLog(
  value: Omit<LogDeclaration, 'device' | 'log'>,
  { device, log }: Signers,
): Buffer {
  const body = encode(logDeclaration, {
    ...value,
    device: device.publicKey,
    log: log.publicKey,
  })
  return encode(signed, {
    body,
    device: sign('log-device', [body], device.secretKey),
    log: sign('log-log', [body], log.secretKey),
    writer: NONE,
    invite: NONE,
  })
}

/** The declaration of a statement whose signatures hold; else null. */
export function readLog(statement: Buffer): LogDeclaration | null {
  const outer = open(statement)
  const value = outer && tryDecode(logDeclaration, outer.body)
  if (!value) return null
  const holds =
    verify('log-device', [outer.body], outer.device, value.device) &&
    verify('log-log', [outer.body], outer.log, value.log)
  return holds ? value : null
}

/** What a declaration says, unproven: only for one that `readLog` passed before. */
export function recallLog(statement: Buffer): LogDeclaration | null {
  const outer = open(statement)
  return outer && tryDecode(logDeclaration, outer.body)
}

function open(statement: Buffer): Signed | null {
  return statement.byteLength <= MAX_STATEMENT ? tryDecode(signed, statement) : null
}

/** An empty key is nobody's, whatever a signature check may say of it. */
function isEmpty(key: Buffer): boolean {
  return key.every((byte) => byte === 0)
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
