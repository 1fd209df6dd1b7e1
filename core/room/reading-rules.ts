import type { RoomState } from '../control/room-state.ts'
import type { KeyStatus } from './epochs/key-ring.ts'
import { boundsOf, boundsText } from './log-bounds.ts'

export interface ReadingRulesOptions {
  readonly status: (epoch: number) => KeyStatus
  readonly state: () => RoomState
  /** True while records stand as they were placed by other bounds than those of the state. */
  readonly outdated: () => boolean
}

interface Saved {
  opened: number[]
  refused: number[]
  /** Null where not all was placed by them. */
  bounds: Record<string, string> | null
}

/**
 * Remembers by which keys and bounds records were placed, also in a snapshot, so that they are placed anew when a key
 * came after all or is gone, or a log counts otherwise.
 */
export class ReadingRules {
  readonly name = 'rules'
  readonly #options: ReadingRulesOptions
  readonly #opened = new Set<number>()
  readonly #refused = new Set<number>()

  constructor(options: ReadingRulesOptions) {
    this.#options = options
  }

  /** Whether records of an epoch can be opened; the answer is kept. */
  status(epoch: number): KeyStatus {
    const status = this.#options.status(epoch)
    if (status === 'key') this.#opened.add(epoch)
    if (status === 'never') this.#refused.add(epoch)
    return status
  }

  /** True when some record was placed by an answer that would be another now. */
  get stale(): boolean {
    const { status } = this.#options
    for (const epoch of this.#opened) if (status(epoch) !== 'key') return true
    for (const epoch of this.#refused) if (status(epoch) === 'key') return true
    return false
  }

  save(): Buffer {
    const saved: Saved = {
      opened: [...this.#opened],
      refused: [...this.#refused],
      bounds: this.#options.outdated() ? null : this.#bounds(),
    }
    return Buffer.from(JSON.stringify(saved))
  }

  /** Throws when the rules are others by now. */
  load(data: Buffer): void {
    const { opened, refused, bounds } = JSON.parse(data.toString()) as Saved
    for (const epoch of opened) this.#opened.add(epoch)
    for (const epoch of refused) this.#refused.add(epoch)
    const same = JSON.stringify(bounds) === JSON.stringify(this.#bounds())
    if (this.stale || !same) throw new Error('the snapshot was made by other rules')
  }

  reset(): void {
    this.#opened.clear()
    this.#refused.clear()
  }

  /** The bounds of all logs that have some. */
  #bounds(): Record<string, string> {
    const bounded = [...this.#options.state().logs].filter(
      ([, log]) => log.end !== null || log.silenced.length > 0,
    )
    return Object.fromEntries(
      bounded
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([hex, log]) => [hex, boundsText(boundsOf(log))]),
    )
  }
}
