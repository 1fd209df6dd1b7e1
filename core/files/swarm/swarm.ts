import { EventEmitter } from 'node:events'
import type { Clock } from '../../clock.ts'
import type { Logger } from '../../logger.ts'
import type { Random } from '../../random.ts'
import type { Held } from '../held.ts'
import { BannedDevices } from './banned-devices.ts'
import type { Want } from './chunk-client.ts'
import { Fetch, PRIORITIES } from './fetch.ts'
import type { FetchOptions } from './fetch.ts'
import type { FetchHost } from './fetch-host.ts'
import { FileLink } from './file-link.ts'
import type { FileLinkHost, FileLinkOptions } from './file-link.ts'
import { candidates, chosen } from './interests.ts'
import type { Refused } from './messages.ts'
import type { Interest } from './remote-items.ts'
import { hasStalled } from './stall.ts'

/** Bytes of answers that are being received or stored, over all sources. */
const MAX_MEMORY = 24 * 1024 * 1024
/** Bytes that wait for the disk: with more, nothing is asked until it has caught up. */
const MAX_STORING = 4 * 1024 * 1024

/** What will be here within so many ms gives way to nothing. */
const SOON = 500

export interface SwarmOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** What this device holds of a root (hex) and gives to members of the room; null for nothing. */
  readonly held: (roomId: string, root: string) => Held | null
}

export interface SwarmEvents {
  /** Who has something of a root (hex) changed. */
  sources: [root: string]
}

/** Gives items to members of their rooms, and gets them from all members that have some of them. */
export class Swarm extends EventEmitter<SwarmEvents> {
  readonly #options: SwarmOptions
  readonly #links = new Set<FileLink<Fetch>>()
  readonly #fetches = new Map<string, Fetch>()
  readonly #watched = new Map<string, readonly string[]>()
  readonly #banned: BannedDevices
  readonly #host: FileLinkHost<Fetch> & FetchHost
  #memory = 0
  #storing = 0
  #ordered: readonly Fetch[] | null = null
  #filling = false
  #closed = false

  constructor(options: SwarmOptions) {
    super()
    this.#options = options
    this.#banned = new BannedDevices(options.clock)
    this.#host = this.#makeHost()
  }

  /** Begins the exchange in a session, in the tick in which its connection was opened. It ends with the connection. */
  link(options: FileLinkOptions): FileLink<Fetch> {
    const link = new FileLink<Fetch>(options, this.#host)
    this.#links.add(link)
    return link
  }

  /**
   * Gets what is missing of an item; one fetch for each root: what was waited for in the one of before comes first in
   * this one too. It ends by itself once all is here.
   */
  fetch(held: Held, options: FetchOptions): Fetch {
    const root = held.descriptor.root.toString('hex')
    const before = this.#fetches.get(root)
    before?.stop()
    const fetch = new Fetch(held, options, this.#host)
    this.#fetches.set(root, fetch)
    if (before?.focused) fetch.focus(before.focused.from, before.focused.to)
    this.#ordered = null
    this.#follow()
    return fetch
  }

  /** Asks the members of a room in reach what they have of these roots (hex); instead of those of before. */
  watch(roomId: string, roots: readonly string[]): void {
    if (roots.length > 0) this.#watched.set(roomId, [...roots])
    else this.#watched.delete(roomId)
    this.#follow()
  }

  /** Devices in reach that have some of it, as far as they were asked, over transports that are allowed. */
  sources(root: string, allows: (transport: string) => boolean = () => true): number {
    const devices = new Set<string>()
    for (const link of this.#links) {
      if (allows(link.transport) && link.offers(root)) devices.add(link.device!)
    }
    return devices.size
  }

  /** An item began or ceased to be held here: who asked about it is told. */
  changed(root: string): void {
    for (const link of this.#links) link.renew(root)
  }

  /** Ends all fetches; sessions end with their connections. */
  close(): void {
    this.#closed = true
    for (const fetch of this.#fetches.values()) fetch.stop()
    this.#watched.clear()
  }

  #makeHost(): FileLinkHost<Fetch> & FetchHost {
    const { clock, random, logger, held } = this.#options
    return {
      clock,
      random,
      logger,
      held,
      banned: (device) => this.#banned.has(device),
      interests: (link, turn) => this.#interests(link, turn),
      onremote: (link, root) => this.#onremote(link, root),
      onbytes: (link, { taker }, bytes) => {
        taker.onbytes(bytes)
        this.#fill(link)
      },
      onwhole: (link, { taker, assembly }) => void taker.onwhole(link, assembly),
      onrefused: (link, want, reason) => this.#onrefused(link, want, reason),
      ontick: (link) => this.#ontick(link),
      onclose: (link) => this.#onclose(link),
      links: () => this.#links,
      fill: () => this.#fillSoon(),
      reorder: () => {
        this.#ordered = null
        this.#follow()
        this.#fillSoon()
      },
      distrust: (link) => this.#distrust(link),
      storing: (bytes) => (this.#storing += bytes),
      stored: (bytes) => {
        this.#storing -= bytes
        this.#memory -= bytes
      },
      free: (bytes) => (this.#memory -= bytes),
      stopped: (fetch) => this.#onstopped(fetch),
    }
  }

  #onstopped(fetch: Fetch): void {
    if (this.#fetches.get(fetch.root) === fetch) this.#fetches.delete(fetch.root)
    this.#ordered = null
    this.#follow()
    this.#fillSoon()
  }

  #follow(): void {
    for (const link of this.#links) link.follow()
  }

  /** What a peer is to be asked about. */
  #interests(link: FileLink<Fetch>, turn: boolean): Map<string, Interest> {
    const tags = new Map<string, Buffer>()
    for (const { roomId, tag } of link.rooms()) tags.set(roomId, tag)
    const peer = {
      item: (root: string) => link.item(root),
      rested: (root: string) => link.rested(root),
      turn,
    }
    const meant = [...this.#fetches.values()].filter((fetch) => fetch.isFor(link))
    const fetched = meant.map((fetch) => ({
      root: fetch.root,
      count: fetch.count,
      rank: rank(fetch),
      rooms: fetch.rooms,
    }))
    const out = new Map<string, Interest>()
    for (const { root, room, chunks } of chosen(candidates(tags, fetched, this.#watched), peer)) {
      out.set(root, { tag: tags.get(room)!, root: Buffer.from(root, 'hex'), chunks })
    }
    return out
  }

  /** Fetches by priority, then by age. */
  #order(): readonly Fetch[] {
    this.#ordered ??= [...this.#fetches.values()].toSorted((a, b) => rank(a) - rank(b))
    return this.#ordered
  }

  #onremote(link: FileLink<Fetch>, root: string): void {
    this.emit('sources', root)
    const fetch = this.#fetches.get(root)
    if (!fetch) return
    if (!link.offers(root))
      this.#return(
        link,
        link.client.cancel(({ taker }) => taker === fetch),
      )
    this.#followChunks(link, root)
    fetch.onremote()
    this.#fillSoon()
  }

  /** It has some chunks of what is fetched: which, is asked while there is room for that. */
  #followChunks(link: FileLink<Fetch>, root: string): void {
    const item = link.item(root)
    if (item?.kind === 'some' && item.chunks === null) link.follow()
  }

  #onrefused(link: FileLink<Fetch>, { taker, assembly }: Want<Fetch>, reason: Refused): void {
    taker.onrefused(link, assembly, reason)
    this.#followChunks(link, taker.root)
    this.#fillSoon()
  }

  /** A source that owes us bytes and is silent: others that have them are asked. */
  #ontick(link: FileLink<Fetch>): void {
    const { client } = link
    if (hasStalled(client.silence, client.pace)) {
      link.stalled()
      this.#return(
        link,
        client.cancel(({ taker, assembly }) => taker.elsewhere(assembly.key, link)),
      )
    }
    this.#fillSoon()
  }

