import type { Clock, Timer } from '../../clock.ts'
import { errorCode } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { LogHead, LogRange } from '../copy.ts'
import type { Carrying } from '../exchange/carrying.ts'
import { MAX_HEADS } from '../exchange/messages.ts'
import type { ParcelsMessage } from '../exchange/messages.ts'
import type { MirrorLink } from '../exchange/mirror-link.ts'
import type { SharedCopy } from '../exchange/shared-copy.ts'
import { mirrorId } from '../mirror-keys.ts'
import { Acquaintances } from './acquaintances.ts'
import type { Lot } from './lots.ts'
import { byTurn, handOver } from './spray.ts'
import type { SprayLimits } from './spray.ts'

/** How often it is looked who is near and what is new. */
const LOOK = 2_000
/** How long rooms in common are waited for: members are no strangers. */
const SETTLED = 3_000

/** A room of this device, or what it carries of one. */
export interface SpraySource {
  readonly shared: SharedCopy
  readonly lots: readonly Lot[]
  /** How many strangers are named the room's regulars from here. */
  readonly regulars: number
  /** True for who has the room by another way. */
  knows(link: MirrorLink): boolean
  /** Copies were handed over: that is written down. */
  changed(): void
}

export interface SprayerOptions {
  readonly links: () => Iterable<MirrorLink>
  /** All there is to spray; looks first what is new. */
  readonly sources: (now: number) => Iterable<SpraySource>
  /** Bytes that this device would carry for others. */
  readonly free: () => number
  readonly brought: (shared: SharedCopy, range: LogRange) => void
  readonly take: (link: MirrorLink, parcels: ParcelsMessage) => void
  readonly limits: SprayLimits
  readonly clock: Clock
  readonly logger: Logger
}

interface Offer {
  readonly source: SpraySource
  readonly lots: readonly { readonly lot: Lot; readonly copies: number }[]
  handed: boolean
}

/** A meeting with a stranger. */
interface Meeting {
  readonly since: number
  /** Bytes that were offered. */
  given: number
  /** By the carriers' key and log (hex): what is offered now. */
  readonly offers: Map<string, Offer>
  /** Lots, up to where each was offered. */
  readonly told: Map<Lot, number>
  /** Rooms (hex keys) of which it was named a regular. */
  readonly named: Set<string>
}

/** Has strangers carry what is new in this device's rooms, and what it carries itself, to others. */
export class Sprayer implements Carrying {
  readonly #options: SprayerOptions
  readonly #acquaintances = new Acquaintances()
  readonly #meetings = new Map<MirrorLink, Meeting>()
  #timer: Timer | null = null
  #looking = false
  #lookedAt: number
  #closed = false

  constructor(options: SprayerOptions) {
    this.#options = options
    this.#lookedAt = options.clock.monotonic()
    this.#plan()
  }

  get free(): number {
    return this.#options.free()
  }

  onmet(): void {}

  onparcels(link: MirrorLink, parcels: ParcelsMessage): void {
    this.#options.take(link, parcels)
  }

  onbrought(shared: SharedCopy, range: LogRange): void {
    this.#options.brought(shared, range)
  }

  handsOver(link: MirrorLink, key: Buffer, log: Buffer): boolean {
    const offer = this.#meetings.get(link)?.offers.get(nameOf(key, log.toString('hex')))
    if (!offer) return false
    if (offer.handed) return true
    // Of what was offered to several at once, who comes first gets it.
    const left = offer.lots.every(({ lot, copies }) => copies === 0 || lot.copies > copies)
    if (!left) return false
    for (const each of offer.lots) each.lot.copies -= each.copies
    offer.handed = true
    offer.source.changed()
    return true
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#meetings.clear()
  }

