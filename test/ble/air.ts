import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import { AirLink } from './air-link.ts'
import type { AirTime, LinkEnd } from './air-link.ts'
import { Controller } from './controller.ts'
import type { ControllerAir } from './controller.ts'
import type { HostPort } from './host-wire.ts'
import { IDEAL_LINK, USUAL_ADAPTER } from './knobs.ts'
import type { AdapterKnobs, LinkKnobs } from './knobs.ts'

export interface AirOptions {
  readonly clock: Clock
  readonly random: Random
  /** For every two that are not told otherwise. */
  readonly link?: Partial<LinkKnobs>
  readonly adapter?: Partial<AdapterKnobs>
}

/** What went through the air so far. */
export interface AirCounts {
  /** Links ever made. */
  links: number
  packets: number
  bytes: number
  overflows: number
  sightings: number
}

interface Plugged {
  readonly server: Server
  readonly clients: Set<Socket>
}

/** Adapters that hear each other: controllers, each with its host behind a unix socket or in this process. */
export class Air implements ControllerAir {
  readonly clock: Clock
  readonly random: Random
  readonly counts: AirCounts = { links: 0, packets: 0, bytes: 0, overflows: 0, sightings: 0 }
  readonly controllers = new Set<Controller>()
  readonly #links = new Map<AirLink, readonly [string, string]>()
  readonly #airTime: AirTime = { freeAt: 0 }
  readonly #silent = new Set<string>()
  readonly #pairs = new Map<string, Partial<LinkKnobs>>()
  readonly #adapters = new Map<string, Partial<AdapterKnobs>>()
  readonly #addresses = new Map<string, Buffer>()
  readonly #sockets = new Map<string, Plugged>()
  #link: LinkKnobs
  #adapter: AdapterKnobs
  #unnamed = 0

  constructor({ clock, random, link, adapter }: AirOptions) {
    this.clock = clock
    this.random = random
    this.#link = { ...IDEAL_LINK, ...link }
    this.#adapter = { ...USUAL_ADAPTER, ...adapter }
  }

  /**
   * Plugs in an adapter: who connects to the socket is its host. With a name each client has the same adapter, one
   * after the other; without one each has an adapter of its own.
   */
  async listen(path: string, name?: string): Promise<void> {
    rmSync(path, { force: true })
    const clients = new Set<Socket>()
    const server = createServer((socket) => {
      clients.add(socket)
      socket.on('close', () => clients.delete(socket))
      this.#serve(socket, name ?? `adapter${++this.#unnamed}`)
    })
    this.#sockets.set(path, { server, clients })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
  }

  /** Pulls an adapter out: its socket is gone, and so is its file. */
  async unplug(path: string): Promise<void> {
    const plugged = this.#sockets.get(path)
    if (plugged === undefined) return
    this.#sockets.delete(path)
    const closed = new Promise<void>((resolve) => void plugged.server.close(() => resolve()))
    for (const client of plugged.clients) client.destroy()
    await closed
  }

  /** Unplugs all. */
  async close(): Promise<void> {
    await Promise.all([...this.#sockets.keys()].map((path) => this.unplug(path)))
    for (const controller of this.controllers) this.detach(controller)
  }

  /** A controller whose host is in this process. */
  attach(name: string, port: HostPort): Controller {
    const controller = new Controller(this, name, this.#publicAddress(name), port)
    this.controllers.add(controller)
    return controller
  }

  detach(controller: Controller): void {
    this.controllers.delete(controller)
    controller.close()
  }

  /** Changes what the air is like, between two adapters or for all that are not told otherwise. */
  shape(change: Partial<LinkKnobs>, a?: string, b?: string): void {
    if (a === undefined || b === undefined) {
      this.#link = { ...this.#link, ...change }
    } else {
      this.#pairs.set(pair(a, b), { ...this.#pairs.get(pair(a, b)), ...change })
    }
  }

  /** Changes what one adapter is like, or all that are not told otherwise. Hosts ask for sizes only when they start. */
  equip(change: Partial<AdapterKnobs>, name?: string): void {
    if (name === undefined) this.#adapter = { ...this.#adapter, ...change }
    else this.#adapters.set(name, { ...this.#adapters.get(name), ...change })
  }

  /** Whether two hear each other. */
  reach(a: string, b: string, heard: boolean): void {
    if (heard) this.#silent.delete(pair(a, b))
    else this.#silent.add(pair(a, b))
    for (const [link, names] of this.#links) {
      if (pair(...names) === pair(a, b)) link.inRange(heard)
    }
  }

  /** Holds the packets of all links, or of those between two, while the radios still hear each other. */
  stall(ms: number, a?: string, b?: string): void {
    for (const [link, names] of this.#links) {
      if (a === undefined || b === undefined || pair(...names) === pair(a, b)) link.stall(ms)
    }
  }

  /** Switches an adapter off or on. */
  power(name: string, on: boolean): void {
    for (const controller of this.controllers) if (controller.name === name) controller.setPower(on)
  }

  adapter(name: string): AdapterKnobs {
    return { ...this.#adapter, ...this.#adapters.get(name) }
  }

  rssi(from: Controller, to: Controller): number | null {
    return this.#silent.has(pair(from.name, to.name))
      ? null
      : this.#between(from.name, to.name).rssi
  }

  *others(self: Controller): Iterable<Controller> {
    for (const controller of this.controllers) if (controller !== self) yield controller
  }

  link(
    central: LinkEnd,
    peripheral: LinkEnd,
    a: Controller,
    b: Controller,
    supervision: number,
  ): AirLink {
    const air = {
      clock: this.clock,
      random: this.random,
      knobs: () => this.#between(a.name, b.name),
      airTime: (lane: AirTime, link: AirTime) => this.#sharedBy(a.name, b.name, lane, link),
      over: (link: AirLink) => void this.#links.delete(link),
    }
    const link = new AirLink(air, central, peripheral, supervision)
    this.#links.set(link, [a.name, b.name])
    this.counts.links++
    return link
  }

  count(what: keyof AirCounts, by: number): void {
    this.counts[what] += by
  }

  #between(a: string, b: string): LinkKnobs {
    return { ...this.#link, ...this.#pairs.get(pair(a, b)) }
  }

  #sharedBy(a: string, b: string, lane: AirTime, link: AirTime): AirTime {
    const { sharing } = this.#between(a, b)
    if (sharing === 'air') return this.#airTime
    return sharing === 'link' ? link : lane
  }

  #serve(socket: Socket, name: string): void {
    const controller = this.attach(name, {
      write: (packet) => socket.writable && socket.write(packet),
      cut: () => socket.destroy(),
    })
    socket.on('data', (chunk) => controller.fromHost(chunk))
    socket.on('drain', () => controller.hostReady())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.detach(controller))
  }

  /** One's own for each name, and the same again. */
  #publicAddress(name: string): Buffer {
    const known = this.#addresses.get(name)
    if (known !== undefined) return known
    const n = this.#addresses.size + 1
    const address = Buffer.from([n & 0xff, n >> 8, 0, 0xee, 0xdd, 0xc0])
    this.#addresses.set(name, address)
    return address
  }
}

function pair(a: string, b: string): string {
  return [a, b].toSorted().join('\0')
}
