import { PorchlightError } from '../../errors.ts'
import type { ShareProgress } from '../api.ts'
import { HASH, chunkCount, chunkFor, plainLength } from '../descriptor.ts'
import type { ItemRef } from '../descriptor.ts'
import { manifestRoot } from '../sealing.ts'
import { MARK } from '../work/chunk-work.ts'
import type { ChunkWork } from '../work/chunk-work.ts'
import type { Layout } from './layout.ts'
import { SealTags } from './seal-tags.ts'

/** Plain bytes of a job: enough to keep a thread busy, few enough to be told of progress. */
const JOB = 16 * 1024 * 1024

/** What is to be shared, laid out, and the fresh key that seals it. */
export interface Sharing {
  readonly work: ChunkWork
  readonly layout: Layout
  readonly place: string
  readonly key: Buffer
  readonly contents: number
}

/** Reads every byte once. Errors: `CHANGED`, `NOT_FOUND`, and the signal's reason. */
export async function buildManifest(
  { work, layout, place, key, contents }: Sharing,
  options: { signal?: AbortSignal | undefined; onprogress?: ShareProgress | undefined },
): Promise<{ ref: ItemRef; manifest: Buffer; tags: SealTags }> {
  const { size } = layout
  const shape = { size, chunk: chunkFor(size) }
  const chunks = chunkCount(shape)
  const manifest = Buffer.alloc(chunks * HASH)
  const tags = new SealTags(chunks)
  const perJob = Math.max(1, Math.floor(JOB / shape.chunk))
  let next = 0
  let done = 0
  let stopped = false
  const hand = async (): Promise<void> => {
    while (next < chunks && !stopped) {
      options.signal?.throwIfAborted()
      const from = next
      next = Math.min(chunks, from + perJob)
      const lengths = Array.from({ length: next - from }, (_, n) => plainLength(shape, from + n))
      const start = from * shape.chunk
      const end = Math.min(size, next * shape.chunk)
      const pieces = layout.pieces(place, start, end)
      const { outcome, marks } = await work.hash({ pieces, key, from, lengths })
      if (!marks) throw unreadableSource(outcome)
      for (let n = 0; n < lengths.length; n++) {
        const mark = marks.subarray(n * MARK, (n + 1) * MARK)
        mark.copy(manifest, (from + n) * HASH, 0, HASH)
        tags.note(from + n, mark)
      }
      done += end - start
      options.onprogress?.(done, size)
    }
  }
  const hands = Array.from({ length: work.width }, () =>
    hand().catch((error: unknown) => {
      stopped = true
      throw error
    }),
  )
  const ends = await Promise.allSettled(hands)
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed) throw failed.reason
  options.signal?.throwIfAborted()
  const ref = { ...shape, key, contents, root: manifestRoot(shape, manifest) }
  return { ref, manifest, tags }
}

function unreadableSource(outcome: string): PorchlightError {
  if (outcome === 'EACCES' || outcome === 'EPERM') {
    return new PorchlightError(
      'FORBIDDEN',
      'A file of it may not be read by Porchlight. Nothing was sent; check its permissions.',
    )
  }
  return sourceChanged(outcome)
}

/** It was written to while its hashes were made. */
export function sourceChanged(cause?: unknown): PorchlightError {
  return new PorchlightError(
    'CHANGED',
    'It was changed while Porchlight read it. Nothing was sent; send it once nobody writes to it.',
    { cause },
  )
}
