import type { EventEmitter } from 'node:events'
import type { FileReason } from './api.ts'
import type { Bitfield } from './bitfield.ts'
import type { Descriptor } from './descriptor.ts'

export interface HeldEvents {
  /** A chunk was verified and stored. */
  gained: [index: number]
  /** Chunks are not to be had here any more, or all of it is gone; look at `have` anew. */
  lost: []
  /** The manifest is here. */
  manifest: []
  /** All of it is here, verified, on the disk and under its name. */
  complete: []
  /** Another reason, or none, keeps it from going on or from being given out. */
  problem: []
}

/** Why a chunk can not be read here. */
export type Unreadable = 'changed' | 'gone'

/**
 * An item of which this device holds chunks, as the exchange with peers sees it: in place at its sender, at its place
 * at a receiver, or as ciphertext for others. All give out and take the same sealed chunks.
 */
export interface Held extends EventEmitter<HeldEvents> {
  readonly descriptor: Descriptor
  /** The hashes of all sealed chunks, one after another; null until it is here. Its hash is the descriptor's root. */
  readonly manifest: Buffer | null
  /** The chunks that are here and verified. */
  readonly have: Bitfield
  /**
   * Only chunks below this index can be stored now: all of them, but for a folder whose table of contents is not here
   * yet those that hold the table. It has grown by the time that the last of these is told as `gained`.
   */
  readonly usable: number
  /** Why it can not go on here, or not be given out: of an original, that it was changed or is gone. */
  readonly problem: FileReason | null
  /** Stores the manifest; false when it is not the one that the root names. Errors: `DISK_FULL`. */
  takeManifest(manifest: Buffer): Promise<boolean>
  /**
   * A sealed chunk, checked against the manifest before it is given out. The bytes are the caller's until it calls
   * `release`. A string says why not; it is in `have` no more then. Rejects when it can not be read right now, or the
   * item was closed or removed.
   */
  read(index: number): Promise<SealedChunk | Unreadable>
  /**
   * Checks a sealed chunk and stores it. `sealed` must be the whole of its ArrayBuffer from `byteOffset` 0 and is
   * given away: the caller may not touch it any more. False when it is not what the manifest says. Needs the manifest,
   * and an index below `usable`. Errors: `DISK_FULL`, `CHANGED` when what was here was moved or deleted by others, `DAMAGED`
   * when the chunk is right but what is known of the item does not open it, `CLOSED` after the item was closed or removed.
   */
  write(index: number, sealed: Buffer): Promise<boolean>
  /** A buffer of this many bytes for `write`, new or used before. */
  buffer(bytes: number): Buffer
}

/** A sealed chunk that was read. */
export interface SealedChunk {
  readonly bytes: Buffer
  /** Gives the buffer back to be used again. */
  release(): void
}

/** What befell the original, when it is offered from here. */
export function unreadable({ problem }: Pick<Held, 'problem'>): Unreadable | null {
  if (problem === 'source-changed') return 'changed'
  return problem === 'source-gone' ? 'gone' : null
}