  #distrust(link: FileLink<Fetch>): void {
    this.#options.logger.warn('file-wrong-bytes', { transport: link.transport })
    link.distrust()
    if (link.device !== null) this.#banned.add(link.device)
    this.#return(
      link,
      link.client.cancel(() => true),
    )
    this.#fillSoon()
  }

  #onclose(link: FileLink<Fetch>): void {
    this.#links.delete(link)
    this.#return(link, link.client.close())
    for (const fetch of this.#fetches.values()) fetch.onremote()
    for (const root of link.roots()) this.emit('sources', root)
    this.#fillSoon()
  }

  #return(link: FileLink<Fetch>, wants: readonly Want<Fetch>[]): void {
    for (const { taker, assembly } of wants) taker.onreturned(link, assembly)
  }

  /** What a source was asked for gives way to what is more urgent, unless it is as good as here. */
  #preempt(link: FileLink<Fetch>): void {
    const { wants } = link.client
    const least = Math.max(...wants.map(({ taker }) => rank(taker)))
    const more = this.#order().find(
      (fetch) => (rank(fetch) < least || fetch.focused !== null) && fetch.waitsFor(link),
    )
    if (!more || wants.length === 0) return
    const soon = link.takes(wants[0]!.assembly.missing) < SOON
    const late = link.client.cancel((want) => {
      if (want === wants[0] && soon) return false
      if (want.taker === more) return more.focused !== null && !more.isUrgent(want.assembly.key)
      return rank(want.taker) > rank(more)
    })
    this.#return(link, late)
  }

  #fillSoon(): void {
    if (this.#filling || this.#closed) return
    this.#filling = true
    queueMicrotask(() => {
      this.#filling = false
      // Whoever has least to do is asked first, while memory lasts.
      const links = [...this.#links].toSorted((a, b) => a.client.load - b.client.load)
      for (const link of links) {
        this.#preempt(link)
        this.#fill(link)
      }
    })
  }

  #fill(link: FileLink<Fetch>): void {
    if (this.#closed || !link.client.hungry) return
    for (const fetch of this.#order()) {
      while (link.client.hungry && this.#roomFor(link)) {
        const assembly = fetch.next(link)
        if (!assembly) break
        this.#memory += assembly.length
        const { tag, root } = link.item(fetch.root)!
        link.client.ask(fetch, assembly, { tag, root })
      }
      if (!link.client.hungry) return
    }
  }

  /** Slow sources that hold all memory must not keep a fast one idle. */
  #roomFor({ client }: FileLink<Fetch>): boolean {
    if (this.#storing > MAX_STORING) return false
    return this.#memory < (client.load < 0.5 ? 2 * MAX_MEMORY : MAX_MEMORY)
  }
}

function rank(fetch: Fetch): number {
  return PRIORITIES.indexOf(fetch.priority)
}
