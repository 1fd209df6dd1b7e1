import { signJoin } from '../control/statement.ts'
import { keyPairFromSeed } from '../crypto/sign.ts'
import type { DeviceKeys } from '../identity/device-keys.ts'
import { contentKeyPair, controlKeyPair } from './own-keys.ts'
import type { RoomRecord } from './room-record.ts'

/** The statement that asks to be let in by an invite or, without one, as a device of someone who is in. */
export function joinStatement(
  keys: DeviceKeys,
  record: Pick<RoomRecord, 'salt' | 'logs'>,
  facts: { room: Buffer; name: string; at: number },
  inviteSeed: Buffer | null,
): Buffer {
  const { person, attestation, recovery, device } = keys
  return signJoin(
    { ...facts, person, attestation, recovery },
    {
      device,
      writer: controlKeyPair(keys, record),
      log: contentKeyPair(keys, record, record.logs - 1),
      invite: inviteSeed && keyPairFromSeed(inviteSeed),
    },
  )
}
