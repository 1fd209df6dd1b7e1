import { part, query, type Requester } from './requester.ts'
import type { UploadOptions } from './upload.ts'
import type {
  FilePass,
  FilePolicy,
  FilePolicyRequest,
  FileStorage,
  FileView,
  FolderEntry,
} from './views.ts'

/** A folder's contents may have to come from others first. */
const CONTENTS_MS = 10 * 60_000

export type FileAct = 'fetch' | 'pause' | 'resume' | 'cancel'

export interface UploadRequest {
  readonly name: string
  readonly type?: string | undefined
  readonly text?: string | undefined
  readonly replyTo?: string | undefined
  readonly expiresIn?: number | undefined
}

/** Which bytes: of a file inside a folder, or to be saved rather than shown. */
export interface ContentRequest {
  readonly path?: string | undefined
  readonly download?: true | undefined
}

/** Files of rooms. */
export class FilesClient {
  readonly #requester: Requester

  constructor(requester: Requester) {
    this.#requester = requester
  }

  /** Oldest first. */
  list(room: string): Promise<readonly FileView[]> {
    return this.#requester.json('GET', files(room))
  }
  act(room: string, id: string, act: FileAct): Promise<FileView> {
    return this.#requester.json('POST', `${file(room, id)}/${act}`)
  }
  /** Frees its bytes here; with `everyone` it is deleted for all. */
  remove(room: string, id: string, everyone: boolean): Promise<unknown> {
    return this.#requester.json('DELETE', `${file(room, id)}${everyone ? '?everyone=true' : ''}`)
  }
  contents(room: string, id: string, signal: AbortSignal): Promise<readonly FolderEntry[]> {
    return this.#requester.json('GET', `${file(room, id)}/contents`, {
      patience: CONTENTS_MS,
      signal,
    })
  }
  upload(
    room: string,
    body: Blob,
    request: UploadRequest,
    options: UploadOptions,
  ): Promise<FileView> {
    return this.#requester.upload(`rooms/${part(room)}/uploads?${query(request)}`, body, options)
  }

  /** What opens a file's bytes to elements that cannot send the token. */
  async pass(room: string, id: string): Promise<string> {
    const { pass } = await this.#requester.json<FilePass>('POST', `${file(room, id)}/pass`)
    return pass
  }
  /** The address of its bytes, for an element of this page. */
  address(room: string, id: string, pass: string, content: ContentRequest): string {
    return `api/v1/${file(room, id)}/content?${query({ ...content, pass })}`
  }
  /** Its first bytes: no more than `length`. */
  async head(room: string, id: string, length: number): Promise<Uint8Array> {
    const response = await this.#requester.fetch(`${file(room, id)}/content`, {
      method: 'GET',
      headers: { range: `bytes=0-${length - 1}` },
    })
    return new Uint8Array(await response.arrayBuffer())
  }

  /** What holds in a room; null: on this device. */
  policy(room: string | null): Promise<FilePolicy> {
    return this.#requester.json('GET', policy(room))
  }
  setPolicy(room: string | null, change: FilePolicyRequest): Promise<FilePolicy> {
    return this.#requester.json('PATCH', policy(room), { body: change })
  }
  storage(): Promise<FileStorage> {
    return this.#requester.json('GET', 'file-storage')
  }
  setQuota(quota: number | null): Promise<FileStorage> {
    return this.#requester.json('PATCH', 'file-storage', { body: { quota } })
  }
}

function files(room: string): string {
  return `rooms/${part(room)}/files`
}

function file(room: string, id: string): string {
  return `${files(room)}/${part(id)}`
}

function policy(room: string | null): string {
  return room === null ? 'file-policy' : `rooms/${part(room)}/file-policy`
}
