import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { every } from '../clock.ts'
import type { Clock, Timer } from '../clock.ts'
import { diskFull } from './disk-error.ts'

const LOOK_EVERY = 2_000
const MB = 1024 * 1024
/** A byte of a message is written to the journal and the store's log, and once more when that is emptied. */
const WRITTEN_TIMES = 3
/** Files leave more than the reserve free, so that messages go on beside a disk that they filled. */
const FILES_LEAVE = 1.5
/** So much of the reserve more must be free before files that were stopped go on. */
const FILES_RETURN = 0.25

/**
 * Bytes that are left free, so that the store itself never meets a full disk (it would refuse every write from
 * then on): 16 MB, or a fifth of a small disk, and what emptying its write-ahead log will take.
 */
export function reserve(total: number, log: number): number {
  return Math.min(16 * MB, total / 5) + log
}

export interface DiskGuardOptions {
  /** The data directory, and the store's below it. */
  readonly dir: string
  readonly store: string
  readonly clock: Clock
  readonly onchange: (full: boolean) => void
  /** At each look that finds the reserve itself nearly used up, by others. */
  readonly oncritical: () => void
  /** A file was refused for want of space, and there is some again. */
  readonly onroom: () => void
}

/** Watches free space: below the reserve nothing new is written, what is there stays readable. */
export class DiskGuard {
  readonly #options: DiskGuardOptions
  readonly #timer: Timer
  #full = false
  /** Bytes that may be written before the next look. */
  #allowance = 0
  /** Bytes that files may take, those that they may before the next look, and those being written, which no look sees. */
  #room = 0
  #untilLook = 0
  #writing = 0
  #refused = false

  private constructor(options: DiskGuardOptions) {
    this.#options = options
    this.#timer = every(options.clock, LOOK_EVERY, () => this.look())
  }

  static async open(options: DiskGuardOptions): Promise<DiskGuard> {
    const guard = new DiskGuard(options)
    await guard.look()
    return guard
  }

  get full(): boolean {
    return this.#full
  }

  /** Before `bytes` are written. Errors: `DISK_FULL` while there is too little space to do it safely. */
  async check(bytes: number): Promise<void> {
    this.#allowance -= WRITTEN_TIMES * bytes
    // While it is full, each try looks: a person who freed space should not have to wait.
    if (this.#full || this.#allowance < 0) await this.look()
    if (this.#full) throw diskFull()
  }

  /** Before `bytes` of a file are written, in which the store has no part; gives what to call after it. Errors: `DISK_FULL`. */
  async space(bytes: number): Promise<() => void> {
    if (this.#refused || this.#untilLook < bytes) await this.look()
    if (this.#refused || this.#room < bytes) {
      this.#refused = true
      throw diskFull()
    }
    this.#room -= bytes
    this.#untilLook -= bytes
    this.#writing += bytes
    let written = false
    return () => {
      if (!written) this.#writing -= bytes
      written = true
    }
  }

  /** Counts what came from peers. */
  note(bytes: number): void {
    const before = this.#allowance
    this.#allowance -= WRITTEN_TIMES * bytes
    // A look that fails is made again with the next tick.
    if (before >= 0 && this.#allowance < 0) void this.look().catch(() => {})
  }

  close(): void {
    this.#timer.cancel()
  }

  async look(): Promise<void> {
    const { dir, store, onchange, oncritical, onroom } = this.#options
    const { bsize, blocks, bavail } = await statfs(dir)
    const free = bavail * bsize
    const kept = reserve(blocks * bsize, await logSize(store))
    this.#allowance = (free - kept) / 4
    this.#room = free - this.#writing - FILES_LEAVE * kept
    this.#untilLook = this.#room / 4
    if (this.#refused && this.#room >= FILES_RETURN * kept) {
      this.#refused = false
      onroom()
    }
    const full = free < kept
    if (full !== this.#full) {
      this.#full = full
      onchange(full)
    }
    if (free < kept / 4) oncritical()
  }
}

/** Bytes in the store's write-ahead logs. */
async function logSize(store: string): Promise<number> {
  const dir = join(store, 'db')
  const names = await readdir(dir).catch(() => [])
  const sizes = names
    .filter((name) => name.endsWith('.log'))
    .map((name) =>
      stat(join(dir, name)).then(
        ({ size }) => size,
        // Emptied and gone meanwhile.
        () => 0,
      ),
    )
  return (await Promise.all(sizes)).reduce((a, b) => a + b, 0)
}
