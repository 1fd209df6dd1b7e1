import type { Clock, Timer } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import type { LinkKnobs } from './knobs.ts'
import { STATUS } from './hci.ts'

/** A controller as the link sees it. */
export interface LinkHost {
  /** Gives ACL data to the host; false while the host is behind, until `AirLink.hostReady`. */
  deliver(handle: number, start: boolean, data: Buffer): boolean
  /** The controller has room for one more packet of this link. */
  completed(handle: number): void
  /** The link has ended at this side. */
  ended(handle: number, reason: number): void
}

/** One side of a link. */
export interface LinkEnd {
  readonly host: LinkHost
  readonly handle: number
}

/** When the radio is free again: what shares a rate shares one of these. */
export interface AirTime {
  freeAt: number
}

/** What a link needs of the air around it. */
export interface LinkAir {
  readonly clock: Clock
  readonly random: Random
  /** The knobs as they are now. */
  knobs(): LinkKnobs
  /** Whose air time a packet of this direction takes. */
  airTime(lane: AirTime, link: AirTime): AirTime
  /** The link has ended, for whatever reason. */
  over(link: AirLink): void
}

interface Packet {
  readonly start: boolean
  readonly data: Buffer
  /** When the radio is done with it, and when it is across. */
  sent: number
  due: number
}

const MAX_RETRIES = 100

/** ACL packets on their way in one direction. */
class Lane implements AirTime {
  freeAt = 0
  readonly #link: AirLink
  readonly #air: LinkAir
  readonly #from: LinkEnd
  readonly #to: LinkEnd
  /** In the sender's buffers. */
  readonly #waiting: Packet[] = []
  readonly #flying: Packet[] = []
  #timer: Timer | null = null
  /** The far host is behind, so its controller takes nothing from the air. */
  #behind = false

  constructor(link: AirLink, air: LinkAir, from: LinkEnd, to: LinkEnd) {
    this.#link = link
    this.#air = air
    this.#from = from
    this.#to = to
  }

