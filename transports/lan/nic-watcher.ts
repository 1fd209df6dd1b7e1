/** Notices interfaces that come, go, or are made again. */
import { every } from '../../core/clock.ts'
import type { Clock, Timer } from '../../core/clock.ts'
import { diffNics, usableNics } from './nics.ts'
import type { Nic, NicChange, NicSource } from './nics.ts'

const POLL_MS = 500
/** Send errors on an interface that looks unchanged: sockets are rebuilt, with growing pauses. */
const DOUBT_MIN_MS = 1_000
const DOUBT_MAX_MS = 60_000

export interface NicWatcherOptions {
  readonly clock: Clock
  readonly source: NicSource
  readonly loopback: boolean
  /** Called for every change, and with an empty one when doubt asks for fresh sockets. */
  readonly onchange: (nics: readonly Nic[], change: NicChange) => void
}

export class NicWatcher {
  readonly #options: NicWatcherOptions
  #nics: readonly Nic[] = []
  #timer: Timer | undefined
  #doubted = false
  #doubtPause = DOUBT_MIN_MS
  #doubtFrom = 0

  constructor(options: NicWatcherOptions) {
    this.#options = options
  }

  /** The usable interfaces as last seen. */
  get nics(): readonly Nic[] {
    return this.#nics
  }

  /** Looks at once, then twice a second. */
  start(): void {
    this.#nics = this.#list()
    this.#timer = every(this.#options.clock, POLL_MS, () => this.#poll())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#nics = []
    this.#doubted = false
  }

  /** Says that sending failed in a way that fresh sockets may cure. */
  doubt(): void {
    this.#doubted = true
  }

  #list(): readonly Nic[] {
    return usableNics(this.#options.source(), this.#options.loopback)
  }

  #poll(): void {
    const before = this.#nics
    const now = this.#options.clock.monotonic()
    this.#nics = this.#list()
    const change = diffNics(before, this.#nics)
    const changed = change.gone.length + change.come.length > 0
    if (changed) this.#doubtPause = DOUBT_MIN_MS
    if (!changed && !(this.#doubted && now >= this.#doubtFrom)) return
    if (this.#doubted) {
      this.#doubtFrom = now + this.#doubtPause
      this.#doubtPause = Math.min(this.#doubtPause * 2, DOUBT_MAX_MS)
    }
    this.#doubted = false
    this.#options.onchange(this.#nics, change)
  }
}
