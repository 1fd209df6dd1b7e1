/** What is done with chunks, as plain functions: the same in this thread and in another. */
import { HASH, SEAL } from '../descriptor.ts'
import { hashChunk, openChunk, sealChunk } from '../sealing.ts'
import { MARK } from './chunk-work.ts'
import type { ChunkJob, HashJob, Outcome } from './chunk-work.ts'
import { PieceCursor } from './pieces.ts'

const digest = Buffer.alloc(HASH)

/** Reads and seals a chunk into `sealed`, which is as long as it. Only after `ok` may its bytes leave. */
export function readChunk(job: ChunkJob, sealed: Buffer): Outcome {
  return withPieces(job.pieces, 'read', (cursor) => {
    if (!readSealed(cursor, job.key, job.index, sealed)) return 'short'
    return isWanted(job, sealed) ? 'ok' : 'mismatch'
  })
}

/** What lies sealed on the disk may have rotted, tag and all: only what was sealed just now is known by its tag. */
function isWanted({ key, tag, hash }: ChunkJob, sealed: Buffer): boolean {
  if (key && tag) return sealed.subarray(sealed.byteLength - SEAL).equals(tag)
  return hashChunk(sealed, digest).equals(hash)
}

/** Checks a sealed chunk, opens it in place and writes it. */
export function writeChunk(job: ChunkJob, sealed: Buffer): Outcome {
  if (sealed.byteLength !== job.length || !hashChunk(sealed, digest).equals(job.hash)) {
    return 'mismatch'
  }
  const bytes = job.key ? openChunk(sealed, job.index, job.key) : sealed
  if (!bytes) return 'sealed'
  return withPieces(job.pieces, 'write', (cursor) => (cursor.write(bytes) ? 'ok' : 'short'))
}

/** Puts the marks of chunks into `marks`; `scratch` holds the longest of them sealed. */
export function hashChunks(job: HashJob, marks: Buffer, scratch: Buffer): Outcome {
  return withPieces(job.pieces, 'read', (cursor) => {
    for (const [n, length] of job.lengths.entries()) {
      const sealed = scratch.subarray(0, job.key ? length + SEAL : length)
      if (!readSealed(cursor, job.key, job.from + n, sealed)) return 'short'
      const mark = marks.subarray(n * MARK, (n + 1) * MARK)
      hashChunk(sealed, mark.subarray(0, HASH))
      sealed.copy(mark, HASH, sealed.byteLength - SEAL)
    }
    return 'ok'
  })
}

/** Bytes that `hashChunks` needs to work in. */
export function scratchFor(job: HashJob): number {
  return Math.max(...job.lengths) + SEAL
}

function readSealed(
  cursor: PieceCursor,
  key: Uint8Array | null,
  index: number,
  sealed: Buffer,
): boolean {
  if (!key) return cursor.read(sealed)
  const plain = sealed.subarray(0, sealed.byteLength - SEAL)
  if (!cursor.read(plain)) return false
  sealChunk(sealed, plain, index, key)
  return true
}

function withPieces(
  pieces: ChunkJob['pieces'],
  mode: 'read' | 'write',
  work: (cursor: PieceCursor) => Outcome,
): Outcome {
  const cursor = new PieceCursor(pieces, mode)
  try {
    return work(cursor)
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException
    if (code === undefined || errno === undefined) throw error
    return code
  } finally {
    cursor.close()
  }
}
