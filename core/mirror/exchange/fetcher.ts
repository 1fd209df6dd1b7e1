import type { Clock } from '../../clock.ts'
import { errorCode } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { LogHead, LogRange, Stored } from '../copy.ts'
import type { Refused } from '../policy/refusals.ts'
import { firstWant, nextWant } from '../policy/want-size.ts'
import { proveRange } from '../range/prove.ts'
import { AddressCounts } from './address-counts.ts'
import { mayAsk } from './fetch-bounds.ts'
import type { MirrorLink } from './mirror-link.ts'
import { ReadSlots } from './read-slots.ts'
import type { SharedCopy } from './shared-copy.ts'
import type { SharedMirror } from './shared-mirror.ts'

/** Logs that are asked for at a time over one link: what a round trip costs is shared by so many. */
const MAX_JOBS = 32

export interface FetcherOptions {
  readonly links: () => Iterable<MirrorLink>
  readonly clock: Clock
  readonly logger: Logger
  /** A carrier brought something of a room. */
  readonly onbrought?: (shared: SharedCopy, range: LogRange) => void
}

/** What became of one log over one link. */
type Outcome = 'done' | 'failed' | 'stalled' | 'false' | 'full'

/** Asks all links for what this device lacks, each log of one of them at a time. */
export class Fetcher {
  readonly #options: FetcherOptions
  /** Mirror and log that are being asked for. */
  readonly #flying = new Set<string>()
  readonly #strangers = new AddressCounts()
  /** For ranges that are longer than what is asked for first. */
  readonly #long: ReadSlots
  #memory = 0
  #soon = false
  #closed = false

  constructor(options: FetcherOptions) {
    this.#options = options
    this.#long = new ReadSlots(options.clock)
  }

  /** Something can be asked for that could not before. */
  wake(): void {
    if (this.#soon || this.#closed) return
    this.#soon = true
    queueMicrotask(() => {
      this.#soon = false
      // Whoever has least to do comes first, and members before others.
      const links = [...this.#options.links()]
        .filter((link) => !link.wanting().next().done)
        .toSorted((a, b) => Number(b.paired) - Number(a.paired) || a.reserved - b.reserved)
      for (const link of links) this.#fill(link)
    })
  }

  close(): void {
    this.#closed = true
    this.#long.close()
  }

  #fill(link: MirrorLink): void {
    for (const mirror of link.wanting()) {
      for (const [log, head] of mirror.wanted.pending) {
        if (this.#closed || !link.usable || !this.#room(link)) return
        const name = `${mirror.id}/${log}`
        if (this.#flying.has(name)) continue
        mirror.wanted.take(log)
        this.#flying.add(name)
        link.jobs++
        mirror.jobs++
        const release = this.#reserve(link, firstWant(endOf(head), link.connection.narrow))
        void this.#run(link, mirror, log, head).finally(() => {
          this.#flying.delete(name)
          release()
          link.jobs--
          mirror.jobs--
          if (mirror.wanted.settled && mirror.jobs === 0 && !link.closed) link.settled(mirror)
          this.wake()
        })
      }
    }
  }

  #room(link: MirrorLink): boolean {
    return (
      link.jobs < (link.connection.narrow ? 1 : MAX_JOBS) &&
      mayAsk(link.paired, {
        all: this.#memory,
        strangers: this.#strangers.all,
        address: this.#strangers.of(link.address),
        link: link.reserved,
      })
    )
  }

  async #run(link: MirrorLink, mirror: SharedMirror, log: string, head: LogHead): Promise<void> {
    let outcome: Outcome = 'failed'
    try {
      outcome = await this.#log(link, mirror, log, head)
    } catch (error) {
      this.#options.logger.warn('mirror-fetch', { code: errorCode(error) })
    }
    if (link.closed) return
    if (outcome === 'false') return link.distrust(mirror)
    if (outcome === 'full') return link.refuse(mirror, this.#refusal(link, mirror))
    if (outcome === 'done') return mirror.wanted.served(log)
    mirror.wanted.failed(log, head, this.#options.clock.monotonic())
    link.failed(mirror)
    if (outcome === 'stalled') link.rest()
  }

  #refusal(link: MirrorLink, mirror: SharedMirror): Refused {
    return mirror.shared.guard?.room(link.visitor(mirror)).refused ?? 'full'
  }

  async #log(link: MirrorLink, mirror: SharedMirror, log: string, head: LogHead): Promise<Outcome> {
    const end = endOf(head)
    let before = -1
    let from = await mirror.shared.copy.wants(head)
    if (from === null) mirror.wanted.putAside(log, head)
    while (from !== null && !link.closed && !this.#closed && link.matched(mirror.id)) {
      // What was stored did not help: it would be asked for forever.
      if (from === before) return 'failed'
      before = from
      const outcome = await this.#range(
        link,
        mirror,
        head,
        from,
        firstWant(end - from, link.connection.narrow),
      )
      if (outcome !== 'done') return outcome
      mirror.wanted.served(log)
      mirror.refusing = null
      link.served()
      from = await mirror.shared.copy.wants(head)
    }
    return 'done'
  }

  async #range(
    link: MirrorLink,
    mirror: SharedMirror,
    head: LogHead,
    from: number,
    first: number,
  ): Promise<Outcome> {
    for (let max: number | null = first; max !== null; max = nextWant(max)) {
      const room = mirror.shared.guard?.room(link.visitor(mirror)).bytes ?? Infinity
      if (room <= 0) return 'full'
      const most = Math.min(max, room)
      const giveUp = new AbortController()
      const { address, paired } = link
      // What is asked for first is reserved already.
      const slot =
        max > first
          ? await this.#long.enter({ bytes: most, address, paired, end: () => giveUp.abort() })
          : null
      slot?.holds(most)
      try {
        const { key, manifest } = head
        const answer = await link.client.want(
          { tag: mirror.tag, key, from, max: most },
          { signal: giveUp.signal, onbytes: (bytes) => slot?.moved(bytes) },
        )
        if (answer === 'late') return 'stalled'
        if (answer === 'broken') return 'false'
        if (answer === 'nothing') {
          if (most < max) return 'full'
          continue
        }
        const { blocks, end } = answer
        if (blocks.length === 0 || end.length !== from + blocks.length) return 'false'
        const range = { key, manifest, from, roots: end.roots, blocks, signature: end.signature }
        const stored = await this.#store(link, mirror, range)
        // What proves itself is not its sender's fault: the room may have changed its mind.
        if (stored === 'refused') return proveRange(range) ? 'failed' : 'false'
        if (stored === 'full') return 'full'
        if (stored === 'stored' && mirror.flow.takes && mirror.shared.scope === 'carry') {
          this.#options.onbrought?.(mirror.shared, range)
        }
        return stored === 'gap' ? 'failed' : 'done'
      } finally {
        slot?.leave()
      }
    }
    return 'failed'
  }

  #store(link: MirrorLink, mirror: SharedMirror, range: LogRange): Promise<Stored> {
    const { copy, guard } = mirror.shared
    return guard ? guard.store(range, link.visitor(mirror)) : copy.store(range)
  }

  /** What is returned gives it back. */
  #reserve(link: MirrorLink, bytes: number): () => void {
    const { paired, address } = link
    const add = (amount: number): void => {
      this.#memory += amount
      link.reserved += amount
      if (!paired) this.#strangers.add(address, amount)
    }
    add(bytes)
    return () => add(-bytes)
  }
}

function endOf({ spans }: LogHead): number {
  return spans.at(-1)?.to ?? 0
}
