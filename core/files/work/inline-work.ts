import { PorchlightError } from '../../errors.ts'
import { BufferPool } from './buffer-pool.ts'
import { hashChunks, readChunk, scratchFor, writeChunk } from './chunk-jobs.ts'
import { MARK } from './chunk-work.ts'
import type { ChunkWork } from './chunk-work.ts'

const KEPT = 8 * 1024 * 1024

/** Does the work in this thread: for tests, simulations, and what is too little for another thread. */
export function inlineWork(buffers: BufferPool = new BufferPool(KEPT)): ChunkWork {
  let closed = false
  const open = (): void => {
    if (closed) throw new PorchlightError('CLOSED', 'The file store is closed.')
  }
  return {
    width: 1,
    // eslint-disable-next-line typescript/require-await
    async read(job) {
      open()
      const sealed = buffers.take(job.length)
      const outcome = readChunk(job, sealed)
      if (outcome === 'ok') return { outcome, sealed }
      buffers.give(sealed)
      return { outcome, sealed: null }
    },
    async write(job, sealed) {
      open()
      const outcome = writeChunk(job, sealed)
      buffers.give(sealed)
      return Promise.resolve(outcome)
    },
    async hash(job) {
      open()
      const scratch = buffers.take(scratchFor(job))
      const marks = Buffer.alloc(job.lengths.length * MARK)
      const outcome = hashChunks(job, marks, scratch)
      buffers.give(scratch)
      return Promise.resolve(outcome === 'ok' ? { outcome, marks } : { outcome, marks: null })
    },
    buffer: (bytes) => buffers.take(bytes),
    release: (buffer) => buffers.give(buffer),
    close() {
      closed = true
      buffers.clear()
      return Promise.resolve()
    },
  }
}
