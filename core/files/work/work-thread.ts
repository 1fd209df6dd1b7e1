/** A thread of the worker pool: does one job after another. */
import { parentPort } from 'node:worker_threads'
import { hashChunks, readChunk, writeChunk } from './chunk-jobs.ts'
import { MARK } from './chunk-work.ts'
import type { ThreadAnswer, ThreadJob } from './thread-messages.ts'

parentPort?.on('message', (job: ThreadJob) => {
  const { n, memory } = job
  let marks: Buffer | null = null
  let outcome: string
  if (job.kind === 'hash') {
    marks = Buffer.allocUnsafeSlow(job.lengths.length * MARK)
    const { pieces, key, index, lengths } = job
    outcome = hashChunks({ pieces, key, from: index, lengths }, marks, Buffer.from(memory))
  } else {
    const length = job.lengths[0]!
    const { pieces, key, index } = job
    const chunk = { pieces, key, index, length, hash: job.hash!, tag: job.tag }
    const sealed = Buffer.from(memory, 0, length)
    outcome = job.kind === 'read' ? readChunk(chunk, sealed) : writeChunk(chunk, sealed)
  }
  const answer: ThreadAnswer = { n, outcome, marks: outcome === 'ok' ? marks : null, memory }
  parentPort!.postMessage(answer, [memory])
})
