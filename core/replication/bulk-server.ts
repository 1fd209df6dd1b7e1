import type Hypercore from 'hypercore'
import type { ContentLog } from '../room/content-log.ts'
import { readHeader } from '../room/record.ts'
import type { BulkBlocks, BulkEnd } from '../session/messages.ts'

/** Bytes of blocks in one frame. */
const FRAME = 256 * 1024
/** The same over a narrow link, so that the receiver sees it coming. */
const NARROW_FRAME = 2 * 1024
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
  request: { id: number; from: number; narrow?: boolean },
  sink: BulkSink,
): Promise<void> {
  const { id } = request
  const most = request.narrow === true ? NARROW_FRAME : FRAME
  const range = await readRange(log.core, request.from, { checkpoint })
  if (!range) return sink.end({ id, length: 0, signature: Buffer.alloc(0) })
  for (let at = 0; at < range.blocks.length;) {
    const start = at
    for (let size = 0; at < range.blocks.length && size < most && at - start < READ; at++) {
      size += range.blocks[at]!.byteLength
    }
    await sink.blocks({ id, blocks: range.blocks.slice(start, at) })
  }
  sink.end({ id, length: range.length, signature: range.signature })
}

/** How far a range may go, and where it can end. */
export interface RangeLimits {
  /** Most bytes, and most blocks; default what one in a session may have. */
  readonly bytes?: number | undefined
  readonly blocks?: number | undefined
  /** How far the log goes that may be given, and its signature there; default all that there is. */
  readonly head?: { readonly length: number; readonly signature: Buffer | null }
  /** The signature before a block that the block carries. */
  readonly checkpoint?: ((block: Buffer) => Buffer | null | undefined) | undefined
  /** Whether a range that ends at a checkpoint is as it should be; default yes. */
  readonly sound?: (blocks: readonly Buffer[], signature: Buffer) => boolean
}

/** The checkpoint in a record of a content log. */
export function checkpoint(block: Buffer): Buffer | null | undefined {
  return readHeader(block)?.checkpoint
}

/** The blocks up to the next signature that is known; null when there are none, or too many bytes. */
export async function readRange(
  core: Hypercore,
  from: number,
  limits: RangeLimits,
): Promise<{ blocks: Buffer[]; length: number; signature: Buffer } | null> {
  const { bytes = MAX_RANGE, blocks: most = MAX_RANGE_BLOCKS, sound = () => true } = limits
  const { length, signature } = limits.head ?? core.core.state
  const blocks: Buffer[] = []
  let size = 0
  for await (const block of readBlocks(core, from, Math.min(core.contiguousLength, length))) {
    const found = blocks.length > 0 && limits.checkpoint?.(block)
    if (found && sound(blocks, found)) {
      return { blocks, length: from + blocks.length, signature: found }
    }
    size += block.byteLength
    if (size > bytes || blocks.length === most) return null
    blocks.push(block)
  }
  return blocks.length > 0 && from + blocks.length === length && signature
    ? { blocks, length, signature: Buffer.from(signature) }
    : null
}

async function* readBlocks(core: Hypercore, from: number, end: number): AsyncGenerator<Buffer> {
  for (let start = from; start < end; start += READ) {
    const gets: Promise<Buffer | null>[] = []
    for (let seq = start; seq < Math.min(end, start + READ); seq++) {
      gets.push(core.get(seq, { wait: false }))
    }
    for (const block of await Promise.all(gets)) {
      if (!block) return
      yield block
    }
  }
}
