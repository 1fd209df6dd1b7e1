import type { KeyPair } from 'hypercore'
import { logKey } from '../control/statement.ts'
import { keyPairFromSeed } from '../crypto/sign.ts'
import type { DeviceKeys } from '../identity/device-keys.ts'
import type { RoomRecord } from './room-record.ts'

/** Signs this device's control log in a room. */
export function controlKeyPair(keys: DeviceKeys, record: Pick<RoomRecord, 'salt'>): KeyPair {
  return keyPairFromSeed(keys.secret('control-log', Buffer.from(record.salt, 'hex')))
}

/** Signs the n-th content log of this device in a room. */
export function contentKeyPair(
  keys: DeviceKeys,
  record: Pick<RoomRecord, 'salt'>,
  n: number,
): KeyPair {
  const number = Buffer.alloc(4)
  number.writeUInt32LE(n)
  return keyPairFromSeed(keys.secret('content-log', Buffer.from(record.salt, 'hex'), number))
}

/** Core keys of all that this device writes in a room, with what signs them (hex key → pair). */
export function ownCores(keys: DeviceKeys, record: RoomRecord): Map<string, KeyPair> {
  const cores = new Map([[record.writer, controlKeyPair(keys, record)]])
  for (let n = 0; n < record.logs; n++) {
    const pair = contentKeyPair(keys, record, n)
    cores.set(logKey(pair.publicKey).toString('hex'), pair)
  }
  return cores
}