  #plan(): void {
    if (this.#closed) return
    this.#timer = this.#options.clock.after(LOOK, () => {
      void this.#look().finally(() => this.#plan())
    })
  }

  async #look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      const { clock, links, sources } = this.#options
      const now = clock.now()
      const [before, at] = [this.#lookedAt, clock.monotonic()]
      this.#lookedAt = at
      const here = new Set(links())
      for (const link of this.#meetings.keys()) if (!here.has(link)) this.#meetings.delete(link)
      const found = [...sources(now)]
      for (const link of here) {
        if (link.carries <= 0 || link.closed) continue
        this.#acquaintances.met(link.connection.remoteKey.toString('hex'), at - before, now)
        const meeting = this.#meetings.get(link) ?? this.#meet(link, at)
        if (at - meeting.since < SETTLED) continue
        for (const source of found) await this.#offer(link, meeting, source, now)
      }
    } catch (error) {
      this.#options.logger.warn('spray', { code: errorCode(error) })
    } finally {
      this.#looking = false
    }
  }

  #meet(link: MirrorLink, since: number): Meeting {
    const meeting: Meeting = {
      since,
      given: 0,
      offers: new Map(),
      told: new Map(),
      named: new Set(),
    }
    this.#meetings.set(link, meeting)
    return meeting
  }

  async #offer(
    link: MirrorLink,
    meeting: Meeting,
    source: SpraySource,
    now: number,
  ): Promise<void> {
    const { key, copy } = source.shared
    if (source.knows(link) || this.#wants(link, key)) return
    const room = key.toString('hex')
    const best = this.#acquaintances.best(source.regulars)
    const regular =
      best.has(link.connection.remoteKey.toString('hex')) ||
      link.theirs(mirrorId(key)) === 'regular'
    const chosen = this.#choose(link, meeting, source, regular, now)
    const news = regular && !meeting.named.has(room)
    if (chosen.size === 0 && !news) return
    const heads = new Map<string, LogHead>()
    for (const head of await copy.heads()) heads.set(head.key.toString('hex'), head)
    if (link.closed) return
    const logs: ParcelsMessage['logs'] = []
    let until = now + this.#options.limits.life
    for (const [log, lots] of chosen) {
      const head = heads.get(log)
      if (!head || logs.length >= MAX_HEADS) continue
      const spans = joined(lots.map(({ lot }) => lot))
      const bytes = lots.reduce((sum, { lot }) => sum + lot.bytes, 0)
      const { copies } = lots[0]!
      logs.push({ key: head.key, manifest: head.manifest, spans, copies, bytes })
      for (const { lot } of lots) {
        meeting.told.set(lot, lot.to)
        until = Math.min(until, lot.until)
      }
      meeting.given += bytes
      meeting.offers.set(nameOf(key, log), { source, lots, handed: false })
    }
    if (regular) meeting.named.add(room)
    if (logs.length > 0 || news) link.offer({ key, logs, until, regular: regular ? 1 : 0 })
  }

  /** Of each log, lots of which as many copies go; the newest first, as far as the meeting carries. */
  #choose(
    link: MirrorLink,
    meeting: Meeting,
    { lots }: SpraySource,
    regular: boolean,
    now: number,
  ): Map<string, { lot: Lot; copies: number }[]> {
    const chosen = new Map<string, { lot: Lot; copies: number }[]>()
    let left = Math.min(link.carries, this.#options.limits.meeting) - meeting.given
    for (const lot of lots.toSorted(byTurn)) {
      if (meeting.told.get(lot) === lot.to || lot.bytes > left) continue
      const copies = handOver(lot, { wants: regular, carries: left }, now)
      const others = chosen.get(lot.log) ?? []
      if (copies === null || others.some((other) => other.copies !== copies)) continue
      chosen.set(lot.log, [...others, { lot, copies }])
      left -= lot.bytes
    }
    return chosen
  }

  /** It is given what is here anyway, as far as this device carries it. */
  #wants(link: MirrorLink, key: Buffer): boolean {
    const theirs = link.theirs(mirrorId(key))
    return theirs === 'room' || theirs === 'held'
  }
}

function nameOf(key: Buffer, log: string): string {
  return `${key.toString('hex')}/${log}`
}

/** Spans that rise and do not touch. */
function joined(lots: readonly Lot[]): { from: number; to: number }[] {
  const spans: { from: number; to: number }[] = []
  for (const { from, to } of lots.toSorted((x, y) => x.from - y.from)) {
    const last = spans.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else spans.push({ from, to })
  }
  return spans
}
