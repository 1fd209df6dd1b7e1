/** One life of the transport between a start and a stop: its instance, its sockets, its links. */
import type { Socket } from 'node:net'
import { every } from '../../core/clock.ts'
import type { Clock, Timer } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { Random } from '../../core/random.ts'
import type { TransportStatus } from '../../core/transport.ts'
import { backoff } from './backoff.ts'
import { Dialler } from './dialler.ts'
import { DiscoveryTable } from './discovery-table.ts'
import { Discovery } from './discovery.ts'
import { HalfOpen, MAX_HALF_OPEN } from './half-open.ts'
import { createIdentity } from '../preface/instance-identity.ts'
import { formatHostPort, isLanAddress, isLinkLocal6, plainAddress } from './lan-address.ts'
import { listen } from './listener.ts'
import type { Listener } from './listener.ts'
import { LiveLinks, MAX_LINKS } from './live-links.ts'
import { NicWatcher } from './nic-watcher.ts'
import { deadAddresses } from './nics.ts'
import type { Nic, NicChange, NicSource } from './nics.ts'
import { runPreface } from '../preface/preface.ts'
import type { PrefaceSelf } from '../preface/preface.ts'
import type { Hello } from '../preface/preface-codec.ts'
import type { RememberedList } from './remembered-addresses.ts'

/** A port in use is tried again, as the program that has it may end. */
const LISTEN_AGAIN_MS = 5_000
const SAMPLE_MS = 1_000
/** A link that ended sooner was refused by one of the two engines: the next dial waits longer. */
const SHORT_MS = 2_000

export interface LanNodeOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly port: number
  readonly loopback: boolean
  /** UDP ports; undefined where that way is switched off. */
  readonly beaconPort: number | undefined
  readonly mdnsPort: number | undefined
  readonly nics: NicSource
  readonly remembered: RememberedList
  /** What was joined, oldest first, and a number that another join changes. */
  readonly topics: () => { readonly list: readonly Uint8Array[]; readonly generation: number }
  readonly onlink: (socket: Socket, initiator: boolean, host: string) => void
  readonly onstatus: (status: TransportStatus) => void
}

export class LanNode {
  readonly #options: LanNodeOptions
  readonly #identity
  readonly #links = new LiveLinks()
  readonly #halfOpen = new HalfOpen<Socket>()
  readonly #table: DiscoveryTable
  readonly #dialler: Dialler
  readonly #watcher: NicWatcher
  readonly #discovery: Discovery
  #listener: Listener | undefined
  #listenAgain: Timer | undefined
  #sampling: Timer | undefined
  #refusedPort: string | undefined
  #closed = false

