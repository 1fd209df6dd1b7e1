import type { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import type { Clock } from '../../core/clock.ts'
import type { SharedPreview } from '../../core/files/api.ts'
import { HEAD, imageKind } from './image-kind.ts'
import { mediaType } from './media-type.ts'
import { ThumbnailProcess } from './thumbnail-process.ts'

/** Largest file, and largest upload, of which a picture is made. */
const MOST_IN_FILE = 200_000_000
const MOST_STREAMED = 32_000_000
const AT_ONCE = 2
// A pipe in the place of a file must not hang who opens it.
const SAFELY = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** What is to be said of a file that is sent. */
export interface Described {
  /** Its media type; undefined when nothing tells. */
  readonly type: string | undefined
  /** Never rejects. */
  readonly preview: Promise<SharedPreview | undefined>
}

export interface PreviewsOptions {
  readonly clock: Clock
  /** Another program than the real one, for tests. */
  readonly script?: string
  /** Starts a process; for tests. */
  readonly spawn?: typeof spawn
}

/** Media types and small pictures of what is sent. Pictures are made in processes of their own. */
export class Previews {
  readonly #options: PreviewsOptions
  readonly #running = new Set<ThumbnailProcess>()
  readonly #waiting: (() => void)[] = []
  #possible = true

  constructor(options: PreviewsOptions) {
    this.#options = options
  }

  /** Of a file on this computer, of whose path nothing is known yet. */
  async ofFile(path: string, signal: AbortSignal): Promise<Described> {
    const { head, size } = await beginningOf(path)
    const kind = imageKind(head)
    const small = kind !== undefined && size <= MOST_IN_FILE
    return {
      type: kind ?? mediaType(path),
      preview: small ? this.#ofPath(path, signal) : Promise.resolve(undefined),
    }
  }

  /** Of bytes that come now: `bytes` is to be read in their place, and the picture is made meanwhile. */
  async ofUpload(
    name: string,
    source: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<Described & { readonly bytes: AsyncIterable<Uint8Array> }> {
    const iterator = source[Symbol.asyncIterator]()
    const parts: Uint8Array[] = []
    let length = 0
    while (length < HEAD) {
      const { value, done } = await iterator.next()
      if (done === true) break
      parts.push(value)
      length += value.length
    }
    const kind = imageKind(Buffer.concat(parts).subarray(0, HEAD))
    const all = chain(parts, iterator)
    const type = kind ?? mediaType(name)
    if (kind === undefined) return { type, preview: Promise.resolve(undefined), bytes: all }
    let show: (
      picture: SharedPreview | Promise<SharedPreview | undefined> | undefined,
    ) => void = () => {}
    const preview = new Promise<SharedPreview | undefined>((resolve) => (show = resolve))
    return { type, preview, bytes: this.#watched(all, signal, show) }
  }

  close(): void {
    this.#possible = false
    for (const process of this.#running) process.kill()
    for (const go of this.#waiting.splice(0)) go()
  }

  async #ofPath(path: string, signal: AbortSignal): Promise<SharedPreview | undefined> {
    while (this.#possible && this.#running.size >= AT_ONCE) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    return signal.aborted ? undefined : this.#start(signal, path)?.picture
  }

  /** The same bytes, which a process sees too. It begins with the first of them, and no sooner. */
  async *#watched(
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
    show: (picture: SharedPreview | Promise<SharedPreview | undefined> | undefined) => void,
  ): AsyncGenerator<Uint8Array> {
    const process = this.#running.size < AT_ONCE ? this.#start(signal) : undefined
    show(process?.picture)
    let length = 0
    let whole = false
    try {
      for await (const part of bytes) {
        length += part.length
        if (length <= MOST_STREAMED) await process?.feed(part)
        else process?.kill()
        yield part
      }
      whole = true
    } finally {
      if (whole) process?.end()
      else process?.kill()
    }
  }

  #start(signal: AbortSignal, path?: string): ThumbnailProcess | undefined {
    if (!this.#possible) return undefined
    const process = new ThumbnailProcess({
      ...this.#options,
      ...(path === undefined ? {} : { path }),
      onmissing: () => (this.#possible = false),
    })
    const end = (): void => process.kill()
    signal.addEventListener('abort', end, { once: true })
    this.#running.add(process)
    void process.picture.then(() => {
      signal.removeEventListener('abort', end)
      this.#running.delete(process)
      this.#waiting.shift()?.()
    })
    return process
  }
}

/** How a file begins, and its size; nothing of what is no file, or can not be read. */
async function beginningOf(path: string): Promise<{ head: Buffer; size: number }> {
  try {
    // A link that a person names is theirs to follow; one that takes its place after that is not.
    const file = await open(await realpath(path), SAFELY)
    try {
      const stats = await file.stat()
      if (!stats.isFile()) return { head: Buffer.alloc(0), size: 0 }
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0)
      return { head: buffer.subarray(0, bytesRead), size: stats.size }
    } finally {
      await file.close()
    }
  } catch {
    return { head: Buffer.alloc(0), size: 0 }
  }
}

async function* chain(
  parts: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* parts
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      yield next.value
    }
  } finally {
    await rest.return?.()
  }
}
