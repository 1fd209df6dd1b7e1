/**
 * What two sides of an exchange of ciphertext know of each other: types only. A *copy* is one side: a room of this
 * device, or a mirror in an archive (a blind peer's, a carrier's, a USB stick's). Neither needs the room's keys to give
 * or to check what the other gives.
 */

/** A node of hypercore's flat Merkle tree: `size` bytes below it, 32-byte BLAKE2b hash. */
export interface TreeNode {
  readonly index: number
  readonly size: number
  readonly hash: Buffer
}

/** A log as everybody may name it: its 32-byte key, and the encoded manifest whose hash the key is (at most 512 bytes). */
export interface LogName {
  readonly key: Buffer
  readonly manifest: Buffer
}

/** Blocks [from, to) of a log. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** How much of a log a copy has; spans rise and do not touch. */
export interface LogHead extends LogName {
  readonly spans: readonly Span[]
}

/**
 * Consecutive blocks that prove themselves: the log's roots at `from`, and its author's signature at
 * `from + blocks.length`.
 */
export interface LogRange extends LogName {
  readonly from: number
  readonly roots: readonly TreeNode[]
  readonly blocks: readonly Buffer[]
  readonly signature: Buffer
}

/** An item that a copy wants kept: what the exchange of files needs to hold it without its key. */
export interface ItemName {
  /** 32 bytes. */
  readonly root: Buffer
  readonly size: number
  readonly chunk: number
}

/**
 * What became of a range: `stored` (durable), `known` before, `gap` (what comes before it is missing), `refused` (it
 * does not prove itself, or nobody here wants that log), `full` (no space, or beyond a quota).
 */
export type Stored = 'stored' | 'known' | 'gap' | 'refused' | 'full'

/** Most bytes of blocks in a range. */
export const MAX_RANGE_BYTES = 8 * 1024 * 1024
/** Most bytes of an encoded manifest. */
export const MAX_MANIFEST = 512
/** Logs of one mirror that are kept or spoken of. */
export const MAX_MIRROR_LOGS = 8192
/** Join statements that wait in one mirror. */
export const MAX_NOTES = 16

/** One side of an exchange. Nothing of it throws for what the other side sent. */
export interface Copy {
  /** The id of the mirror (hex), see mirror-keys.ts. */
  readonly id: string
  /** What is here of each log. */
  heads(): Promise<readonly LogHead[]>
  /** A range that begins at `from`, as long as `max` bytes and a known signature allow; null when there is none. */
  read(key: Buffer, from: number, max: number): Promise<LogRange | null>
  /** Where the next range of a log is wanted from, given what the other side has; null when nothing is. Pure but for what is here. */
  wants(theirs: LogHead): Promise<number | null>
  /** Checks a range and takes it in. */
  store(range: LogRange): Promise<Stored>
  /** Join statements that wait for a member, sealed for the room (at most MAX_NOTES, at most 2,048 bytes each). */
  notes(): Promise<readonly Buffer[]>
  /** Takes in join statements; what is known, too much or too long is left out. */
  note(statements: readonly Buffer[]): Promise<void>
  /** Of these, those that no member needs any more; a copy that can judge none has no such word. */
  over?(statements: readonly Buffer[]): readonly Buffer[]
  /** Items that are to be kept (a room), or are (a mirror), the newest first; null while not all of them are known. */
  items(): Promise<readonly ItemName[] | null>
  /** Calls back when heads, notes or items may have changed, coalesced by the caller; returns what ends that. */
  watch(onchange: () => void): () => void
}
