/** The heavy work on chunks: reading, sealing, hashing, opening, writing. */
import { HASH, SEAL } from '../descriptor.ts'

/** A stretch of a regular file, or bytes that are at hand. */
export type Piece =
  | { readonly path: string; readonly at: number; readonly length: number }
  | { readonly bytes: Uint8Array }

/** One chunk: where its bytes stand, in order, and what it has to be. */
export interface ChunkJob {
  readonly pieces: readonly Piece[]
  /** The item's key; null where the pieces hold the sealed chunk itself. */
  readonly key: Uint8Array | null
  readonly index: number
  /** Bytes of the sealed chunk. */
  readonly length: number
  /** Hash of the sealed chunk. */
  readonly hash: Uint8Array
  /** Its last bytes, where they are known: see `SealTags`. */
  readonly tag?: Uint8Array | null
}

/** Bytes of what is noted of a sealed chunk: its hash, and its tag. */
export const MARK = HASH + SEAL

/** Chunks one after another, to be hashed. */
export interface HashJob {
  readonly pieces: readonly Piece[]
  readonly key: Uint8Array | null
  /** Index of the first. */
  readonly from: number
  /** Bytes of each chunk in the pieces: all alike but the last. */
  readonly lengths: readonly number[]
}

/**
 * `ok`; or `mismatch`: the chunk is not what its hash says. `sealed`: it is, but the key does
 * not open it. `short`: a file ends before the piece does. Anything else is the
 * code of an error of the file system, as `ENOSPC`.
 */
export type Outcome = string

/** Who does the work: this thread, or others. Files are never made here, and links never followed. */
export interface ChunkWork {
  /** How many jobs keep it busy. */
  readonly width: number
  /** Reads a chunk, seals it and compares: its bytes come only with `ok`. */
  read(job: ChunkJob): Promise<{ outcome: Outcome; sealed: Buffer | null }>
  /** Checks a sealed chunk, opens and writes it. The buffer is given away. */
  write(job: ChunkJob, sealed: Buffer): Promise<Outcome>
  /** The hash and the tag of each sealed chunk, MARK bytes, one after another; they come only with `ok`. */
  hash(job: HashJob): Promise<{ outcome: Outcome; marks: Buffer | null }>
  /** A buffer of so many bytes from the start of an ArrayBuffer of its own, new or used before. */
  buffer(bytes: number): Buffer
  /** Takes a buffer back that nobody looks at any more. */
  release(buffer: Buffer): void
  /** Waits for the work under way; later jobs reject with `CLOSED`. */
  close(): Promise<void>
}
