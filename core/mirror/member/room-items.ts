import type { Files } from '../../files/files.ts'
import type { Held } from '../../files/held.ts'
import type { Room } from '../../room/room.ts'
import type { Copy, ItemName } from '../copy.ts'
import { mirrorRoom } from '../items/shared-rooms.ts'
import type { Space } from '../space/space.ts'
import type { CarriedItems } from '../usb/items-exchange.ts'

export interface RoomItemsOptions {
  readonly files: () => Pick<Files, 'held' | 'brought'>
  /** The room of a mirror (hex id); null for one of others. */
  readonly roomOf: (id: string) => Room | null
  /** What is kept for others. */
  readonly space: Pick<Space, 'heldItem' | 'broughtItem'>
}

/** Files of this device's rooms and of what it holds for others, as an exchange with a medium sees them. */
export class RoomItems implements CarriedItems {
  readonly #options: RoomItemsOptions

  constructor(options: RoomItemsOptions) {
    this.#options = options
  }

  whole({ id }: Copy, { root }: ItemName): Held | null {
    const { files, roomOf, space } = this.#options
    const room = roomOf(id)
    const hex = root.toString('hex')
    const held = room ? files().held(room.id, hex) : space.heldItem(mirrorRoom(id), hex)
    return held?.have.isFull && held.manifest && held.problem === null ? held : null
  }

  async wanted({ id }: Copy, item: ItemName): Promise<Held | null> {
    const { files, roomOf, space } = this.#options
    const room = roomOf(id)
    if (room) return files().brought(room.id, item.root.toString('hex'))
    const held = await space.broughtItem(id, item)
    return held?.have.isFull ? null : held
  }
}
