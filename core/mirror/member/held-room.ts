import type { LogLength } from '../../room/delivery/receipts.ts'
import type { Room } from '../../room/room.ts'
import { mirrorId, mirrorKeys } from '../mirror-keys.ts'
import type { MirrorKeys } from '../mirror-keys.ts'
import type { HeldRoom } from './node-link.ts'

/** A room, as nodes that hold it see it. */
export class RoomAtNodes implements HeldRoom {
  readonly room: Room
  readonly keys: MirrorKeys
  /** The id (hex) of its mirror. */
  readonly mirror: string

  constructor(room: Room) {
    this.room = room
    this.keys = mirrorKeys(Buffer.from(room.record.encryptionKey, 'hex'), room.control.key)
    this.mirror = mirrorId(this.keys.mirror)
  }

  get id(): string {
    return this.room.id
  }

  get joined(): boolean {
    return this.room.membership.joined
  }

  get mirrors(): HeldRoom['mirrors'] {
    return this.room.control.state.mirrors
  }

  get invitedBy(): readonly string[] {
    return this.room.record.invite?.nodes ?? []
  }

  *lengths(): Iterable<LogLength> {
    yield* this.room.control.heads()
    for (const log of this.room.logs) yield { key: log.key, length: log.reach }
  }

  stored(node: string, logs: Iterable<LogLength>): void {
    this.room.receipts.stored(node, logs)
  }

  dropped(node: string): void {
    this.room.receipts.dropped(node)
  }
}
