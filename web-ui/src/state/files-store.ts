import { batch, signal, type Signal } from '@preact/signals'
import { sentence } from '../api/api-failure.ts'
import type { ApiClient } from '../api/client.ts'
import type { ContentRequest, FileAct } from '../api/files-client.ts'
import type { FileCard, FileView, FolderEntry } from '../api/views.ts'
import { shownName } from '../text/file-name.ts'
import { imageSize } from '../text/image-size.ts'
import { coalesced } from './coalesced.ts'

/** A picture's size stands in its head, behind what cameras put there. */
const HEAD_BYTES = 256 * 1024
/** Unpacked, a picture takes four bytes a pixel: larger ones are saved, not shown. */
const MAX_PIXELS = 120e6

/** The files of one room, as they are on this device now. */
export class FilesStore {
  /** In the room's order; null before the node said. */
  readonly ids = signal<readonly string[] | null>(null)
  readonly failure = signal<string | null>(null)
  /** The one that plays: a browser opens six connections to the node, and a player may hold two. */
  readonly playing = signal<string | null>(null)
  /** The picture that is shown large. */
  readonly viewing = signal<string | null>(null)
  /** What arrived last, for screen readers. */
  readonly spoken = signal('')

  readonly #api: ApiClient
  readonly #room: string
  readonly #views = new Map<string, Signal<FileView | null>>()
  readonly #passes = new Map<string, Promise<string>>()
  readonly #pictures = new Map<string, Promise<string | null>>()
  /** How much had been heard of all files when each was heard of last. */
  readonly #heardAt = new Map<string, number>()
  #heard = 0
  #shown = false
  readonly listSoon = coalesced(150, () => this.#load())

  constructor(api: ApiClient, room: string) {
    this.#api = api
    this.#room = room
  }

  open(): void {
    this.#shown = true
    this.listSoon()
  }

  close(): void {
    this.#shown = false
    batch(() => {
      this.playing.value = null
      this.viewing.value = null
      this.spoken.value = ''
    })
  }

  /** How a file stands; null while nothing is known of it. */
  view(id: string): Signal<FileView | null> {
    const known = this.#views.get(id)
    if (known) return known
    const made = signal<FileView | null>(null)
    this.#views.set(id, made)
    return made
  }

  onFiles(files: readonly FileView[]): void {
    const known = new Set(this.ids.value)
    batch(() => {
      for (const file of files) this.#news(file)
    })
    if (files.some(({ id }) => !known.has(id))) this.listSoon()
  }

  async act(id: string, act: FileAct): Promise<void> {
    const asked = this.#heard
    const file = await this.#api.files.act(this.#room, id, act)
    this.#answered(file, asked)
    // What others were asked before is older.
    this.#heardAt.set(id, ++this.#heard)
  }

  async remove(id: string, everyone: boolean): Promise<void> {
    await this.#api.files.remove(this.#room, id, everyone)
    if (this.playing.value === id) this.playing.value = null
    this.#pictures.delete(id)
    this.listSoon()
  }

  contents(id: string, signal: AbortSignal): Promise<readonly FolderEntry[]> {
    return this.#api.files.contents(this.#room, id, signal)
  }

  /** The address of a file's bytes, for an element of the page. */
  async address(id: string, content: ContentRequest = {}): Promise<string> {
    return this.#api.files.address(this.#room, id, await this.#pass(id), content)
  }

  /** The address of a picture that is safe to unpack; null when it is none. */
  picture(id: string): Promise<string | null> {
    const known = this.#pictures.get(id)
    if (known) return known
    const made = this.#checked(id).catch(() => {
      this.#pictures.delete(id)
      return null
    })
    this.#pictures.set(id, made)
    return made
  }

  async #checked(id: string): Promise<string | null> {
    const size = imageSize(await this.#api.files.head(this.#room, id, HEAD_BYTES))
    if (!size || size.width * size.height > MAX_PIXELS) return null
    return await this.address(id)
  }

  #pass(id: string): Promise<string> {
    const known = this.#passes.get(id)
    if (known) return known
    const asked = this.#api.files.pass(this.#room, id)
    this.#passes.set(id, asked)
    asked.catch(() => this.#passes.delete(id))
    return asked
  }

  /** An answer, and what had been heard when it was asked for: what was heard of the file since may be newer. */
  #answered(file: FileView, asked: number): void {
    const view = this.view(file.id)
    if ((this.#heardAt.get(file.id) ?? 0) <= asked) this.#take(file)
    else if (view.value) view.value = withPreview(view.value, file.preview)
  }

  #news(file: FileView): void {
    this.#heardAt.set(file.id, ++this.#heard)
    this.#take(file)
  }

  #take(file: FileView): void {
    const view = this.view(file.id)
    const arrived = view.value?.state === 'downloading' && file.state === 'complete'
    if (view.value?.state === 'complete' && file.state !== 'complete')
      this.#pictures.delete(file.id)
    batch(() => {
      view.value = withPreview(file, view.value?.preview)
      if (arrived) this.spoken.value = `${shownName(file.name)} is here.`
    })
  }

  async #load(): Promise<void> {
    if (!this.#shown) return
    try {
      const asked = this.#heard
      const files = await this.#api.files.list(this.#room)
      batch(() => {
        for (const file of files) this.#answered(file, asked)
        this.ids.value = files.map(({ id }) => id)
        this.failure.value = null
      })
    } catch (error) {
      this.failure.value = sentence(error)
    }
  }
}

/** Events come without the preview, which never changes. */
export function withPreview<F extends FileCard>(file: F, preview: FileCard['preview']): F {
  return file.preview === undefined && preview !== undefined ? { ...file, preview } : file
}
