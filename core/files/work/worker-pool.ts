import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Clock, Timer } from '../../clock.ts'
import { PorchlightError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import { BufferPool } from './buffer-pool.ts'
import { scratchFor } from './chunk-jobs.ts'
import type { ChunkJob, ChunkWork, HashJob, Outcome, Piece } from './chunk-work.ts'
import { inlineWork } from './inline-work.ts'
import type { ThreadAnswer, ThreadJob } from './thread-messages.ts'

const MB = 1024 * 1024
/** Bytes of buffers that are kept to be used again. */
const KEPT = 8 * MB
/** A thread without work for so long ends: it costs memory. */
const IDLE = 5_000
/** Jobs that a thread has before it, so that it never waits for the next. */
const AHEAD = 2
/** So many bytes in a while are done in this thread: a picture is not worth starting another. */
const FEW = 4 * MB
/** A thread that ends by itself so often in a row is not started again. */
const FAILURES = 3

export interface WorkerPoolOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Most threads for chunks that come and go, and for the hashes of what is to be shared. */
  readonly threads?: { readonly chunks: number; readonly hashes: number }
}

interface Waiting {
  readonly job: Omit<ThreadJob, 'n' | 'memory'>
  /** What a chunk is read into, or comes in. */
  readonly memory: ArrayBuffer
  readonly resolve: (answer: ThreadAnswer) => void
  readonly reject: (error: Error) => void
}

interface Thread {
  readonly worker: Worker
  readonly jobs: Map<number, Waiting>
}

/** Work in threads of its own, which are started when there is enough of it and end when there is none. */
export function workerPool(options: WorkerPoolOptions): ChunkWork {
  return new WorkerPool(options)
}

class WorkerPool implements ChunkWork {
  readonly width: number
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #most: { readonly chunks: number; readonly hashes: number }
  readonly #buffers = new BufferPool(KEPT)
  readonly #inline = inlineWork(this.#buffers)
  readonly #threads = new Set<Thread>()
  /** Chunks, which somebody waits for, go before hashes. */
  readonly #chunks: Waiting[] = []
  readonly #hashes: Waiting[] = []
  readonly #underWay = new Set<Promise<unknown>>()
  #next = 0
  /** Bytes done in this thread in the last while. */
  #few = 0
  #failures = 0
  #idle: Timer | null = null
  #closed = false

  constructor({ clock, logger, threads }: WorkerPoolOptions) {
    this.#clock = clock
    this.#logger = logger
    const cores = availableParallelism()
    this.#most = threads ?? { chunks: cores > 2 ? 2 : 1, hashes: cores > 2 ? 2 : 1 }
    this.width = this.#most.hashes + 1
  }

