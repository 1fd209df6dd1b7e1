/** A person's word that a device is theirs (keet-identity-key proof), as far as rooms look into it. */
import IdentityKey from 'keet-identity-key'
import { fixed, list, struct, tryDecode, uint } from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'

/** Most bytes of an attestation: a chain of a few devices. */
export const MAX_ATTESTATION = 1024

interface Proof {
  version: number
  epoch: Buffer
  identity: Buffer
  chain: { device: Buffer; signature: Buffer }[]
  flags: number
}

const proof: Codec<Proof> = struct({
  version: uint,
  epoch: fixed(8),
  identity: fixed(32),
  chain: list(struct({ device: fixed(32), signature: fixed(64) }), 10),
  flags: uint,
})

/** True when `attestation` is the person's word that the device is theirs. Any garbage is false. */
export function attests(attestation: Buffer, person: Buffer, device: Buffer): boolean {
  if (attestationChain(attestation) === null) return false
  try {
    const options = { expectedIdentity: person, expectedDevice: device }
    return IdentityKey.verify(attestation, null, options) !== null
  } catch {
    return false
  }
}

/** The devices by whose word it holds, from the person's first to its own; null for anything ill-formed. */
export function attestationChain(attestation: Buffer): Buffer[] | null {
  if (attestation.byteLength > MAX_ATTESTATION) return null
  const value = tryDecode(proof, attestation)
  if (!value || value.version !== 1 || value.flags !== 0 || value.chain.length === 0) return null
  return value.chain.map(({ device }) => device)
}
