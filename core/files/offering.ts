import type { MessageView } from '../api.ts'
import { ANY_TYPE } from '../room/messages/file-card.ts'
import type { Room } from '../room/room.ts'
import type { FileSendOptions } from './api.ts'
import type { ItemStore } from './store/item-store.ts'
import type { StoredItem } from './store/stored-item.ts'

export interface OfferingOptions {
  readonly store: ItemStore
  /** Before something small is written. Errors: `CLOSED`, `DISK_FULL`. */
  readonly ready: () => Promise<void>
  /** An item is offered from now on. */
  readonly onoffered: (item: StoredItem) => void
  /** The message of an item could not be written, as far as is known: what no message offers is to go. */
  readonly onfailed: () => void
}

/** Offers files of this computer to rooms. */
export class Offering {
  readonly #options: OfferingOptions
  /** Items (roots) whose message is about to be written. */
  readonly #pending = new Set<string>()

  constructor(options: OfferingOptions) {
    this.#options = options
  }

  /** True for an item (its root in hex) whose message is about to be written. */
  isPending(root: string): boolean {
    return this.#pending.has(root)
  }

  /** A file or folder, in place. Errors: see `FilesApi.send`. */
  async path(
    room: Room,
    path: string,
    options: FileSendOptions,
  ): Promise<{ item: StoredItem; message: MessageView }> {
    await this.#check(room, options)
    return this.#offer(
      room,
      await this.#options.store.share(path, { ...options, room: room.id }),
      options,
    )
  }

  /** Bytes that come as a stream, and are stored. Errors: see `FilesApi.send`, `DISK_FULL`. */
  async bytes(
    room: Room,
    bytes: AsyncIterable<Uint8Array>,
    options: FileSendOptions & { name: string },
  ): Promise<{ item: StoredItem; message: MessageView }> {
    await this.#check(room, options)
    const item = await this.#options.store.shareBytes(options.name, bytes, {
      ...options,
      room: room.id,
    })
    return this.#offer(room, item, options)
  }

  /** Before a file is read for nothing. */
  async #check(room: Room, options: FileSendOptions): Promise<void> {
    room.conversation.writer.checkFile(options)
    await this.#options.ready()
  }

  async #offer(
    room: Room,
    item: StoredItem,
    options: FileSendOptions,
  ): Promise<{ item: StoredItem; message: MessageView }> {
    const { rootHex } = item
    this.#pending.add(rootHex)
    try {
      const offer = {
        ...item.ref!,
        name: options.name ?? item.name,
        type: options.type ?? ANY_TYPE,
        files: item.entries()!.length,
        preview: (await options.preview) ?? null,
      }
      const message = await room.conversation.writer.sendFile(offer, options)
      this.#options.onoffered(item)
      return { item, message }
    } catch (error) {
      this.#pending.delete(rootHex)
      this.#options.onfailed()
      throw error
    } finally {
      this.#pending.delete(rootHex)
    }
  }
}
