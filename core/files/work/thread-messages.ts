/** What goes to a working thread and comes back: types only. Memory is handed over, never copied. */
import type { Piece } from './chunk-work.ts'

/** A job for a thread; `memory` is the chunk's, or what hashes are worked out in. */
export interface ThreadJob {
  readonly n: number
  readonly kind: 'read' | 'write' | 'hash'
  readonly pieces: readonly Piece[]
  readonly key: Uint8Array | null
  readonly index: number
  readonly lengths: readonly number[]
  /** Of a chunk: what it has to be. */
  readonly hash: Uint8Array | null
  readonly tag: Uint8Array | null
  readonly memory: ArrayBuffer
}

/** Its answer, with the memory back. */
export interface ThreadAnswer {
  readonly n: number
  readonly outcome: string
  readonly marks: Uint8Array | null
  readonly memory: ArrayBuffer
}
