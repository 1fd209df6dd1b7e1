import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KeyPair } from 'hypercore'
import { logKey, signJoin, signLog } from '../../core/control/statement.ts'
import type { Join } from '../../core/control/statement.ts'
import { hash } from '../../core/crypto/hash.ts'
import { keyPairFromSeed } from '../../core/crypto/sign.ts'
import { loadDeviceKeys } from '../../core/identity/vault.ts'
import type { DeviceKeys } from '../../core/identity/device-keys.ts'
import { seededRandom } from '../../core/random.ts'

/** Signing keys of what the tests name by a core key or a public key. */
const pairs = new Map<string, KeyPair>()

/** Lets statements name a log of this key. */
export function known(pair: KeyPair): KeyPair {
  pairs.set(pair.publicKey.toString('hex'), pair)
  pairs.set(logKey(pair.publicKey).toString('hex'), pair)
  return pair
}

export const ROOM = logKey(known(keyPairFromSeed(hash([Buffer.from('the room')]))).publicKey)
export const AT = 1_790_000_000_000

/** Keys of fresh people with a device each. */
export async function people(count: number): Promise<DeviceKeys[]> {
  const dir = await mkdtemp(join(tmpdir(), 'porchlight-people-'))
  try {
    const made: DeviceKeys[] = []
    for (let n = 0; n < count; n++) {
      made.push(await loadDeviceKeys(join(dir, `${n}.json`), seededRandom(n)))
    }
    return made
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** A key pair that is always the same for a name. */
export function pairOf(name: string): KeyPair {
  return keyPairFromSeed(hash([Buffer.from(name)]))
}

/** The key of a device's control log; a device that came back has another. */
export function writerOf(keys: DeviceKeys, time = 0): Buffer {
  return logKey(known(pairOf(`writer ${time} ${keys.device.publicKey.toString('hex')}`)).publicKey)
}

/** The signing key of a device's content log. */
export function logOf(keys: DeviceKeys, time = 0): Buffer {
  return known(pairOf(`log ${time} ${keys.device.publicKey.toString('hex')}`)).publicKey
}

/** What a device says of itself to get in. */
export function joinOf(keys: DeviceKeys, invite: KeyPair | null, over: Partial<Join> = {}): Join {
  return {
    room: ROOM,
    invite: invite && invite.publicKey,
    device: keys.device.publicKey,
    person: keys.person,
    attestation: keys.attestation,
    recovery: keys.recovery,
    name: 'Someone',
    writer: writerOf(keys),
    log: logOf(keys),
    at: AT,
    ...over,
  }
}

export function joinStatement(
  keys: DeviceKeys,
  invite: KeyPair | null,
  over: Partial<Join> = {},
): Buffer {
  const { writer, log, ...value } = joinOf(keys, invite, over)
  return signJoin(value, {
    device: keys.device,
    writer: pairs.get(writer.toString('hex'))!,
    log: pairs.get(log.toString('hex'))!,
    invite,
  })
}

/** What a device says of one more content log of its own. */
export function logStatement(keys: DeviceKeys, log: Buffer): Buffer {
  return signLog(
    { room: ROOM, at: AT },
    { device: keys.device, log: pairs.get(log.toString('hex'))! },
  )
}
