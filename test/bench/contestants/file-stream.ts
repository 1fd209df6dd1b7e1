/** Files over a plain TCP connection or a bare Noise stream, one after another, as a participant: what the wire and the disk allow. */
import { createReadStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { once } from 'node:events'
import { filesIn } from '../files/sample-data.ts'
import { serve } from '../measure/serve.ts'
import { monotonic } from '../measure/timing.ts'
import { dial, listen } from './loopback-noise.ts'

const STEP = 1024 * 1024
const LENGTH = 4
/** Writes under way at once. */
const WRITES = 16

/** What a TCP socket and a Noise stream have in common. */
interface ByteStream {
  write(bytes: Buffer): boolean
  on(event: 'drain', listener: () => void): unknown
  once(event: 'drain' | 'close' | 'end', listener: () => void): unknown
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array>
}

const calls = {
  /** Sends a file or folder to whoever connects; gives the port. */
  offer(source: string, address: string, noise: boolean): Promise<number> {
    const onstream = (stream: unknown): void => void send(stream as ByteStream, source)
    return noise ? listen(onstream, address) : listenPlain(onstream, address)
  },
  /** Seconds from connecting to everything being written, and synced when it is one file. */
  async fetch(address: string, port: number, noise: boolean, target: string): Promise<number> {
    const from = monotonic()
    const stream = noise ? await dial(port, address) : await dialPlain(port, address)
    await receive(stream as unknown as ByteStream, target)
    return (monotonic() - from) / 1_000
  },
}

export type FileStreamCalls = typeof calls

/** A list of the files, then their bytes. */
async function send(stream: ByteStream, source: string): Promise<void> {
  const files = await filesIn(source)
  const list = Buffer.from(JSON.stringify(files))
  const length = Buffer.alloc(LENGTH)
  length.writeUInt32LE(list.byteLength)
  stream.write(Buffer.concat([length, list]))
  for (const { path } of files) {
    for await (const bytes of createReadStream(join(source, path), { highWaterMark: STEP })) {
      if (!stream.write(bytes as Buffer)) {
        await new Promise<void>((resolve) => {
          stream.once('drain', resolve)
        })
      }
    }
  }
  // The receiver ends it: a Noise stream that ends drops what was not read yet.
}

async function receive(stream: ByteStream, target: string): Promise<void> {
  let head = Buffer.alloc(0)
  let writing: Writing | null = null
  for await (const data of stream) {
    let bytes: Buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    if (writing === null) {
      head = Buffer.concat([head, bytes])
      if (head.byteLength < LENGTH) continue
      const end = LENGTH + head.readUInt32LE(0)
      if (head.byteLength < end) continue
      const files = JSON.parse(head.toString('utf8', LENGTH, end)) as Listed[]
      writing = new Writing(target, files)
      bytes = head.subarray(end)
    }
    await writing.write(bytes)
    if (writing.complete) break
  }
  if (writing === null || !writing.complete) throw new Error('the stream ended too early')
}

interface Listed {
  readonly path: string
  readonly size: number
}

/** Cuts what comes into files again; some writes are under way while the next bytes come. */
class Writing {
  readonly #target: string
  readonly #files: readonly Listed[]
  readonly #pending = new Set<Promise<unknown>>()
  #index = 0
  #at = 0
  #file: FileHandle | null = null

  constructor(target: string, files: readonly Listed[]) {
    this.#target = target
    this.#files = files
  }

  get complete(): boolean {
    return this.#index === this.#files.length
  }

  async write(bytes: Buffer): Promise<void> {
    let rest = bytes
    while (rest.byteLength > 0 && !this.complete) {
      const { size } = this.#files[this.#index]!
      const file = (this.#file ??= await this.#open())
      const part = rest.subarray(0, size - this.#at)
      const written = file.write(part, 0, part.byteLength, this.#at)
      this.#pending.add(written)
      void written.finally(() => this.#pending.delete(written)).catch(() => {})
      this.#at += part.byteLength
      rest = rest.subarray(part.byteLength)
      if (this.#at === size) await this.#finish(file)
      else if (this.#pending.size >= WRITES) await Promise.race(this.#pending)
    }
  }

  async #open(): Promise<FileHandle> {
    const path = join(this.#target, this.#files[this.#index]!.path)
    await mkdir(dirname(path), { recursive: true })
    return open(path, 'w')
  }

  async #finish(file: FileHandle): Promise<void> {
    await Promise.all(this.#pending)
    if (this.#files.length === 1) await file.sync()
    await file.close()
    this.#file = null
    this.#index++
    this.#at = 0
  }
}

async function listenPlain(onstream: (stream: unknown) => void, address: string): Promise<number> {
  const server = createServer({ noDelay: true }, onstream)
  server.listen(0, address)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function dialPlain(port: number, address: string): Promise<unknown> {
  const socket = connect({ port, host: address, noDelay: true })
  await once(socket, 'connect')
  return socket
}

serve(calls)
