import { lstat, readdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'

const FRESH_FOR = 30_000

/** Bytes. */
export interface Taken {
  /** In the data directory, files that came among them. */
  readonly used: number
  /** Free on its disk. */
  readonly free: number
}

/** Measures what the data directory takes and what its disk has left; the walk is kept for 30 s. */
export class StorageMeter {
  readonly #dir: string
  readonly #clock: Clock
  #used: Promise<number> | undefined
  #measuredAt = 0

  constructor(dir: string, clock: Clock) {
    this.#dir = dir
    this.#clock = clock
  }

  async read(): Promise<Taken> {
    const now = this.#clock.monotonic()
    if (this.#used === undefined || now - this.#measuredAt > FRESH_FOR) {
      this.#measuredAt = now
      this.#used = directorySize(this.#dir)
    }
    const disk = await statfs(this.#dir)
    return { used: await this.#used, free: disk.bavail * disk.bsize }
  }
}

/** Bytes that a directory takes on its disk. What goes away meanwhile counts nothing. */
export async function directorySize(dir: string): Promise<number> {
  let total = 0
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) total += await directorySize(path)
    else {
      const stats = await lstat(path).catch(() => undefined)
      // Sparse and preallocated files: what is taken, not what is named. Windows tells no blocks.
      if (stats !== undefined) total += stats.blocks > 0 ? stats.blocks * 512 : stats.size
    }
  }
  return total
}
