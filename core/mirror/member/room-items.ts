import type { Files } from '../../files/files.ts'
import type { Held } from '../../files/held.ts'
import type { Room } from '../../room/room.ts'
import type { Copy, ItemName } from '../copy.ts'
import type { CarriedItems } from '../usb/items-exchange.ts'

export interface RoomItemsOptions {
  readonly files: () => Pick<Files, 'held' | 'brought'>
  /** The room of a mirror (hex id); null for one of others. */
  readonly roomOf: (id: string) => Room | null
}

/** Files of this device's rooms, as an exchange with a medium sees them. */
export class RoomItems implements CarriedItems {
  readonly #options: RoomItemsOptions

  constructor(options: RoomItemsOptions) {
    this.#options = options
  }

  whole({ id }: Copy, { root }: ItemName): Held | null {
    const { files, roomOf } = this.#options
    const room = roomOf(id)
    const held = room && files().held(room.id, root.toString('hex'))
    return held?.have.isFull && held.manifest && held.problem === null ? held : null
  }

  async wanted({ id }: Copy, { root }: ItemName): Promise<Held | null> {
    const { files, roomOf } = this.#options
    const room = roomOf(id)
    return room && files().brought(room.id, root.toString('hex'))
  }
}
