import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { EngineEvents } from '../../core/api.ts'
import { PorchlightError } from '../../core/errors.ts'
import type {
  FileBytes,
  FileCard,
  FilePolicy,
  FilePolicyChange,
  FilesApi,
  FileSendOptions,
  FileState,
  FileStorage,
  FileView,
  FolderEntry,
} from '../../core/files/api.ts'

/** What a fake file is, whoever has it. */
export interface FakeFile {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly messageId: string
  readonly author: string
  readonly authorName: string
  readonly sentAt: number
  readonly expiresAt?: number
  readonly preview?: FileCard['preview']
  /** Bytes, or those of each file of a folder. */
  readonly content: Buffer | ReadonlyMap<string, Buffer>
}

/** How it is on one device. */
type FakeState = Pick<FileView, 'state' | 'have' | 'sources' | 'reason' | 'words' | 'rate' | 'path'>

/** What the engine around it does. */
export interface FakeFilesAround {
  person(): { readonly id: string; readonly name: string }
  /** An id for the message that will carry it. Errors: NOT_FOUND for a room. */
  messageId(room: string): string
  /** Writes the message, once the file is here. */
  post(room: string, file: FakeFile, options: FileSendOptions): void
  /** Deletes a message. */
  unpost(room: string, message: string): void
  changed(change: EngineEvents['files'][0]): void
}

const DEFAULTS: FilePolicy = {
  autoFetch: { lan: 100_000_000, dht: 25_000_000, ble: 64_000, other: 25_000_000 },
  keepFor: null,
}
const PIECE = 64 << 10

/** Files in memory that move only when a test says so: for the tests of what stands in front of an engine. */
export class FakeFiles implements FilesApi {
  /** What `send` and `sendBytes` were given beside the bytes. */
  readonly sent: (FileSendOptions & { path?: string })[] = []
  readonly asked: [what: string, file: string, detail?: unknown][] = []
  failWith: Error | undefined
  /** A fetch is done at once, rather than when a test lets bytes arrive. */
  instant = false
  /** Uploads that are being taken. */
  taking = 0
  readonly #around: FakeFilesAround
  readonly #rooms = new Map<string, Map<string, { file: FakeFile; now: FakeState }>>()
  readonly #policies = new Map<string | null, FilePolicyChange>()
  readonly #waiting = new Set<() => void>()
  #quota: number | null = null

  constructor(around: FakeFilesAround) {
    this.#around = around
  }

  /** Somebody else's file is in the room. */
  offer(room: string, file: FakeFile, now: Partial<FakeState> = {}): FileView {
    const files = this.#rooms.get(room) ?? new Map()
    this.#rooms.set(room, files)
    files.set(file.id, { file, now: { state: 'remote', have: 0, sources: 1, ...now } })
    return this.move(room, file.id, {})
  }

