import type Corestore from 'corestore'
import type { Clock } from '../../core/clock.ts'
import { ControlLog } from '../../core/control/control-log.ts'
import type { Logger } from '../../core/logger.ts'
import { controlKeyPair } from '../../core/room/own-keys.ts'
import type { RoomRecord } from '../../core/room/room-record.ts'
import type { Storage } from '../../core/storage.ts'

/** Opens the control log of the first room on a disk, with no engine around it. */
export async function openStoredRoom(
  { keys, journal, file, store: all }: Storage,
  facts: { readonly clock: Clock; readonly logger: Logger },
): Promise<{ record: RoomRecord; store: Corestore; control: ControlLog }> {
  const record = file.state.rooms[0]!
  const store = all.namespace(Buffer.from(record.salt, 'hex'))
  const control = await ControlLog.open({
    ...facts,
    store,
    key: Buffer.from(record.key, 'hex'),
    encryptionKey: Buffer.from(record.encryptionKey, 'hex'),
    envelope: keys.envelope('control'),
    keyPair: controlKeyPair(keys, record),
    suspect: false,
    trust: async () => {},
    journal,
  })
  return { record, store, control }
}
