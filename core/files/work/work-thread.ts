/** A thread of the worker pool: does one job after another. */
import { parentPort } from 'node:worker_threads'
import { HASH } from '../descriptor.ts'
import { hashChunks, readChunk, writeChunk } from './chunk-jobs.ts'
import type { ThreadAnswer, ThreadJob } from './thread-messages.ts'

parentPort?.on('message', (job: ThreadJob) => {
  const { n, memory } = job
  let hashes: Buffer | null = null
  let outcome: string
  if (job.kind === 'hash') {
    hashes = Buffer.allocUnsafeSlow(job.lengths.length * HASH)
    const { pieces, key, index, lengths } = job
    outcome = hashChunks({ pieces, key, from: index, lengths }, hashes, Buffer.from(memory))
  } else {
    const length = job.lengths[0]!
    const { pieces, key, index } = job
    const chunk = { pieces, key, index, length, hash: job.hash! }
    const sealed = Buffer.from(memory, 0, length)
    outcome = job.kind === 'read' ? readChunk(chunk, sealed) : writeChunk(chunk, sealed)
  }
  const answer: ThreadAnswer = { n, outcome, hashes: outcome === 'ok' ? hashes : null, memory }
  parentPort!.postMessage(answer, [memory])
})
