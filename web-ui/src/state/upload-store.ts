import { signal } from '@preact/signals'
import { ApiFailure, sentence } from '../api/api-failure.ts'
import type { ApiClient } from '../api/client.ts'
import type { UploadRequest } from '../api/files-client.ts'
import { changed, isUnderWay, moved, next, settled, type Upload } from './uploads.ts'

/** A file that was picked and is not on its way yet. */
export interface Chosen {
  readonly key: string
  readonly name: string
  readonly file: File
}

/** What goes with the files. */
export type Accompanying = Omit<UploadRequest, 'name' | 'type'>

export interface UploadStoreOptions {
  readonly api: ApiClient
  readonly room: string
  /** Called after every answer, good or bad. */
  readonly onSent: () => void
}

/** Files of one room on their way from this browser to the node: chosen, then sent one after the other. */
export class UploadStore {
  readonly chosen = signal<readonly Chosen[]>([])
  readonly uploads = signal<readonly Upload[]>([])
  /** A folder was dropped, which a page cannot send. */
  readonly folderNotice = signal(false)
  readonly #options: UploadStoreOptions
  readonly #files = new Map<string, File>()
  readonly #running = new Map<string, AbortController>()
  #keys = 0

  constructor(options: UploadStoreOptions) {
    this.#options = options
  }

  get underWay(): boolean {
    return this.uploads.value.some(isUnderWay)
  }

  choose(files: readonly { readonly file: File; readonly name?: string }[]): void {
    const fresh = files.map(({ file, name }) => {
      this.#keys += 1
      return { key: `${this.#keys}`, name: name ?? file.name, file }
    })
    this.chosen.value = [...this.chosen.value, ...fresh]
  }

  unchoose(key: string): void {
    this.chosen.value = this.chosen.value.filter((chosen) => chosen.key !== key)
  }

  /** Sends what was chosen; what was written goes with the first. */
  send(accompanying: Accompanying): void {
    const fresh = this.chosen.value.map(({ key, name, file }, at): Upload => {
      this.#files.set(key, file)
      const { text, replyTo, expiresIn } = accompanying
      const first = at === 0
      const request = {
        name,
        type: file.type === '' ? undefined : file.type,
        text: first && text !== '' ? text : undefined,
        replyTo: first ? replyTo : undefined,
        expiresIn,
      }
      return { key, request, size: file.size, sent: 0, state: 'waiting' }
    })
    this.chosen.value = []
    this.uploads.value = [...this.uploads.value, ...fresh]
    this.#go()
  }

  resend(key: string): void {
    this.#change(key, { state: 'waiting', sent: 0 })
    this.#go()
  }

  /** Stops an upload, or lets go of one that failed. */
  cancel(key: string): void {
    this.uploads.value = this.uploads.value.filter((upload) => upload.key !== key)
    this.#files.delete(key)
    this.#running.get(key)?.abort()
  }

  /** Lets go of what the timeline shows by now. */
  settle(shown: ReadonlySet<string>): void {
    const left = settled(this.uploads.value, shown)
    if (left !== this.uploads.value) this.uploads.value = left
  }

  /** Stops everything and forgets what was chosen. */
  stop(): void {
    this.chosen.value = []
    for (const { key } of this.uploads.value) this.cancel(key)
  }

  #go(): void {
    const upload = next(this.uploads.value)
    if (upload) void this.#put(upload).then(() => this.#go())
  }

  async #put({ key, request, size }: Upload): Promise<void> {
    const { api, room, onSent } = this.#options
    const file = this.#files.get(key)
    if (!file) return this.cancel(key)
    const stop = new AbortController()
    this.#running.set(key, stop)
    this.#change(key, { state: 'sending' })
    try {
      const { messageId } = await api.files.upload(room, file, request, {
        signal: stop.signal,
        onProgress: (sent) => this.#change(key, moved(size, sent)),
      })
      this.#files.delete(key)
      this.#change(key, { state: 'sent', id: messageId, sent: size })
    } catch (error) {
      const whole = this.uploads.value.find((upload) => upload.key === key)?.state === 'finishing'
      this.#change(key, await failed(error, file, whole))
    }
    this.#running.delete(key)
    onSent()
  }

  #change(key: string, change: Partial<Upload>): void {
    this.uploads.value = changed(this.uploads.value, key, change)
  }
}

/** A refusal is certain; silence after all bytes were there leaves open what became of them. */
async function failed(error: unknown, file: File, whole: boolean): Promise<Partial<Upload>> {
  const silent = !(error instanceof ApiFailure) || error.status === 0 || error.status === 504
  if (!silent) return { state: 'refused', reason: sentence(error) }
  if (!(await isReadable(file)))
    return {
      state: 'refused',
      reason: 'This browser can no longer read the file: it was moved or changed. Choose it again.',
    }
  return { state: whole ? 'unknown' : 'refused', reason: sentence(error) }
}

/** Whether the file is still where it was chosen. */
async function isReadable(file: File): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer()
    return true
  } catch {
    return false
  }
}