  /** Changes how a file is here, and announces it; undefined takes a key away. */
  move(
    room: string,
    id: string,
    change: { [K in keyof FakeState]?: FakeState[K] | undefined },
  ): FileView {
    const kept = this.#kept(room, id)
    const now = Object.fromEntries(
      Object.entries({ ...kept.now, ...change }).filter(([, value]) => value !== undefined),
    )
    kept.now = now as FakeState
    const view = this.#view(room, id)
    this.#around.changed({ roomId: room, files: [view] })
    for (const wake of this.#waiting) wake()
    return view
  }

  /** More bytes of a file came (default: all that was missing). */
  arrive(room: string, id: string, bytes = Infinity): FileView {
    const { file, now } = this.#kept(room, id)
    const have = Math.min(sizeOf(file), now.have + bytes)
    if (have < sizeOf(file)) return this.move(room, id, { have, state: 'downloading' })
    const path = now.path ?? `/received/${file.name}`
    const done = { have, state: 'complete', path } as const
    return this.move(room, id, { ...done, rate: undefined, reason: undefined, words: undefined })
  }

  card(room: string, id: string): FileCard {
    const { file, now } = this.#kept(room, id)
    return cardOf(file, now.state)
  }

  /** The message that carried it is gone. */
  forget(room: string, message: string): void {
    for (const { file } of this.#rooms.get(room)?.values() ?? []) {
      if (file.messageId === message) this.#rooms.get(room)!.delete(file.id)
    }
    for (const wake of this.#waiting) wake()
  }

  async send(room: string, path: string, options: FileSendOptions = {}): Promise<FileView> {
    const content = await contentAt(path)
    options.onprogress?.(1, 1)
    return this.#share(room, path, content, options, path)
  }

  async sendBytes(
    room: string,
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    options: Omit<FileSendOptions, 'name'> = {},
  ): Promise<FileView> {
    this.taking++
    try {
      const parts: Uint8Array[] = []
      for await (const part of bytes) {
        if (this.failWith !== undefined) throw this.failWith
        parts.push(part)
      }
      options.signal?.throwIfAborted()
      const content = Buffer.concat(parts)
      if (content.length === 0) throw new PorchlightError('BAD_REQUEST', 'An empty file.')
      return await this.#share(room, name, content, options)
    } finally {
      this.taking--
    }
  }

  async list(room: string, { previews = 0 } = {}): Promise<readonly FileView[]> {
    const ids = [...(this.#rooms.get(room)?.keys() ?? [])]
    return ids.map((id, n) => {
      const { preview, ...view } = this.#view(room, id)
      return n < ids.length - previews || preview === undefined ? view : { ...view, preview }
    })
  }

  async show(room: string, file: string): Promise<FileView> {
    return this.#view(room, file)
  }

  async get(
    room: string,
    file: string,
    { out, signal }: { out?: string; signal?: AbortSignal } = {},
  ): Promise<{ path: string; size: number; seconds: number }> {
    this.asked.push(['get', file, out])
    if (this.failWith !== undefined) throw this.failWith
    const kept = this.#kept(room, file)
    if (kept.now.state !== 'complete') await this.fetch(room, file)
    if (out !== undefined) kept.now = { ...kept.now, path: out }
    for (;;) {
      const { file: found, now } = this.#kept(room, file)
      if (now.state === 'complete') {
        return { path: now.path ?? `/received/${found.name}`, size: sizeOf(found), seconds: 1.5 }
      }
      if (now.state === 'remote') throw new PorchlightError('NOT_ALLOWED', 'It was cancelled.')
      await this.#wake(signal)
    }
  }

  async fetch(room: string, file: string): Promise<FileView> {
    this.asked.push(['fetch', file])
    const { state } = this.#kept(room, file).now
    if (state === 'complete') return this.#view(room, file)
    return this.instant ? this.arrive(room, file) : this.move(room, file, { state: 'downloading' })
  }

  async pause(room: string, file: string): Promise<FileView> {
    return this.move(room, file, { state: 'paused', rate: undefined })
  }

  async resume(room: string, file: string): Promise<FileView> {
    return this.move(room, file, { state: 'downloading' })
  }

  async cancel(room: string, file: string): Promise<FileView> {
    return this.move(room, file, { state: 'remote', have: 0, rate: undefined, reason: undefined })
  }

  async remove(room: string, file: string, { everyone = false } = {}): Promise<void> {
    this.asked.push(['remove', file, everyone])
    const { messageId } = this.#kept(room, file).file
    if (!everyone) this.move(room, file, { state: 'remote', have: 0, path: undefined })
    else this.#around.unpost(room, messageId)
  }

  async contents(room: string, file: string): Promise<readonly FolderEntry[]> {
    const { name, content } = this.#kept(room, file).file
    if (Buffer.isBuffer(content)) return [{ path: name, size: content.length }]
    return [...content].map(([path, { length: size }]) => ({ path, size }))
  }

  async read(
    room: string,
    id: string,
    options: { path?: string; start?: number; end?: number; signal?: AbortSignal } = {},
  ): Promise<FileBytes> {
    const { file, now } = this.#kept(room, id)
    const { content } = file
    const bytes = Buffer.isBuffer(content) ? content : content.get(options.path ?? '')
    if (bytes === undefined) throw new PorchlightError('NOT_FOUND', 'No such file in the folder.')
    const { start = 0, end = bytes.length, signal } = options
    this.asked.push(['read', id, [start, end]])
    if (start > end || end > bytes.length) {
      throw new PorchlightError('BAD_REQUEST', 'Outside of the file.')
    }
    if (now.state === 'remote') await this.fetch(room, id)
    const name = basename(options.path ?? file.name)
    const stream = this.#stream(room, id, bytes, start, end, signal)
    return { name, type: file.type, size: bytes.length, start, end, stream }
  }

  policy(room?: string): FilePolicy {
    const own = this.#policies.get(null)
    const of = room === undefined ? undefined : this.#policies.get(room)
    const device = merged(DEFAULTS, own)
    return merged(device, of)
  }

  async setPolicy(room: string | null, change: FilePolicyChange): Promise<FilePolicy> {
    const before = this.#policies.get(room) ?? {}
    const autoFetch =
      change.autoFetch === undefined
        ? (before.autoFetch ?? null)
        : change.autoFetch && { ...before.autoFetch, ...change.autoFetch }
    this.#policies.set(room, { ...before, ...change, autoFetch })
    return this.policy(room ?? undefined)
  }

  async storage(): Promise<FileStorage> {
    let used = 0
    for (const files of this.#rooms.values()) for (const { now } of files.values()) used += now.have
    return { used, quota: this.#quota }
  }

  async setQuota(bytes: number | null): Promise<FileStorage> {
    this.#quota = bytes
    return this.storage()
  }

  async #share(
    room: string,
    path: string,
    content: FakeFile['content'],
    options: FileSendOptions,
    place?: string,
  ): Promise<FileView> {
    if (this.failWith !== undefined) throw this.failWith
    this.sent.push({ ...options, ...(place === undefined ? {} : { path: place }) })
    const { id: author, name: authorName } = this.#around.person()
    const name = options.name ?? basename(path)
    const hash = createHash('sha256').update(`${room}/${this.sent.length}/${author}/${name}`)
    const preview = await options.preview
    const file = {
      id: hash.digest('hex').slice(0, 32),
      messageId: this.#around.messageId(room),
      name,
      type: Buffer.isBuffer(content)
        ? (options.type ?? 'application/octet-stream')
        : 'inode/directory',
      author,
      authorName,
      sentAt: 1_800_000_000_000,
      content,
      ...(options.expiresIn === undefined
        ? {}
        : { expiresAt: 1_800_000_000_000 + options.expiresIn }),
      ...(preview === undefined ? {} : { preview: pictureOf(preview) }),
    }
    const now = { state: 'complete', have: sizeOf(file), sources: 0 } as const
    const view = this.offer(room, file, place === undefined ? now : { ...now, path: place })
    this.#around.post(room, file, options)
    return view
  }

  async *#stream(
    room: string,
    id: string,
    bytes: Buffer,
    start: number,
    end: number,
    signal?: AbortSignal,
  ): AsyncGenerator<Buffer> {
    for (let at = start; at < end; at += PIECE) {
      const to = Math.min(end, at + PIECE)
      while (this.#kept(room, id).now.have < to) await this.#wake(signal)
      signal?.throwIfAborted()
      yield bytes.subarray(at, to)
    }
  }

  /** Resolves when something moved on; rejects when the signal aborts. */
  #wake(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const done = (): void => {
        this.#waiting.delete(done)
        signal?.removeEventListener('abort', gone)
        resolve()
      }
      const gone = (): void => {
        this.#waiting.delete(done)
        reject(signal!.reason as Error)
      }
      this.#waiting.add(done)
      signal?.addEventListener('abort', gone, { once: true })
    })
  }

  #view(room: string, id: string): FileView {
    const { file, now } = this.#kept(room, id)
    const { messageId, author, authorName, sentAt, expiresAt } = file
    const left = sizeOf(file) - now.have
    return {
      ...cardOf(file, now.state),
      messageId,
      author,
      authorName,
      sentAt,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      own: author === this.#around.person().id,
      ...now,
      ...(now.rate === undefined ? {} : { secondsLeft: left / now.rate }),
    }
  }

