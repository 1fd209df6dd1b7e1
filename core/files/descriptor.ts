/** What an item is made of: types that its parts share, and the arithmetic of its chunks. */

/** Bytes of a manifest's hash, of a chunk's hash, of an item's key. */
export const HASH = 32
/** Bytes that sealing adds to a chunk (Poly1305). */
export const SEAL = 16
/** Smallest and largest chunk of plain bytes. */
export const MIN_CHUNK = 64 * 1024
export const MAX_CHUNK = 16 * 1024 * 1024
/** Most chunks of an item: its manifest takes 2 MiB, its bitfield 8 kB. */
export const MAX_CHUNKS = 65_536
/** Largest item: 1 TiB. */
export const MAX_ITEM = MAX_CHUNKS * MAX_CHUNK

/**
 * What anyone may know of an item: enough to hold, check and pass on its chunks, and nothing of what it says. The
 * stream of an item is its folder's table of contents, if it is one, and its files' bytes one after another.
 */
export interface Descriptor {
  /** Hash of the manifest: 32 bytes. */
  readonly root: Buffer
  /** Bytes of the stream; at least 1. */
  readonly size: number
  /** Plain bytes of each chunk but the last: a power of two. */
  readonly chunk: number
}

/** A descriptor, and what opens it. */
export interface ItemRef extends Descriptor {
  /** Seals the chunks of this manifest alone: 32 fresh random bytes. */
  readonly key: Buffer
  /** Bytes of the table of contents at the stream's start; 0 for a single file. */
  readonly contents: number
}

/** Plain bytes of a chunk for an item of so many bytes: 64 KiB to 1 MiB by size, more only where a manifest would overflow. */
export function chunkFor(size: number): number {
  let chunk =
    size <= 16 * 1024 * 1024 ? MIN_CHUNK : size <= 256 * 1024 * 1024 ? 256 * 1024 : 1024 * 1024
  while (chunk * MAX_CHUNKS < size) chunk *= 2
  return chunk
}

/** How many chunks an item has. */
export function chunkCount({ size, chunk }: Pick<Descriptor, 'size' | 'chunk'>): number {
  return Math.ceil(size / chunk)
}

/** Plain bytes of a chunk. */
export function plainLength(
  { size, chunk }: Pick<Descriptor, 'size' | 'chunk'>,
  index: number,
): number {
  return Math.min(chunk, size - index * chunk)
}

/** True for a size and a chunk that some item may have: what a peer or a message claims is looked at by this first. */
export function isPossible({ size, chunk }: Pick<Descriptor, 'size' | 'chunk'>): boolean {
  return (
    Number.isSafeInteger(size) &&
    size >= 1 &&
    Number.isInteger(Math.log2(chunk)) &&
    chunk >= MIN_CHUNK &&
    chunk <= MAX_CHUNK &&
    size <= chunk * MAX_CHUNKS
  )
}
