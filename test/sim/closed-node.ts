/** What lies on the disk of a device that has stopped: what its person, or whoever takes it, can get at. */
import { systemClock } from '../../core/clock.ts'
import { logPrefix } from '../../core/control/log-prefix.ts'
import type { RoomState } from '../../core/control/room-state.ts'
import type { DeviceKeys } from '../../core/identity/device-keys.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import { KeyRing } from '../../core/room/epochs/key-ring.ts'
import { openRecord, readHeader } from '../../core/room/record.ts'
import type { RoomRecord } from '../../core/room/room-record.ts'
import { Storage } from '../../core/storage.ts'
import type { SimNode } from './sim-node.ts'
import { openStoredRoom } from './stored-room.ts'

export interface ClosedRoom {
  readonly keys: DeviceKeys
  readonly record: RoomRecord
  readonly state: RoomState
  /** All content keys that it has or can make out, by epoch. */
  readonly epochs: ReadonlyMap<number, Buffer>
  readonly records: readonly ClosedRecord[]
  /** How far each log (by the first 8 bytes of its key, in hex) goes by its author's signature. */
  readonly lengths: ReadonlyMap<string, number>
}

export interface ClosedRecord {
  readonly log: Buffer
  readonly seq: number
  readonly epoch: number
  readonly block: Buffer
}

/** Stops a device and reads its first room from its disk. */
export async function stopAndRead(node: SimNode): Promise<ClosedRoom> {
  if (node.running) await node.stop()
  const storage = await Storage.open({
    dir: node.dir,
    random: systemRandom,
    logger: silentLogger,
  })
  const { keys, store } = storage
  const { record, control } = await openStoredRoom(storage, {
    clock: systemClock,
    logger: silentLogger,
  })
  try {
    const { state } = control
    const ring = new KeyRing({ record, device: keys.device, room: control.key })
    ring.fill(state)
    const records: ClosedRecord[] = []
    const lengths = new Map<string, number>()
    for (const { key } of state.logs.values()) {
      const core = store.get({ key, active: false })
      await core.ready()
      lengths.set(logPrefix(key), core.length)
      for (let seq = 0; seq < core.contiguousLength; seq++) {
        const block = (await core.get(seq))!
        records.push({ log: key, seq, epoch: readHeader(block)!.epoch, block })
      }
      await core.close()
    }
    return { keys, record, state, epochs: ring.keys, records, lengths }
  } finally {
    await control.close()
    await storage.close()
  }
}

/** True when one of these keys opens the record, whatever epoch it claims. */
export function opens(
  room: Buffer,
  { log, seq, epoch, block }: ClosedRecord,
  keys: Iterable<Buffer>,
): boolean {
  return [...keys].some((key) => openRecord(block, { room, log, seq, epoch }, key) !== null)
}
