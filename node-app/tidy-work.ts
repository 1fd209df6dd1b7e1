import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { ChunkJob, ChunkWork, HashJob } from '../core/files/work/chunk-work.ts'

/** Bytes of chunks after which what they left in memory is taken away. */
const EVERY = 4 << 20

/**
 * The same work, with memory kept low meanwhile: V8 lets 32 MB of buffers that nobody has any more pile up, as it counts
 * the few bytes of their handles; a transfer makes hundreds of megabytes of them a second.
 */
export class TidyWork implements ChunkWork {
  readonly width: number
  readonly #work: ChunkWork
  readonly #tidy: () => void
  #bytes = 0

  constructor(work: ChunkWork, tidy: () => void) {
    this.width = work.width
    this.#work = work
    this.#tidy = tidy
  }

  read(job: ChunkJob): ReturnType<ChunkWork['read']> {
    this.#count(job.length)
    return this.#work.read(job)
  }

  write(job: ChunkJob, sealed: Buffer): ReturnType<ChunkWork['write']> {
    this.#count(job.length)
    return this.#work.write(job, sealed)
  }

  hash(job: HashJob): ReturnType<ChunkWork['hash']> {
    return this.#work.hash(job)
  }

  buffer(bytes: number): Buffer {
    return this.#work.buffer(bytes)
  }

  release(buffer: Buffer): void {
    this.#work.release(buffer)
  }

  close(): Promise<void> {
    return this.#work.close()
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes < EVERY) return
    this.#bytes = 0
    this.#tidy()
  }
}

/** Takes away what is young and that nobody has any more: about a millisecond. */
export function collectYoung(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void
  setFlagsFromString('--no-expose-gc')
  return () => collect({ type: 'minor' })
}
