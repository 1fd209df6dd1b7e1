import type { ContentLog } from '../room/content-log.ts'
import { readHeader } from '../room/record.ts'
import type { BulkBlocks, BulkEnd } from '../session/messages.ts'

/** Bytes of blocks in one frame. */
const FRAME = 256 * 1024
/** A range that has not met a checkpoint by then is not sent: the receiver would have to hold it all. */
export const MAX_RANGE = 8 * 1024 * 1024
/** And after so many blocks: twice as many as lie between two checkpoints. */
export const MAX_RANGE_BLOCKS = 2048
const READ = 256

/** Where the answers go; `blocks` resolves when the link can take more. */
export interface BulkSink {
  blocks(message: BulkBlocks): Promise<void>
  end(message: BulkEnd): void
}

/**
 * Sends the blocks of `log` from `from` to its next checkpoint, or to its end, with the log's own signature
 * there. Nothing is proved block by block: the receiver builds the same Merkle tree and checks the signature.
 */
export async function serveRange(
  log: ContentLog,
  request: { id: number; from: number },
  sink: BulkSink,
): Promise<void> {
  const { id } = request
  const range = await readRange(log, request.from)
  if (!range) return sink.end({ id, length: 0, signature: Buffer.alloc(0) })
  for (let at = 0; at < range.blocks.length;) {
    const start = at
    for (let size = 0; at < range.blocks.length && size < FRAME && at - start < READ; at++) {
      size += range.blocks[at]!.byteLength
    }
    await sink.blocks({ id, blocks: range.blocks.slice(start, at) })
  }
  sink.end({ id, length: range.length, signature: range.signature })
}

/** The blocks up to the next signature that is known; null when there are none, or too many bytes. */
async function readRange(
  log: ContentLog,
  from: number,
): Promise<{ blocks: Buffer[]; length: number; signature: Buffer } | null> {
  const { core } = log
  const blocks: Buffer[] = []
  let size = 0
  for await (const block of readBlocks(log, from, core.contiguousLength)) {
    const checkpoint = blocks.length > 0 && readHeader(block)?.checkpoint
    if (checkpoint) return { blocks, length: from + blocks.length, signature: checkpoint }
    size += block.byteLength
    if (size > MAX_RANGE || blocks.length === MAX_RANGE_BLOCKS) return null
    blocks.push(block)
  }
  const { length, signature } = core.core.state
  return blocks.length > 0 && from + blocks.length === length && signature
    ? { blocks, length, signature: Buffer.from(signature) }
    : null
}

async function* readBlocks(log: ContentLog, from: number, end: number): AsyncGenerator<Buffer> {
  for (let start = from; start < end; start += READ) {
    const gets: Promise<Buffer | null>[] = []
    for (let seq = start; seq < Math.min(end, start + READ); seq++) {
      gets.push(log.core.get(seq, { wait: false }))
    }
    for (const block of await Promise.all(gets)) {
      if (!block) return
      yield block
    }
  }
}
