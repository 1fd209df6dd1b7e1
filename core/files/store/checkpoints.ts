import { open } from 'node:fs/promises'
import { isAbsolute, join, relative } from 'node:path'
import type { Clock, Timer } from '../../clock.ts'
import { asDiskError } from '../../durability/disk-error.ts'
import { Job } from '../../job.ts'
import type { Logger } from '../../logger.ts'
import { Bitfield } from '../bitfield.ts'
import type { Piece } from '../work/chunk-work.ts'
import { each } from './each.ts'
import type { Gate } from './gate.ts'
import { lostHere } from './item-errors.ts'
import type { ProgressLog } from './progress-log.ts'

/** What may be lost to a crash at most: it is looked at again then, so a checkpoint costs more than it spares. */
const BYTES = 64 * 1024 * 1024
const EVERY = 5_000
const SYNCS_AT_ONCE = 2

/** The item that is written. */
export interface Checkpointed {
  readonly clock: Clock
  readonly logger: Logger
  readonly gate: Gate
  readonly progress: ProgressLog
  readonly place: () => string
  readonly have: () => Bitfield
  /** A chunk that is not to be trusted though its file is synced; null for none. */
  readonly passing: () => number | null
  readonly saveRecord: () => Promise<void>
  /** What is noted of it stays as it is: it may come back. */
  readonly isLost: () => boolean
  /** A file that was written to is not there any more. */
  readonly ongone: () => void
}

/** Sees to it that what was written of an item gets on the disk, and that its progress says no more than that. */
export class Checkpoints {
  readonly #item: Checkpointed
  readonly #job = new Job(() => this.#run())
  #syncing: Promise<void> = Promise.resolve()
  #timer: Timer | null = null
  #unsynced = 0
  /** Files that were written to since they were last synced. */
  #dirty = new Set<string>()
  /** Chunks went: the progress, and then the record, are to say so. */
  #lacks = false

  constructor(item: Checkpointed) {
    this.#item = item
  }

  /** The checkpoint under way; null for none. */
  get running(): Promise<void> | null {
    return this.#job.running
  }

  /** Marks a file to be synced before the next checkpoint. */
  wroteFile(path: string): void {
    const place = this.#item.place()
    // Below the place it is known by where it is in it: that may get another name before.
    this.#dirty.add(path.startsWith(place) ? relative(place, path) : path)
  }

  wroteTo(pieces: readonly Piece[]): void {
    for (const piece of pieces) if ('path' in piece) this.wroteFile(piece.path)
  }

  /** A chunk of so many bytes was written. */
  wrote(index: number, bytes: number): void {
    this.#item.progress.note(index)
    this.#unsynced += bytes
  }

  /** Chunks are not here any more: what is not on the disk yet must not be taken for safe when that is noted. */
  lost(): void {
    this.#lacks = true
    void this.#job.wake()
  }

  /** Comes in time for what was written. */
  soon(): void {
    if (this.#unsynced >= BYTES) return void this.#job.wake()
    this.#timer ??= this.#item.clock.after(EVERY, () => {
      this.#timer = null
      void this.#job.wake()
    })
  }

  /** Everything that was written so far is on the disk once it resolves. Errors: `CHANGED`, those of the file system. */
  sync(): Promise<void> {
    // One that began later must not be followed by what an earlier one saw.
    const done = this.#syncing.then(() => this.#sync())
    this.#syncing = done.catch(() => {})
    return done
  }

  /** No checkpoint begins by itself any more; the one under way is over when it resolves. */
  async stop(): Promise<void> {
    this.#stopTimer()
    await this.#job.running
  }

  /** The last one, if anything was written since the one before. */
  async close(): Promise<void> {
    if (this.#dirty.size > 0 || this.#unsynced > 0 || this.#lacks) await this.#job.wake()
    await this.stop()
  }

  async #sync(): Promise<void> {
    this.#stopTimer()
    const { have, progress, gate, place, isLost, ongone } = this.#item
    if (isLost()) throw lostHere()
    const { mark } = progress
    const snapshot = Bitfield.from(have().length, have().bytes())!
    const passing = this.#item.passing()
    const passes = passing !== null && snapshot.clear(passing)
    const dirty = this.#dirty
    const unsynced = this.#unsynced
    this.#dirty = new Set()
    this.#unsynced = 0
    try {
      const one = (path: string): Promise<void> =>
        gate.run(() => syncFile(isAbsolute(path) ? path : join(place(), path)))
      await each(dirty, one, SYNCS_AT_ONCE)
      await progress.checkpoint(snapshot, mark)
      if (passes) progress.note(passing)
    } catch (error) {
      for (const path of dirty) this.#dirty.add(path)
      this.#unsynced += unsynced
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        ongone()
        throw lostHere()
      }
      throw error
    }
  }

  async #run(): Promise<void> {
    if (this.#item.isLost()) return
    const lacks = this.#lacks
    this.#lacks = false
    try {
      await this.sync()
      // In this order an end in between leaves the record of before, whose chunks are found wrong again.
      if (lacks) await this.#item.saveRecord()
    } catch (error) {
      this.#lacks ||= lacks
      this.#item.logger.warn('files: checkpoint failed', { code: asDiskError(error).code })
    }
  }

  #stopTimer(): void {
    this.#timer?.cancel()
    this.#timer = null
  }
}

/** What was written to a file is on the disk when it resolves. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.datasync()
  } finally {
    await file.close()
  }
}
