/** The topics of one swarm: joined, left, and looked up again in time. */
import type Hyperswarm from 'hyperswarm'
import type { DiscoverySession } from 'hyperswarm'
import { every } from '../../core/clock.ts'
import type { Clock, Timer } from '../../core/clock.ts'
import { mayFrom, roundAfter } from './refresh-policy.ts'

const TICK_MS = 250
/** Look-ups that begin in one tick; each is some forty packets. */
const PER_TICK = 4

interface Joined {
  readonly topic: Buffer
  readonly session: DiscoverySession
  announce: boolean
  since: number
  last: number
  round: number
  due: number | null
}

export interface SwarmTopicsOptions {
  readonly clock: Clock
  readonly swarm: Hyperswarm
  readonly metered: boolean
}

export class SwarmTopics {
  readonly #options: SwarmTopicsOptions
  readonly #joined = new Map<string, Joined>()
  readonly #ticking: Timer

  constructor(options: SwarmTopicsOptions) {
    this.#options = options
    this.#ticking = every(options.clock, TICK_MS, () => this.#tick())
  }

  join(topic: Buffer, announce: boolean): void {
    const { clock, swarm } = this.#options
    const key = topic.toString('hex')
    const known = this.#joined.get(key)
    const now = clock.monotonic()
    if (known === undefined) {
      const session = swarm.join(topic, { client: true, server: announce })
      const due = this.#dueAfter(now, 0)
      this.#joined.set(key, { topic, session, announce, since: now, last: now, round: 0, due })
    } else if (known.announce !== announce) {
      known.announce = announce
      this.#refresh(known)
    }
  }

  leave(topic: Buffer): void {
    const key = topic.toString('hex')
    const known = this.#joined.get(key)
    this.#joined.delete(key)
    // It withdraws what was announced, as far as the nodes that hold it answer.
    known?.session.destroy().catch(() => {})
  }

  /** Looks for everything again; `now` even what was looked up a moment ago. */
  refresh(how: 'now' | 'soon'): void {
    const { clock, metered } = this.#options
    const now = clock.monotonic()
    for (const joined of this.#joined.values()) {
      joined.since = now
      joined.round = 0
      joined.due = how === 'now' ? now : Math.max(now, mayFrom(joined.last, metered))
    }
  }

  close(): void {
    this.#ticking.cancel()
    this.#joined.clear()
  }

  #tick(): void {
    const now = this.#options.clock.monotonic()
    const due = [...this.#joined.values()]
      .filter(({ due }) => due !== null && due <= now)
      .sort((a, b) => a.last - b.last)
    for (const joined of due.slice(0, PER_TICK)) {
      joined.due = this.#dueAfter(joined.since, joined.round++)
      this.#refresh(joined)
    }
  }

  #dueAfter(since: number, round: number): number | null {
    const after = roundAfter(round, this.#options.metered)
    return after === null ? null : since + after
  }

  #refresh(joined: Joined): void {
    joined.last = this.#options.clock.monotonic()
    joined.session.refresh({ client: true, server: joined.announce }).catch(() => {})
  }
}
