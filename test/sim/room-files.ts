import { join } from 'node:path'
import { jest } from '@jest/globals'
import { hash } from '../../core/crypto/hash.ts'
import { MIN_CHUNK } from '../../core/files/descriptor.ts'
import type { FileOffer } from '../../core/room/messages/file-payload.ts'
import { Room } from '../../core/room/room.ts'
import type { SimNode } from './sim-node.ts'

/** The files of one device's rooms, without their bytes: what is offered, and what its device would free. */
export class RoomFiles {
  readonly #node: SimNode
  #room: Room | null = null
  /** Names of items that were listed once. */
  readonly #known = new Set<string>()
  /** Names of items whose bytes were freed, as no message carries them any more. */
  readonly freed = new Set<string>()

  constructor(node: SimNode) {
    this.#node = node
  }

  /** Notes a room that was opened. */
  use(room: Room): void {
    if (room.personal) return
    this.#room = room
    room.on('files', () => this.#look(room))
  }

  get room(): Room {
    return this.#room!
  }

  /** Ids and names in the order of the room. */
  get list(): string[] {
    return this.room.conversation.files
      .list()
      .map(({ messageId, item }) => `${messageId} ${item.name}`)
  }

  /** Names in the order of the room. */
  get names(): string[] {
    return this.room.conversation.files.list().map(({ item }) => item.name)
  }

  /** Returns the message's id. */
  async send(name: string, options: { text?: string; expiresIn?: number } = {}): Promise<string> {
    const { id } = await this.room.conversation.writer.sendFile(offer(name), options)
    return id
  }

  is(dir: string): boolean {
    return dir === join(this.#node.dir, 'index')
  }

  #look(room: Room): void {
    const { files } = room.conversation
    const names = new Set(files.list().map(({ item }) => item.name))
    for (const name of names) this.#known.add(name)
    if (!files.complete) return
    for (const name of this.#known) if (!names.has(name)) this.freed.add(name)
  }
}

/** Follows the rooms that these devices open from now on. */
export function followFiles(nodes: readonly SimNode[]): RoomFiles[] {
  const all = nodes.map((node) => new RoomFiles(node))
  const open = Room.open.bind(Room)
  jest.spyOn(Room, 'open').mockImplementation(async (options) => {
    const room = await open(options)
    all.find((files) => files.is(options.dir))?.use(room)
    return room
  })
  return all
}

function offer(name: string): FileOffer {
  return {
    root: hash([Buffer.from(`root of ${name}`)]),
    size: 1_000,
    chunk: MIN_CHUNK,
    key: hash([Buffer.from(`key of ${name}`)]),
    contents: 0,
    files: 1,
    name,
    type: 'text/plain',
    preview: null,
  }
}