  async read(job: ChunkJob): Promise<{ outcome: Outcome; sealed: Buffer | null }> {
    this.#assertOpen()
    if (this.#isLittle(job.length)) return this.#inline.read(job)
    const { buffer } = this.#buffers.take(job.length)
    const answer = await this.#hand(this.#chunks, chunkJob('read', job), buffer as ArrayBuffer)
    const sealed = Buffer.from(answer.memory, 0, job.length)
    if (answer.outcome === 'ok') return { outcome: 'ok', sealed }
    this.#buffers.give(sealed)
    return { outcome: answer.outcome, sealed: null }
  }

  async write(job: ChunkJob, sealed: Buffer): Promise<Outcome> {
    this.#assertOpen()
    if (sealed.byteLength !== job.length) return 'mismatch'
    if (this.#isLittle(job.length)) return this.#inline.write(job, sealed)
    const whole = sealed.byteOffset === 0 ? sealed : Buffer.from(sealed)
    const memory = whole.buffer as ArrayBuffer
    const answer = await this.#hand(this.#chunks, chunkJob('write', job), memory)
    this.#buffers.give(Buffer.from(answer.memory))
    return answer.outcome
  }

  async hash(job: HashJob): Promise<{ outcome: Outcome; marks: Buffer | null }> {
    this.#assertOpen()
    const { pieces, key, from, lengths } = job
    const bytes = lengths.reduce((sum, length) => sum + length, 0)
    if (this.#isLittle(bytes)) return this.#inline.hash(job)
    const message = {
      kind: 'hash' as const,
      ...plain(pieces, key),
      index: from,
      lengths,
      hash: null,
      tag: null,
    }
    const { buffer } = this.#buffers.take(scratchFor(job))
    const answer = await this.#hand(this.#hashes, message, buffer as ArrayBuffer)
    this.#buffers.give(Buffer.from(answer.memory))
    const { outcome, marks } = answer
    return { outcome, marks: marks && Buffer.from(marks.buffer) }
  }

  buffer(bytes: number): Buffer {
    return this.#buffers.take(bytes)
  }

  release(buffer: Buffer): void {
    this.#buffers.give(buffer)
  }

  async close(): Promise<void> {
    this.#closed = true
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
    this.#rest()
    await this.#inline.close()
  }

  /** Counts bytes; true while they are too few for a thread. */
  #isLittle(bytes: number): boolean {
    this.#soonIdle()
    if (this.#failures >= FAILURES) return true
    if (this.#threads.size > 0) return false
    this.#few += bytes
    return this.#few <= FEW
  }

  async #hand(queue: Waiting[], job: Waiting['job'], memory: ArrayBuffer): Promise<ThreadAnswer> {
    const answer = new Promise<ThreadAnswer>((resolve, reject) => {
      queue.push({ job, memory, resolve, reject })
    })
    this.#underWay.add(answer)
    this.#dispatch()
    try {
      return await answer
    } finally {
      this.#underWay.delete(answer)
      this.#soonIdle()
    }
  }

  #dispatch(): void {
    for (;;) {
      const [queue, most] =
        this.#chunks.length > 0
          ? [this.#chunks, this.#most.chunks]
          : [this.#hashes, this.#most.hashes]
      if (queue.length === 0) return
      const thread = this.#threadFor(most)
      if (!thread) return
      const waiting = queue.shift()!
      const n = this.#next++
      // A process does not end under work, nor stay for a thread that has none.
      thread.worker.ref()
      thread.jobs.set(n, waiting)
      const { job, memory } = waiting
      thread.worker.postMessage({ ...job, n, memory } satisfies ThreadJob, [memory])
    }
  }

  /** The thread with the least to do, or a new one; null when all have enough. */
  #threadFor(most: number): Thread | null {
    let least: Thread | null = null
    for (const thread of [...this.#threads].slice(0, most)) {
      if (!least || thread.jobs.size < least.jobs.size) least = thread
    }
    if (least && least.jobs.size === 0) return least
    if (this.#threads.size < most) return this.#start()
    return least && least.jobs.size < AHEAD ? least : null
  }

  #start(): Thread {
    const worker = new Worker(new URL('./work-thread.js', import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 },
    })
    const thread: Thread = { worker, jobs: new Map() }
    worker.on('message', (answer: ThreadAnswer) => {
      this.#failures = 0
      const waiting = thread.jobs.get(answer.n)
      thread.jobs.delete(answer.n)
      this.#dispatch()
      if (thread.jobs.size === 0) {
        thread.worker.unref()
        if (this.#isSurplus(thread)) this.#end(thread)
      }
      waiting?.resolve(answer)
    })
    worker.on('error', (error) => this.#failed(thread, error))
    worker.on('exit', () => this.#failed(thread, null))
    this.#threads.add(thread)
    return thread
  }

  /** A thread ended by itself: what it had before it has to be asked for again. */
  #failed(thread: Thread, error: Error | null): void {
    if (!this.#threads.delete(thread)) return
    this.#failures++
    this.#logger.warn('files: a working thread ended', { reason: error?.name ?? 'exit' })
    for (const { reject } of thread.jobs.values()) reject(threadEnded(error))
    if (this.#failures < FAILURES) this.#dispatch()
    else {
      for (const { reject } of [...this.#chunks.splice(0), ...this.#hashes.splice(0)]) {
        reject(threadEnded(error))
      }
    }
  }

  /** Hashes are made by more threads than a transfer takes: these cost memory while it goes on. */
  #isSurplus(thread: Thread): boolean {
    return [...this.#threads].indexOf(thread) >= this.#most.chunks
  }

  #end(thread: Thread): void {
    this.#threads.delete(thread)
    void thread.worker.terminate().catch(() => {})
  }

  #soonIdle(): void {
    this.#idle?.cancel()
    this.#idle = this.#clock.after(IDLE, () => {
      if (this.#underWay.size === 0) this.#rest()
    })
  }

  /** Ends the threads and frees what they used. */
  #rest(): void {
    this.#idle?.cancel()
    this.#few = 0
    this.#buffers.clear()
    for (const thread of this.#threads) this.#end(thread)
  }

  #assertOpen(): void {
    if (this.#closed) throw new PorchlightError('CLOSED', 'The file store is closed.')
  }
}

function chunkJob(kind: 'read' | 'write', job: ChunkJob): Waiting['job'] {
  const { pieces, key, index, length, hash, tag } = job
  const expected = { hash: copy(hash), tag: tag ? copy(tag) : null }
  return { kind, ...plain(pieces, key), index, lengths: [length], ...expected }
}

/** Of bytes that are part of a larger buffer, all of that would be sent. */
function plain(
  pieces: readonly Piece[],
  key: Uint8Array | null,
): { pieces: readonly Piece[]; key: Uint8Array | null } {
  return {
    pieces: pieces.map((piece) => ('bytes' in piece ? { bytes: copy(piece.bytes) } : piece)),
    key: key && copy(key),
  }
}

function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

function threadEnded(cause: unknown): PorchlightError {
  return new PorchlightError(
    'UNAVAILABLE',
    'The work on this file was interrupted. Nothing is lost; it is tried again.',
    { cause },
  )
}
