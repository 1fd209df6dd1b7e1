import { EventEmitter } from 'node:events'
import type { Clock, Timer } from '../../clock.ts'
import { errorCode } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { Random } from '../../random.ts'
import type { Copy } from '../copy.ts'
import { AddressCounts } from './address-counts.ts'
import type { Carrying } from './carrying.ts'
import { Fetcher } from './fetcher.ts'
import type { LinkHost } from './link-host.ts'
import { CopyVersions } from './log-versions.ts'
import { MAX_KEYS } from './messages.ts'
import { MirrorLink } from './mirror-link.ts'
import type { MirrorLinkOptions } from './mirror-link.ts'
import { ReadSlots } from './read-slots.ts'
import type { Keeper, NodeOffer, SharedCopy } from './shared-copy.ts'
import type { SharedMirror } from './shared-mirror.ts'

/** How long news of what is here is gathered, and how often it is told at most: a busy room says much. */
const GATHER = 20
const AGAIN = 100

export interface MirrorExchangeOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** All copies of this device, each under each of its keys; call `changed` when they come or go. */
  readonly copies: () => Iterable<SharedCopy>
  /** How this device offers space; null while it does not. */
  readonly node: () => NodeOffer | null
  /** Who takes deposits in; null while nobody does. */
  readonly keeper: () => Keeper | null
  /** How this device carries for strangers. */
  readonly carrying?: () => Carrying | null
}

export interface MirrorExchangeEvents {
  /** A node at the other end is known, or says something else of itself. */
  node: [link: MirrorLink]
  /** Both ends have a mirror (hex id). */
  matched: [link: MirrorLink, id: string]
  /** The holder at the other end said what it has of these logs (hex) of a mirror. */
  stored: [link: MirrorLink, id: string, logs: readonly string[]]
  /** A node said what becomes of a deposit: `link.kept(id)`. */
  kept: [link: MirrorLink, id: string]
  /** A link came or went, or anything of the above. */
  change: []
}

interface Known {
  readonly number: number
  readonly shared: SharedCopy
}

interface Watched {
  links: number
  readonly end: () => void
}

/** Exchanges mirrors with all that are met: gives and takes ciphertext, and needs no room's keys for it. */
export class MirrorExchange extends EventEmitter<MirrorExchangeEvents> {
  readonly #options: MirrorExchangeOptions
  readonly #links = new Set<MirrorLink>()
  readonly #fetcher: Fetcher
  readonly #host: LinkHost
  /** By key (hex), numbered in the order in which they came. */
  #known = new Map<string, Known>()
  #last = 0
  /** Copies that are shared over some link. */
  readonly #watched = new Map<Copy, Watched>()
  /** When each was told of last. */
  readonly #toldAt = new Map<Copy, number>()
  readonly #dirty = new Set<Copy>()
  #timer: Timer | null = null
  #renewing: Timer | null = null
  #changing = false
  #closed = false

