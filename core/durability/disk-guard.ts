import { statfs } from 'node:fs/promises'
import { every } from '../clock.ts'
import type { Clock, Timer } from '../clock.ts'
import { diskFull } from './disk-error.ts'

const LOOK_EVERY = 2_000
const MB = 1024 * 1024

/** Bytes that are left free so that the store itself never meets a full disk: 16 MB, or a fifth of a small one. */
export function reserve(total: number): number {
  return Math.min(16 * MB, total / 5)
}

/** Watches free space: below the reserve nothing new is written, what is there stays readable. */
export class DiskGuard {
  readonly #dir: string
  readonly #onchange: (full: boolean) => void
  readonly #timer: Timer
  #full = false

  private constructor(dir: string, clock: Clock, onchange: (full: boolean) => void) {
    this.#dir = dir
    this.#onchange = onchange
    this.#timer = every(clock, LOOK_EVERY, () => this.#look())
  }

  static async open(
    dir: string,
    clock: Clock,
    onchange: (full: boolean) => void,
  ): Promise<DiskGuard> {
    const guard = new DiskGuard(dir, clock, onchange)
    await guard.#look()
    return guard
  }

  get full(): boolean {
    return this.#full
  }

  /** Errors: `DISK_FULL` while there is too little space to write safely. */
  async check(): Promise<void> {
    // A person who freed space should not have to wait for the next look.
    if (this.#full) await this.#look()
    if (this.#full) throw diskFull()
  }

  close(): void {
    this.#timer.cancel()
  }

  async #look(): Promise<void> {
    const { bsize, blocks, bavail } = await statfs(this.#dir)
    const full = bavail * bsize < reserve(blocks * bsize)
    if (full === this.#full) return
    this.#full = full
    this.#onchange(full)
  }
}