  #kept(room: string, id: string): { file: FakeFile; now: FakeState } {
    const kept = this.#rooms.get(room)?.get(id)
    if (kept === undefined) throw new PorchlightError('NOT_FOUND', 'There is no such file here.')
    return kept
  }
}

/** A file that somebody else could have sent. */
export function fakeFile(
  id: string,
  name: string,
  content: FakeFile['content'] | string,
): FakeFile {
  return {
    id,
    name,
    type: 'text/plain',
    messageId: `of-${id}`,
    author: 'b0'.repeat(32),
    authorName: 'Bob',
    sentAt: 1_800_000_000_000,
    content: typeof content === 'string' ? Buffer.from(content) : content,
  }
}

function cardOf(file: FakeFile, state: FileState): FileCard {
  const { id, name, type, content, preview } = file
  return {
    id,
    name,
    size: sizeOf(file),
    type,
    state,
    ...(Buffer.isBuffer(content) ? {} : { files: content.size }),
    ...(preview === undefined ? {} : { preview }),
  }
}

function sizeOf({ content }: Pick<FakeFile, 'content'>): number {
  if (Buffer.isBuffer(content)) return content.length
  return [...content.values()].reduce((sum, { length }) => sum + length, 0)
}

async function contentAt(path: string): Promise<FakeFile['content']> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new PorchlightError('NOT_FOUND', 'There is no such file.')
  if (!found.isDirectory()) return readFile(path)
  const files = new Map<string, Buffer>()
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const whole = join(entry.parentPath, entry.name)
    files.set(whole.slice(path.length + 1), await readFile(whole))
  }
  return files
}

function pictureOf({ image, width, height }: Awaited<FileSendOptions['preview']> & object) {
  return { data: `data:image/webp;base64,${image.toString('base64')}`, width, height }
}

function merged(base: FilePolicy, change: FilePolicyChange | undefined): FilePolicy {
  const { autoFetch, keepFor } = change ?? {}
  return {
    autoFetch: { ...base.autoFetch, ...autoFetch },
    keepFor: keepFor === undefined || keepFor === 'default' ? base.keepFor : keepFor,
  }
}
