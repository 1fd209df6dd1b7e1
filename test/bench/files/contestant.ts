import type { Tree } from '../measure/process-tree.ts'
import type { Closable } from '../bench.ts'
import type { Side } from './side.ts'

/** Something to be transferred. */
export interface Job {
  /** Short, as a name of files. */
  readonly name: string
  /** A file or a folder. */
  readonly source: string
  /** Of all its files. */
  readonly bytes: number
  /** How many, for a folder; null for a single file. */
  readonly files: number | null
  readonly hash: string
}

/** How long a job may take: what takes longer has stalled. */
export function patience({ bytes }: Job): number {
  return 45_000 + bytes / 4_000
}

/** How long it took. */
export interface Transfer {
  /** Seconds from the order to send to everything being verified at the other end. */
  readonly seconds: number
  /** Seconds from the receiver's beginning to the same; null where the two can not be told apart. */
  readonly alone: number | null
  /** Where it is at the receiver. */
  readonly path: string
}

/** A sender and a receiver, up and connected. */
export interface FilePair extends Closable {
  readonly sender: Tree
  readonly receiver: Tree
  transfer(job: Job): Promise<Transfer>
}

export interface FileContestant {
  readonly name: string
  /** Starts both ends; `directory` is empty and the contestant's own. */
  open(from: Side, to: Side, directory: string): Promise<FilePair>
}
