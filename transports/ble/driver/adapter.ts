/** The child's side of it all: does what the parent says, and tells it what happens. */
import type { Clock } from '../../../core/clock.ts'
import { decodePayload } from './advertisement-codec.ts'
import { Air } from './air.ts'
import { Dialler } from './dialler.ts'
import type { Family } from './family.ts'
import type { HciHost } from './hci-host.ts'
import type { HciLink } from './hci-link.ts'
import type { Message } from './ipc-codec.ts'
import type { RadioAbilities } from '../radio.ts'
import { Outbox } from './outbox.ts'
import { Server } from './server.ts'
import { SightingLimit } from './sighting-limit.ts'

/** More waits in the child for no link; the parent stops before. */
const MOST_WAITING = 32 * 1024
const MOST_ATTEMPTS = 32
const ATT_HEAD = 3
const LARGEST_PACKET = 514

export interface AdapterOptions {
  readonly host: HciHost
  readonly family: Family
  readonly clock: Clock
  readonly tell: (message: Message) => void
  /** Whether the parent takes what it is told; else packets are dropped, as by a stack that overflows. */
  readonly keepsUp: () => boolean
  readonly onstuck: () => void
}

export class Adapter {
  readonly #options: AdapterOptions
  readonly #host: HciHost
  readonly #air: Air
  readonly #dialler: Dialler
  readonly #server: Server
  readonly #outbox: Outbox
  readonly #limit = new SightingLimit()
  readonly #attempts = new Map<number, AbortController>()
  readonly #channels = new Map<number, HciLink>()
  readonly #numbers = new Map<HciLink, number>()
  #lastChannel = 0

  constructor(options: AdapterOptions) {
    const { host, family, clock, onstuck } = options
    this.#options = options
    this.#host = host
    this.#air = new Air({ host, clock, mostIncoming: family.accepted })
    this.#dialler = new Dialler({ host, air: this.#air, family, clock, onstuck })
    this.#server = new Server({
      host,
      family,
      clock,
      onready: (link, write) => this.#open(0, link, write),
      onpacket: (link, packet) => this.#arrived(link, packet),
    })
    this.#outbox = new Outbox(host, MOST_WAITING)
    host.on('report', ({ address, addressType, rssi, data }) => {
      const payload = decodePayload(data)
      if (!payload || !options.keepsUp()) return
      if (!this.#limit.take(address, payload, clock.monotonic())) return
      options.tell({ kind: 'sighting', address, addressType, rssi, payload })
    })
    host.on('disconnected', (link) => this.#gone(link))
    host.on('sent', (link, _fragments, bytes) => {
      const channel = this.#numbers.get(link)
      if (channel !== undefined && bytes > 0) options.tell({ kind: 'sent', channel, bytes })
    })
    host.on('mtu', (link) => {
      const channel = this.#numbers.get(link)
      if (channel === undefined) return
      options.tell({ kind: 'mtu', channel, maxPacket: maxPacket(link) })
    })
  }

  /** False when the controller has to be reset first. */
  async begin(address: string): Promise<boolean> {
    if (!(await this.#air.begin(address))) return false
    this.#server.start()
    return true
  }

  get abilities(): RadioAbilities {
    const { dialled, accepted, links } = this.#options.family
    const { bothRoles } = this.#air
    // An adapter that can not is not used.
    return { bothRoles, dialled, accepted, links, rotatesAddress: true }
  }

  handle(message: Message): void {
    switch (message.kind) {
      case 'identify':
        return this.#air.want({ address: message.address, payload: message.payload })
      case 'duty':
        return this.#air.want({ advertise: message.advertise, scan: message.scan })
      case 'connect':
        return void this.#dial(message)
      case 'abandon':
        return this.#attempts.get(message.attempt)?.abort()
      case 'packet':
        return this.#send(message.channel, message.bytes)
      case 'close':
        return this.#close(message.channel)
      default:
        return
    }
  }

  /** Falls silent and ends all links. */
  async close(): Promise<void> {
    for (const attempt of this.#attempts.values()) attempt.abort()
    await this.#air.close()
    for (const link of this.#host.links.values()) this.#host.disconnect(link.handle)
  }

  async #dial(message: Message & { kind: 'connect' }): Promise<void> {
    const { attempt, address, addressType } = message
    const { tell } = this.#options
    if (this.#attempts.size >= MOST_ATTEMPTS) return tell({ kind: 'failed', attempt })
    const controller = new AbortController()
    this.#attempts.set(attempt, controller)
    // What comes before the channel is told of would have nobody to take it.
    const early: Buffer[] = []
    let link: HciLink | undefined
    try {
      const onpacket = (packet: Buffer): void => {
        if (link) this.#arrived(link, packet)
        else if (early.length < 16) early.push(packet)
      }
      const made = await this.#dialler.dial(address, addressType, controller.signal, onpacket)
      link = made.link
      this.#open(attempt, link, made.write)
      for (const packet of early) this.#arrived(link, packet)
    } catch {
      tell({ kind: 'failed', attempt })
    } finally {
      this.#attempts.delete(attempt)
    }
  }

  #open(attempt: number, link: HciLink, write: (packet: Buffer) => void): void {
    const channel = ++this.#lastChannel
    this.#channels.set(channel, link)
    this.#numbers.set(link, channel)
    this.#outbox.open(link, write)
    const { address } = link
    this.#options.tell({ kind: 'opened', attempt, channel, address, maxPacket: maxPacket(link) })
  }

  #arrived(link: HciLink, packet: Buffer): void {
    const channel = this.#numbers.get(link)
    if (channel === undefined || packet.length === 0 || packet.length > LARGEST_PACKET) return
    if (this.#options.keepsUp()) this.#options.tell({ kind: 'packet', channel, bytes: packet })
  }

  #send(channel: number, packet: Buffer): void {
    const link = this.#channels.get(channel)
    // Not to be sent whole: the other end would miss it without a word, so the link ends.
    if (link && !this.#outbox.add(link, packet)) this.#close(channel)
  }

  #close(channel: number): void {
    const link = this.#channels.get(channel)
    if (link) this.#host.disconnect(link.handle)
  }

  #gone(link: HciLink): void {
    const channel = this.#numbers.get(link)
    if (channel === undefined) return
    this.#numbers.delete(link)
    this.#channels.delete(channel)
    this.#options.tell({ kind: 'closed', channel })
  }
}

function maxPacket(link: HciLink): number {
  return link.mtu - ATT_HEAD
}
