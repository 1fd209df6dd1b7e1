import { rm } from 'node:fs/promises'
import { every } from '../clock.ts'
import type { Clock, Timer } from '../clock.ts'
import type { Envelope } from '../crypto/envelope.ts'
import type { Logger } from '../logger.ts'
import { loadSnapshot, saveSnapshot } from './snapshot.ts'
import type { Snapshot } from './snapshot.ts'

const EVERY = 60_000
/** Less news than this waits for the close. */
const ENOUGH = 1_000

export interface SnapshotKeeperOptions {
  readonly path: string
  /** Seals it: it tells who wrote when. */
  readonly envelope: Envelope
  readonly clock: Clock
  readonly logger: Logger
  readonly take: () => Snapshot
}

/** Saves a timeline's snapshot now and then, and at the close. */
export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions
  readonly #timer: Timer
  #news = 0

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options
    this.#timer = every(options.clock, EVERY, () => this.#save(ENOUGH))
  }

  /** The snapshot of the run before, or null. */
  static load(path: string, envelope: Envelope): Promise<Snapshot | null> {
    return loadSnapshot(path, envelope)
  }

  /** Counts what a snapshot does not hold yet. */
  note(news: number): void {
    this.#news += news
  }

  /** Takes away what is saved, as it tells what must not be told any more; the next one comes soon. */
  async forget(): Promise<void> {
    this.#news += ENOUGH
    await rm(this.#options.path, { force: true })
  }

  async close(): Promise<void> {
    this.#timer.cancel()
    await this.#save(1)
  }

  async #save(atLeast: number): Promise<void> {
    if (this.#news < atLeast) return
    this.#news = 0
    try {
      const { path, take, envelope } = this.#options
      await saveSnapshot(path, take(), envelope)
    } catch (error) {
      // It is rebuilt from the logs when it is missing.
      this.#options.logger.warn('snapshot-not-saved', { error: String(error) })
    }
  }
}
