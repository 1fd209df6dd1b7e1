/** Announces this instance by mDNS and beacon at once, and hears the others. */
import type { Clock, Timer } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { decodeBeacon, encodeBeacon } from './beacon-codec.ts'
import { SEEK_FOR, nextBeacon } from './beacon-schedule.ts'
import { BeaconSockets } from './beacon-sockets.ts'
import { isPlausible } from './discovery-table.ts'
import type { DiscoveryTable } from './discovery-table.ts'
import type { InstanceId } from '../preface/instance-identity.ts'
import { formatHostPort } from './lan-address.ts'
import { MdnsSockets } from './mdns-sockets.ts'
import type { Nic } from './nics.ts'
import { ReplyLimiter } from './reply-limiter.ts'

/** Send errors after which fresh sockets may work. */
const CURABLE = new Set(['ENETUNREACH', 'EADDRNOTAVAIL', 'ENODEV', 'ENXIO', 'EBADF', 'ENETDOWN'])
/** `seek()` asks around no more often than this. */
const SEEK_GAP_MS = 1_000

export interface DiscoveryOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly loopback: boolean
  /** UDP ports; undefined where that way is switched off. */
  readonly beaconPort: number | undefined
  readonly mdnsPort: number | undefined
  readonly table: DiscoveryTable
  /** `port` is 0 while nothing can be accepted: then nothing is announced. */
  readonly self: () => {
    readonly id: InstanceId
    readonly port: number
    readonly generation: number
  }
  /** The table changed. */
  readonly onchange: () => void
  /** Sending failed in a way that fresh sockets may cure. */
  readonly ondoubt: () => void
}

export class Discovery {
  readonly #options: DiscoveryOptions
  readonly #replies: ReplyLimiter
  readonly #closing = new Set<Promise<void>>()
  #mdns: MdnsSockets | undefined
  #beacon: BeaconSockets | undefined
  #timer: Timer | undefined
  #burstAt = -Infinity
  #seekUntil = -Infinity
  #askedAt = -Infinity

  constructor(options: DiscoveryOptions) {
    this.#options = options
    this.#replies = new ReplyLimiter(options.clock)
  }

  /** Opens sockets on these interfaces, in place of any earlier ones. */
  open(nics: readonly Nic[]): void {
    this.#shut(false)
    const { beaconPort, mdnsPort } = this.#options
    if (beaconPort !== undefined) this.#beacon = this.#openBeacon(nics, beaconPort)
    if (mdnsPort !== undefined) this.#mdns = this.#openMdns(nics, mdnsPort)
    this.burst()
  }

  #openBeacon(nics: readonly Nic[], port: number): BeaconSockets {
    return new BeaconSockets({
      nics,
      port,
      hello: () => this.#packet({ request: true }),
      ondatagram: (data, host, reply) => this.#onbeacon(data, host, reply),
      ontrouble: (error) => this.#trouble(error),
    })
  }

  #openMdns(nics: readonly Nic[], port: number): MdnsSockets {
    const { clock, logger, self } = this.#options
    return new MdnsSockets({
      clock,
      logger,
      nics,
      port,
      self,
      ontrouble: (error) => this.#trouble(error),
      onsighting: ({ id, port: theirs, goodbye }, host) =>
        goodbye ? this.#left(id, host) : this.#heard(id, theirs, host),
    })
  }

  /** Announces several times in a row. */
  burst(): void {
    this.#burstAt = this.#options.clock.monotonic()
    this.#schedule()
  }

  /** Asks who is there, and goes on to do so every second for ten minutes. */
  seek(): void {
    const now = this.#options.clock.monotonic()
    this.#seekUntil = now + SEEK_FOR
    if (now - this.#askedAt < SEEK_GAP_MS) return
    this.#askedAt = now
    this.#mdns?.ask()
    this.#announce(true)
    this.#schedule()
  }

  /** Says goodbye; resolves once every socket is closed. */
  async close(): Promise<void> {
    this.#timer?.cancel()
    if (this.#options.self().port !== 0) await this.#beacon?.send(this.#packet({ goodbye: true }))
    this.#shut(this.#options.self().port !== 0)
    await Promise.all(this.#closing)
  }

  #shut(goodbye: boolean): void {
    for (const closed of [this.#beacon?.close(), this.#mdns?.close(goodbye)]) {
      if (!closed) continue
      this.#closing.add(closed)
      void closed.finally(() => this.#closing.delete(closed))
    }
    this.#beacon = undefined
    this.#mdns = undefined
  }

  #schedule(): void {
    const { clock } = this.#options
    this.#timer?.cancel()
    const facts = { now: clock.monotonic(), burstAt: this.#burstAt, seekUntil: this.#seekUntil }
    const { wait, request } = nextBeacon(facts)
    this.#timer = clock.after(wait, () => {
      this.#announce(request)
      this.#schedule()
    })
  }

  #announce(request: boolean): void {
    if (this.#options.self().port !== 0) void this.#beacon?.send(this.#packet({ request }))
  }

  #packet(flags: { request?: boolean; goodbye?: boolean }): Buffer {
    const { id, port, generation } = this.#options.self()
    return encodeBeacon({ id, port, generation, request: false, goodbye: false, ...flags })
  }

  #onbeacon(data: Buffer, host: string, reply: (data: Buffer) => void): void {
    const beacon = decodeBeacon(data)
    if (!beacon) return
    const { id, port, generation } = beacon
    if (beacon.goodbye) return this.#left(id, host)
    if (!this.#heard(id, port, host, generation)) return
    if (!beacon.request || this.#options.self().port === 0 || !this.#replies.allow(host)) return
    reply(this.#packet({}))
  }

  #heard(id: InstanceId, port: number, host: string, generation?: number): boolean {
    const { table, clock, loopback, self, onchange } = this.#options
    const address = formatHostPort(host, port)
    const sighting = { id, address, host, ...(generation !== undefined && { generation }) }
    if (!isPlausible(sighting, self().id, loopback)) return false
    if (table.heard(sighting, clock.monotonic())) onchange()
    return true
  }

  #left(id: InstanceId, host: string): void {
    if (id !== this.#options.self().id) this.#options.table.left(id, host)
  }

  #trouble(error: Error): void {
    const cause = (error.cause ?? error) as NodeJS.ErrnoException
    this.#options.logger.debug('lan.send', { code: cause.code })
    if (CURABLE.has(cause.code ?? '')) this.#options.ondoubt()
  }
}
