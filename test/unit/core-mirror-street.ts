import NoiseSecretStream from '@hyperswarm/secret-stream'
import type { Clock } from '../../core/clock.ts'
import { Connection } from '../../core/connection/connection.ts'
import type { LogFields } from '../../core/logger.ts'
import type { Carrying } from '../../core/mirror/exchange/carrying.ts'
import { MirrorExchange } from '../../core/mirror/exchange/mirror-exchange.ts'
import type { MirrorLink } from '../../core/mirror/exchange/mirror-link.ts'
import type { SharedCopy } from '../../core/mirror/exchange/shared-copy.ts'
import { Holder } from '../../core/mirror/holder/holder.ts'
import { carryKey, mirrorId } from '../../core/mirror/mirror-keys.ts'
import { DEFAULT_QUOTA } from '../../core/mirror/policy/quota.ts'
import type { Quota } from '../../core/mirror/policy/quota.ts'
import { seededRandom } from '../../core/random.ts'
import type { Link } from '../../core/transport.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import type { Conditions } from '../../transports/memory/index.ts'
import { until as eventually } from '../compliance/until.ts'
import { MemoryCopy, MemoryShelf } from './core-mirror-copy.ts'
import { pairOf } from './core-people.ts'

/** Where all devices of a street meet. */
export const TOPIC = Buffer.alloc(32, 9)

/** How long anything may take, on a machine that has much else to do. */
const LIMIT = 120_000

/** `until`, with more patience. */
export function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  return eventually(what, probe, LIMIT)
}

/** A device with an exchange of mirrors, and no engine. */
export class Device {
  readonly name: string
  readonly exchange: MirrorExchange
  readonly shelf = new MemoryShelf()
  readonly rooms: SharedCopy[] = []
  holder: Holder | null = null
  carrying: Carrying | null = null
  quota: Quota = DEFAULT_QUOTA
  /** All that it meets share a room with it. */
  paired = false
  readonly links = new Map<string, { link: MirrorLink; connection: Connection }>()
  /** Why connections ended. */
  readonly ended: string[] = []
  readonly logged: { event: string; fields: LogFields | undefined }[] = []
  readonly #clock: Clock

  constructor(name: string, clock: Clock, seed: number) {
    this.name = name
    this.#clock = clock
    this.exchange = new MirrorExchange({
      clock,
      random: seededRandom(seed),
      logger: this.logger,
      copies: () => [...this.rooms, ...(this.holder?.copies() ?? [])],
      keeper: () => this.holder,
      carrying: () => this.carrying,
      node: () =>
        this.holder && {
          keyPair: pairOf(this.name),
          name: this.name,
          free: (visitor) => this.holder?.free(visitor) ?? 0,
          relayKey: null,
        },
    })
  }

  get logger() {
    const log = (event: string, fields?: LogFields): void =>
      void this.logged.push({ event, fields })
    return { debug: log, info: log, warn: log, error: log }
  }

  /** Offers space from now on. */
  async offer(quota: Partial<Quota> = {}): Promise<Holder> {
    this.quota = { ...DEFAULT_QUOTA, ...quota }
    this.holder = await Holder.open({
      archive: this.shelf,
      quota: () => this.quota,
      clock: this.#clock,
      logger: this.logger,
      onchange: () => this.exchange.changed(),
    })
    this.exchange.changed()
    return this.holder
  }

  /** Is in a room from now on, whose mirror has this key. */
  room(key: Buffer): MemoryCopy {
    const copy = new MemoryCopy(mirrorId(key))
    this.rooms.push(
      { key, scope: 'mirror', kind: 'room', copy },
      { key: carryKey(key), scope: 'carry', kind: 'room', copy },
    )
    this.exchange.changed()
    return copy
  }

  link(other: Device): MirrorLink {
    return this.links.get(other.name)!.link
  }

  meet(other: string, connection: Connection): void {
    const link = this.exchange.link({ connection, paired: () => this.paired })
    this.links.set(other, { link, connection })
    connection.on('close', (reason) => {
      this.ended.push(reason)
      if (this.links.get(other)?.link === link) this.links.delete(other)
    })
    // A session says a word each second.
    const ping = connection.mux.createChannel({ protocol: 'ping' })!
    const word = ping.addMessage({
      encoding: { preencode: () => {}, encode: () => {}, decode: () => null },
      onmessage: () => {},
    })
    ping.open()
    connection.on('tick', () => word.send(null))
  }
}

/** Devices on a simulated network: real connections, no rooms. */
export class MirrorStreet {
  readonly network: MemoryNetwork
  readonly #clock: Clock
  readonly #devices: Device[] = []
  readonly #stops: (() => Promise<void>)[] = []

  constructor(clock: Clock, conditions: Partial<Conditions> = {}, seed = 1) {
    this.#clock = clock
    const random = seededRandom(seed)
    this.network = new MemoryNetwork({ clock, random, conditions, reconnect: 20 })
  }

  async device(name: string): Promise<Device> {
    const device = new Device(name, this.#clock, 1_000 + this.#devices.length)
    this.#devices.push(device)
    const transport = this.network.transport(name)
    const keyPair = NoiseSecretStream.keyPair()
    transport.on('link', (link: Link) => {
      const signal = new AbortController().signal
      Connection.open(link, keyPair, { clock: this.#clock, signal }).then(
        (connection) => device.meet(link.address.slice('memory:'.length), connection),
        () => {},
      )
    })
    transport.join(TOPIC)
    await transport.start()
    this.#stops.push(() => transport.stop())
    return device
  }

  /** Waits until two devices have met, and the first knows that the second is a node. */
  async met(device: Device, node: Device): Promise<MirrorLink> {
    return until(`${device.name} to know the node ${node.name}`, () => {
      const link = device.links.get(node.name)?.link
      return link?.node ? link : undefined
    })
  }

  async close(): Promise<void> {
    for (const device of this.#devices) {
      device.exchange.close()
      await device.holder?.close()
      for (const { connection } of device.links.values()) connection.close('the end')
    }
    for (const stop of this.#stops) await stop()
  }
}
