import { PorchlightError } from '../errors.ts'
import type { FileEntry } from '../room/messages/file-book.ts'
import { ANY_TYPE, fileCard } from '../room/messages/file-card.ts'
import type { Room } from '../room/room.ts'
import type { FileBytes, FolderEntry } from './api.ts'
import type { Readers } from './readers.ts'
import type { StoredItem } from './store/stored-item.ts'
import type { Wants } from './wants.ts'

/** A file as a room lists it. */
export interface ListedFile {
  readonly room: Room
  readonly entry: FileEntry
}

/** Which bytes: of a file inside a folder by its path, [start, end). */
export interface ReadOptions {
  readonly path?: string
  readonly start?: number
  readonly end?: number
  readonly signal?: AbortSignal
}

/** Opens files for who reads them, whether they are here or have yet to come. */
export class Reading {
  readonly #wants: Wants
  readonly #readers: Readers

  constructor(wants: Wants, readers: Readers) {
    this.#wants = wants
    this.#readers = readers
  }

  /** As `FilesApi.contents`. */
  async contents(file: ListedFile, signal?: AbortSignal): Promise<readonly FolderEntry[]> {
    const item = await this.#readable(file, signal)
    return item.entries()!.map(({ path, size }) => ({ path, size }))
  }

  /** As `FilesApi.read`. */
  async read(file: ListedFile, options: ReadOptions): Promise<FileBytes> {
    const { path, start = 0, signal } = options
    const offer = file.entry.item
    const item = await this.#readable(file, signal)
    const folder = offer.contents > 0
    const found = item.entries()!.find((one) => !folder || one.path === path)
    if (!found || (!folder && path !== undefined)) throw noSuchPath()
    const { size } = found
    const end = options.end ?? size
    if (!(start >= 0 && start <= end && end <= size)) {
      throw new PorchlightError(
        'BAD_REQUEST',
        `The file has ${size} bytes; that range is outside of it.`,
      )
    }
    const card = fileCard(offer, 'complete')
    return {
      name: folder ? found.path.split('/').at(-1)! : card.name,
      type: folder ? ANY_TYPE : card.type,
      size,
      start,
      end,
      stream: this.#readers.stream({ item, entry: folder ? found.path : null, start, end, signal }),
    }
  }

  /** An item whose files are known; fetched as far as that takes. */
  #readable({ room, entry }: ListedFile, signal?: AbortSignal): Promise<StoredItem> {
    return this.#wants.arrived(room, entry, (item) => item.entries() !== null, { signal })
  }
}

function noSuchPath(): PorchlightError {
  return new PorchlightError(
    'NOT_FOUND',
    'There is no such file in this item. Its contents list what there is.',
  )
}