  send(start: boolean, data: Buffer): void {
    const packet = { start, data, sent: Infinity, due: Infinity }
    if (this.#link.flowing) this.#plan(packet)
    this.#waiting.push(packet)
    if (packet.due <= this.#now) this.#pump()
    else this.#arm()
  }

  /** After a pause everything waiting is sent from now on. */
  resume(): void {
    for (const packet of this.#waiting) this.#plan(packet)
    this.#arm()
  }

  hostReady(): void {
    if (!this.#behind) return
    this.#behind = false
    this.#pump()
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#waiting.length = 0
    this.#flying.length = 0
  }

  get #now(): number {
    return this.#air.clock.monotonic()
  }

  get #open(): boolean {
    return this.#link.flowing && !this.#behind
  }

  #plan(packet: Packet): void {
    const { rate, latency, loss, retryMs, lagMs } = this.#air.knobs()
    const radio = this.#air.airTime(this, this.#link)
    let retries = 0
    while (retries < MAX_RETRIES && this.#air.random.float() < loss) retries++
    if (this.#now - radio.freeAt > lagMs) radio.freeAt = this.#now
    radio.freeAt += (1_000 * packet.data.length) / rate
    packet.sent = radio.freeAt + retries * retryMs
    packet.due = Math.max(this.#now, packet.sent) + latency
  }

  #arm(): void {
    const next = Math.min(this.#waiting[0]?.sent ?? Infinity, this.#flying[0]?.due ?? Infinity)
    this.#timer?.cancel()
    this.#timer = null
    if (next === Infinity || !this.#open) return
    this.#timer = this.#air.clock.after(Math.max(0, next - this.#now), () => this.#pump())
  }

  #pump(): void {
    for (let moved = true; moved && this.#open;) {
      moved = false
      if (this.#waiting.length > 0 && this.#waiting[0]!.sent <= this.#now) {
        this.#flying.push(this.#waiting.shift()!)
        this.#from.host.completed(this.#from.handle)
        moved = true
      }
      if (this.#flying.length > 0 && this.#flying[0]!.due <= this.#now) {
        this.#arrive(this.#flying.shift()!)
        moved = true
      }
    }
    this.#arm()
  }

  #arrive({ start, data }: Packet): void {
    if (this.#air.random.float() < this.#air.knobs().drop) return
    if (!this.#to.host.deliver(this.#to.handle, start, data)) this.#behind = true
  }
}

/** A connection between two controllers: ordered and reliable as the radio makes it, and only as fast as the air. */
export class AirLink implements AirTime {
  freeAt = 0
  /** Milliseconds without the other side until a side gives up. */
  supervision: number
  readonly #air: LinkAir
  readonly #ends: readonly [LinkEnd, LinkEnd]
  readonly #lanes: readonly [Lane, Lane]
  #heard = true
  #stalled: Timer | null = null
  #giveUp: Timer | null = null
  #over = false

  constructor(air: LinkAir, central: LinkEnd, peripheral: LinkEnd, supervision: number) {
    this.#air = air
    this.#ends = [central, peripheral]
    this.#lanes = [
      new Lane(this, air, central, peripheral),
      new Lane(this, air, peripheral, central),
    ]
    this.supervision = supervision
  }

  /** Whether packets move now. */
  get flowing(): boolean {
    return !this.#over && this.#heard && this.#stalled === null
  }

  /** dBm at which the two hear each other. */
  get rssi(): number {
    return this.#air.knobs().rssi
  }

  /** Something that both sides learn. */
  tell(say: (host: LinkHost, handle: number) => void): void {
    for (const { host, handle } of this.#ends) say(host, handle)
  }

  send(host: LinkHost, start: boolean, data: Buffer): void {
    if (!this.#over) this.#lanes[this.#side(host)].send(start, data)
  }

  /** The host has caught up: what comes to it may flow again. */
  hostReady(host: LinkHost): void {
    this.#lanes[1 - this.#side(host)]!.hostReady()
  }

  /** In range of each other or not; out of range both give up after the supervision timeout. */
  inRange(heard: boolean): void {
    if (this.#over || heard === this.#heard) return
    this.#heard = heard
    if (!heard) {
      this.#giveUp = this.#air.clock.after(this.supervision, () => this.end(STATUS.timeout))
      return
    }
    this.#giveUp?.cancel()
    this.#giveUp = null
    this.#resume()
  }

  /** Holds all packets for `ms` milliseconds, while the radios still hear each other. */
  stall(ms: number): void {
    this.#stalled?.cancel()
    this.#stalled = this.#air.clock.after(ms, () => {
      this.#stalled = null
      this.#resume()
    })
  }

  /** One side is gone without a word; the other notices after the supervision timeout. */
  vanish(host: LinkHost): void {
    if (this.#over) return
    this.#stop()
    const { host: left, handle } = this.#ends[1 - this.#side(host)]!
    this.#giveUp = this.#air.clock.after(this.supervision, () => left.ended(handle, STATUS.timeout))
  }

  /** A side hangs up; across arrives `reason`. Out of range it is as if it had vanished. */
  hangUp(host: LinkHost, reason: number): void {
    if (this.#over) return
    const { handle } = this.#ends[this.#side(host)]
    if (this.#heard) {
      this.end(reason, host)
    } else {
      this.vanish(host)
    }
    host.ended(handle, STATUS.endedHere)
  }

  /** Ends it with the same reason at both sides, or only at the one across from `except`. */
  end(reason: number, except?: LinkHost): void {
    if (this.#over) return
    this.#stop()
    for (const { host, handle } of this.#ends) if (host !== except) host.ended(handle, reason)
  }

  #resume(): void {
    if (!this.flowing) return
    for (const lane of this.#lanes) lane.resume()
  }

  #stop(): void {
    this.#over = true
    this.#air.over(this)
    for (const lane of this.#lanes) lane.end()
    this.#stalled?.cancel()
    this.#giveUp?.cancel()
  }

  #side(host: LinkHost): 0 | 1 {
    return this.#ends[0].host === host ? 0 : 1
  }
}