  constructor(options: LanNodeOptions) {
    this.#options = options
    const { clock, random, logger, loopback, remembered } = options
    this.#identity = createIdentity(random)
    this.#table = new DiscoveryTable(
      ({ id, routes }) =>
        this.#links.has(id) || routes.some(({ address }) => remembered.has(address)),
    )
    this.#dialler = new Dialler({
      clock,
      random,
      remembered,
      table: this.#table,
      links: this.#links,
      self: () => this.#self(),
      onlink: (socket, peer, address) => this.#link(socket, peer, address, true),
    })
    this.#watcher = new NicWatcher({
      clock,
      source: options.nics,
      loopback,
      onchange: (nics, change) => this.#onnics(nics, change),
    })
    this.#discovery = new Discovery({
      clock,
      logger,
      loopback,
      beaconPort: options.beaconPort,
      mdnsPort: options.mdnsPort,
      table: this.#table,
      self: () => ({ ...this.#self(), id: this.#identity.id }),
      onchange: () => this.#dialler.look(),
      ondoubt: () => this.#watcher.doubt(),
    })
  }

  get dialler(): Dialler {
    return this.#dialler
  }

  /** Binds the port and begins to look around. Never rejects. */
  async open(): Promise<void> {
    await this.#listen()
    if (this.#closed) return
    const { clock } = this.#options
    this.#sampling = every(clock, SAMPLE_MS, () => this.#links.sample(clock.monotonic()))
    this.#watcher.start()
    this.#discovery.open(this.#watcher.nics)
    this.#dialler.networkChanged()
    this.#tell()
  }

  /** Says goodbye and ends everything; resolves once no socket is left. */
  async close(): Promise<void> {
    this.#closed = true
    this.#listenAgain?.cancel()
    this.#sampling?.cancel()
    this.#watcher.stop()
    await this.#discovery.close()
    const dials = this.#dialler.close()
    const links = this.#links.destroyAll()
    for (const socket of this.#halfOpen.entries()) socket.destroy()
    await Promise.all([dials, links, this.#listener?.close()])
    this.#table.clear()
  }

  seek(): void {
    this.#discovery.seek()
    this.#dialler.seek()
  }

  /** A topic was joined: instances that had nothing in common may have now. */
  topicsChanged(): void {
    this.#discovery.burst()
    this.#dialler.look()
  }

  /** `host:port` at which others reach this device; link-local IPv6 only where there is nothing else. */
  addresses(): readonly string[] {
    const port = this.#listener?.port
    if (port === undefined) return []
    const nics = this.#watcher.nics
    const plain = nics.filter((nic) => !isLinkLocal6(nic.address))
    const shown = plain.length > 0 ? plain : nics
    return shown.map((nic) => formatHostPort(nic.address, port))
  }

  #self(): PrefaceSelf {
    const { list, generation } = this.#options.topics()
    return {
      identity: this.#identity,
      port: this.#listener?.port ?? 0,
      generation,
      topics: list,
    }
  }

  async #listen(): Promise<void> {
    const { port, clock, logger } = this.#options
    try {
      const listener = await listen({
        port,
        maxConnections: MAX_LINKS + 2 * MAX_HALF_OPEN,
        onsocket: (socket) => void this.#accept(socket),
      })
      this.#listener = listener
      this.#refusedPort = undefined
      if (this.#closed) await listener.close()
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
      logger.warn('lan.listen', { port, code })
      this.#refusedPort =
        code === 'EADDRINUSE'
          ? `Another program uses port ${port}, so nobody can reach this device. End it, or choose another port.`
          : `The system refused to open port ${port} (${code}), so nobody can reach this device. Choose another port.`
      if (this.#closed) return
      this.#listenAgain = clock.after(LISTEN_AGAIN_MS, () => void this.#relisten())
    }
  }

  async #relisten(): Promise<void> {
    await this.#listen()
    if (this.#closed || !this.#listener) return
    this.#discovery.burst()
    this.#tell()
  }

  async #accept(socket: Socket): Promise<void> {
    const { clock, random, loopback } = this.#options
    // An error is always followed by `close`, which is what counts.
    socket.on('error', () => {})
    const host = plainAddress(socket.remoteAddress ?? '')
    if (this.#closed || !isLanAddress(host, loopback) || !this.#links.hasRoom(host)) {
      socket.destroy()
      return
    }
    for (const victim of this.#halfOpen.add(socket, host)) victim.resetAndDestroy()
    const result = await runPreface(socket, {
      clock,
      random,
      self: () => this.#self(),
      medium: 'lan',
      side: 'acceptor',
    })
    this.#halfOpen.delete(socket)
    if (!('peer' in result)) return
    const { peer } = result
    const address = formatHostPort(host, peer.port)
    if (result.outcome === 'common') this.#link(socket, peer, address, false)
    if (result.outcome !== 'stranger' || peer.port === 0) return
    const sighting = { id: peer.id, address, host, generation: peer.generation }
    const neighbour = this.#table.heard(sighting, clock.monotonic())
    if (neighbour) neighbour.refusal = { ours: result.generation, theirs: peer.generation }
  }

  #link(socket: Socket, peer: Hello, address: string, initiator: boolean): void {
    const { clock, random, remembered, logger, onlink } = this.#options
    const host = plainAddress(socket.remoteAddress ?? '')
    if (this.#closed || socket.destroyed || !this.#links.hasRoom(host)) {
      socket.destroy()
      return
    }
    const since = clock.monotonic()
    if (peer.port !== 0) {
      const sighting = { id: peer.id, address, host, generation: peer.generation }
      const route = this.#table.heard(sighting, since)?.routes[0]
      if (route) route.proven = true
      remembered.met(address, since)
    }
    this.#links.add(socket, peer.id, since, (last) => {
      logger.debug('lan.unlink', { initiator, last })
      if (last) this.#lost(peer.id, address, since, random.float())
    })
    logger.debug('lan.link', { initiator })
    try {
      onlink(socket, initiator, host)
    } catch (error) {
      logger.error('lan.link', { name: (error as Error).name })
      socket.destroy()
    }
  }

  /** The last link to an instance closed. */
  #lost(id: string, address: string, since: number, chance: number): void {
    if (this.#closed) return
    const now = this.#options.clock.monotonic()
    const neighbour = this.#table.get(id)
    if (!neighbour) return
    const short = now - since < SHORT_MS
    neighbour.wantedSince = now
    neighbour.seen = now
    for (const route of neighbour.routes) {
      if (route.address !== address) continue
      route.failures = short ? route.failures + 1 : 0
      route.notBefore = short ? now + backoff(route.failures, chance) : now
    }
    this.#dialler.look()
  }

  #onnics(nics: readonly Nic[], change: NicChange): void {
    this.#options.logger.debug('lan.interfaces', {
      come: change.come.length,
      gone: change.gone.length,
    })
    this.#links.destroyBoundTo(deadAddresses(change, nics))
    this.#discovery.open(nics)
    if (change.come.length > 0) this.#dialler.networkChanged()
    this.#tell()
  }

  #tell(): void {
    const { onstatus } = this.#options
    if (this.#refusedPort !== undefined) {
      onstatus({ state: 'unavailable', reason: this.#refusedPort })
    } else if (this.#watcher.nics.length === 0) {
      onstatus({
        state: 'unavailable',
        reason:
          'This device is on no local network. Join a Wi-Fi, plug in a cable or open a hotspot: ' +
          'it is noticed by itself.',
      })
    } else {
      onstatus({ state: 'on' })
    }
  }
}