  constructor(options: MirrorExchangeOptions) {
    super()
    this.setMaxListeners(0)
    this.#options = options
    this.#fetcher = new Fetcher({
      ...options,
      links: () => this.#links,
      onbrought: (shared, range) => options.carrying?.()?.onbrought(shared, range),
    })
    this.#host = this.#makeHost()
    this.#number()
  }

  /** Begins the exchange in a session, in the tick in which its connection was opened. It ends with the connection. */
  link(options: MirrorLinkOptions): MirrorLink {
    const link = new MirrorLink(options, this.#host)
    this.#links.add(link)
    this.#change()
    return link
  }

  /** All links. */
  links(): Iterable<MirrorLink> {
    return this.#links
  }

  /** Copies or keys came or went, or what this device offers changed: all links are told. */
  changed(): void {
    if (this.#closed) return
    this.#number()
    // Many deposits may come one after another.
    this.#renewing ??= this.#options.clock.after(GATHER, () => {
      this.#renewing = null
      for (const link of this.#links) link.renew()
      this.#fetcher.wake()
    })
  }

  /** Something of a copy changed that it does not tell itself: links are told soon. */
  touch(copy: Copy): void {
    if (this.#watched.has(copy)) this.#oncopy(copy)
  }

  /** Ends all that is under way; sessions end with their connections. */
  close(): void {
    this.#closed = true
    this.#fetcher.close()
    this.#host.slots.close()
    this.#timer?.cancel()
    this.#renewing?.cancel()
    for (const { end } of this.#watched.values()) end()
    this.#watched.clear()
  }

  #number(): void {
    const known = new Map<string, Known>()
    for (const shared of this.#options.copies()) {
      if (known.size >= MAX_KEYS) break
      const name = shared.key.toString('hex')
      // Who is a member of a room needs no mirror of it.
      if (known.has(name)) continue
      const before = this.#known.get(name)
      known.set(name, { number: before?.number ?? ++this.#last, shared })
    }
    this.#known = known
  }

  #makeHost(): LinkHost {
    const { clock, random, logger, node, keeper, carrying } = this.#options
    return {
      clock,
      random,
      logger,
      node,
      keeper,
      slots: new ReadSlots(clock),
      versions: new CopyVersions(),
      remembered: new AddressCounts(),
      keysAfter: (number) => ({
        keys: [...this.#known.values()]
          .filter((known) => known.number > number)
          .map(({ shared }) => shared),
        last: this.#last,
      }),
      shared: (key) => this.#known.get(key.toString('hex'))?.shared ?? null,
      carries: () => carrying?.()?.free ?? 0,
      fetch: () => this.#fetcher.wake(),
      handsOver: (link, { shared }, log) => carrying?.()?.handsOver(link, shared.key, log) ?? false,
      guarded: (run) => this.#guarded(run),
      onnode: (link) => {
        this.emit('node', link)
        this.#change()
      },
      onmatched: (link, mirror) => this.#onmatched(link, mirror),
      onmet: (link, mirror) => carrying?.()?.onmet(link, mirror.shared),
      onend: (_link, mirror) => this.#unwatch(mirror.shared.copy),
      onstored: (link, mirror, logs) => {
        this.emit('stored', link, mirror.id, logs)
        this.#change()
      },
      onkept: (link, mirror) => {
        this.emit('kept', link, mirror.id)
        this.#change()
      },
      onparcels: (link, parcels) => carrying?.()?.onparcels(link, parcels),
      onclose: (link) => {
        this.#links.delete(link)
        this.#fetcher.wake()
        this.#change()
      },
    }
  }

  async #guarded(run: () => void | Promise<void>): Promise<void> {
    try {
      await run()
    } catch (error) {
      this.#options.logger.warn('mirror-exchange', { code: errorCode(error) })
    }
  }

  #onmatched(link: MirrorLink, mirror: SharedMirror): void {
    const { copy } = mirror.shared
    const watched = this.#watched.get(copy)
    if (watched) watched.links++
    else this.#watched.set(copy, { links: 1, end: copy.watch(() => this.#oncopy(copy)) })
    this.emit('matched', link, mirror.id)
    this.#change()
  }

  #unwatch(copy: Copy): void {
    const watched = this.#watched.get(copy)
    if (!watched || --watched.links > 0) return
    watched.end()
    this.#watched.delete(copy)
    this.#toldAt.delete(copy)
    this.#dirty.delete(copy)
  }

  /** Something of a copy changed: it is told soon, and not too often. */
  #oncopy(copy: Copy): void {
    if (this.#closed) return
    this.#dirty.add(copy)
    this.#timer ??= this.#options.clock.after(GATHER, () => this.#flush())
  }

  #flush(): void {
    this.#timer = null
    const now = this.#options.clock.monotonic()
    for (const copy of this.#dirty) {
      if (now - (this.#toldAt.get(copy) ?? -Infinity) < AGAIN) continue
      this.#dirty.delete(copy)
      this.#toldAt.set(copy, now)
      for (const link of this.#links) link.changed(copy)
    }
    if (this.#dirty.size > 0) {
      this.#timer = this.#options.clock.after(GATHER, () => this.#flush())
    }
  }

  #change(): void {
    if (this.#changing || this.#closed) return
    this.#changing = true
    queueMicrotask(() => {
      this.#changing = false
      if (!this.#closed) this.emit('change')
    })
  }
}
