import { setMaxListeners } from 'node:events'
import NoiseSecretStream from '@hyperswarm/secret-stream'
import { Circuits } from '../../core/circuit/circuits.ts'
import type { RelayLimits } from '../../core/circuit/relay.ts'
import type { Clock } from '../../core/clock.ts'
import { bytes } from '../../core/codec/codec.ts'
import { Connection } from '../../core/connection/connection.ts'
import { silentLogger } from '../../core/logger.ts'
import { seededRandom } from '../../core/random.ts'
import type { Link } from '../../core/transport.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import type { Conditions, MemoryTransport } from '../../transports/memory/index.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const TOPIC = Buffer.alloc(32, 9)
const FOREVER = new AbortController().signal
setMaxListeners(0, FOREVER)
const PROOF = 15_000

export interface HouseOptions {
  readonly relayLimits?: RelayLimits
  /** Of finds: two without are sent at one time. */
  readonly jitter?: number
}

/** A device with circuits and no engine. It knows who is at the other end by the key of the connection. */
export class House {
  readonly name: string
  readonly keys: ReturnType<typeof NoiseSecretStream.keyPair>
  readonly noise: ReturnType<typeof NoiseSecretStream.keyPair>
  readonly circuits: Circuits
  /** Whom it shares a room with. */
  readonly members = new Set<House>()
  /** Open connections by the name of who is at the other end. */
  readonly peers = new Map<string, Connection[]>()
  readonly heard: string[] = []
  /** Bytes of what was said to it. */
  bytes = 0
  onword: (data: Buffer) => void = () => {}
  /** Why connections ended. */
  readonly ended: string[] = []
  /** Circuits that were made, at either end. */
  made = 0
  relays = true
  readonly #street: CircuitStreet
  readonly #say = new Map<Connection, (data: Buffer) => void>()

  constructor(street: CircuitStreet, name: string, seed: number, options: HouseOptions) {
    const random = seededRandom(seed)
    this.#street = street
    this.name = name
    this.keys = NoiseSecretStream.keyPair(random.bytes(32))
    this.noise = NoiseSecretStream.keyPair(random.bytes(32))
    this.circuits = new Circuits({
      device: () => this.keys,
      missing: () =>
        [...this.members]
          .filter((member) => !this.peers.has(member.name))
          .map((member) => ({ device: member.device, urgent: true })),
      relays: () => this.relays,
      ...(options.relayLimits && { relayLimits: options.relayLimits }),
      clock: street.time,
      random: { ...random, ...(options.jitter !== undefined && { float: () => options.jitter! }) },
      logger: silentLogger,
    })
    this.circuits.transport.on('link', (link) => {
      this.made += 1
      this.take(link)
    })
  }

  get device(): string {
    return this.keys.publicKey.toString('hex')
  }

  /** Whether it has a connection to another, over this transport where one is named. */
  has(other: House, transport?: string): boolean {
    const all = this.peers.get(other.name) ?? []
    return all.some((one) => transport === undefined || one.transport === transport)
  }

  take(link: Link): void {
    Connection.open(link, this.noise, { clock: this.#street.time, signal: FOREVER }).then(
      (connection) => this.#meet(connection),
      () => {},
    )
  }

  /** Resolves once what was said to another can be added to. */
  drained(other: House): Promise<void> {
    return this.peers.get(other.name)!.at(-1)!.drained()
  }

  /** Says something to another over whatever leads there. */
  say(other: House, data: Buffer): void {
    this.#say.get(this.peers.get(other.name)!.at(-1)!)!(data)
  }

  #meet(connection: Connection): void {
    const { time } = this.#street
    const other = this.#street.whose(connection.remoteKey)
    this.circuits.link(connection)
    const talk = connection.mux.createChannel({ protocol: 'talk' })!
    const word = talk.addMessage<Buffer>({
      encoding: bytes(60_000),
      onmessage: (data) => {
        if (data.byteLength === 0) return
        this.bytes += data.byteLength
        if (data.byteLength < 100) this.heard.push(data.toString())
        this.onword(data)
      },
    })
    talk.open()
    connection.on('tick', () => word.send(Buffer.alloc(0)))
    this.#say.set(connection, (data) => word.send(data))
    const name = other?.name ?? '?'
    const member = other !== undefined && this.members.has(other)
    if (member) connection.trust()
    else if (connection.transport === 'circuit') {
      time.after(PROOF, () => connection.close('no member'))
    }
    this.peers.set(name, [...(this.peers.get(name) ?? []), connection])
    connection.once('close', (reason) => {
      this.ended.push(reason)
      this.#say.delete(connection)
      const left = this.peers.get(name)!.filter((one) => one !== connection)
      if (left.length > 0) this.peers.set(name, left)
      else this.peers.delete(name)
      this.circuits.changed()
    })
    this.circuits.changed()
  }
}

/** Anyone who can be joined by a wire. */
export interface Dweller {
  readonly name: string
  take(link: Link): void
}

/** Houses on a simulated network in simulated time, joined by single wires. */
export class CircuitStreet {
  readonly clock = new VirtualClock()
  /** What the houses go by: the simulated time, unless another was given. */
  readonly time: Clock
  readonly network: MemoryNetwork
  readonly houses = new Map<string, House>()
  readonly #wires = new Map<string, MemoryTransport[]>()

  constructor(conditions: Partial<Conditions> = { latency: 2 }, time?: Clock) {
    const random = seededRandom(5)
    this.time = time ?? this.clock
    this.network = new MemoryNetwork({ clock: this.time, random, conditions, reconnect: 50 })
  }

  /** Runs a scenario on a street with these houses, and closes it. */
  static async run(
    names: readonly string[],
    scenario: (houses: House[], street: CircuitStreet) => Promise<void>,
    options: HouseOptions = {},
  ): Promise<void> {
    const street = new CircuitStreet()
    const houses = names.map((name) => street.house(name, options))
    try {
      await scenario(houses, street)
    } finally {
      await street.close()
    }
  }

  house(name: string, options: HouseOptions = {}): House {
    const house = new House(this, name, 700 + this.houses.size, options)
    this.houses.set(name, house)
    void house.circuits.transport.start()
    return house
  }

  whose(noiseKey: Buffer): House | undefined {
    return [...this.houses.values()].find(({ noise }) => noise.publicKey.equals(noiseKey))
  }

  /** These share a room. */
  room(...houses: House[]): void {
    for (const house of houses) {
      for (const other of houses) if (other !== house) house.members.add(other)
    }
  }

  /** `address`: of both ends; `metered`: who of the two pays for each byte. */
  async wire(
    a: Dweller,
    b: Dweller,
    { metered, ...options }: { cost?: number; address?: string; metered?: Dweller } = {},
  ): Promise<void> {
    const id = `${a.name}-${b.name}`
    const ends = [a, b].map((house) => {
      const transport = this.network.transport(house.name, {
        id,
        ...options,
        metered: house === metered,
      })
      transport.on('link', (link: Link) => house.take(link))
      transport.join(TOPIC)
      return transport
    })
    this.#wires.set(id, ends)
    for (const end of ends) await end.start()
    await this.clock.run(100)
  }

  /** Joins each to the next. */
  async line(...houses: Dweller[]): Promise<void> {
    for (let n = 1; n < houses.length; n++) await this.wire(houses[n - 1]!, houses[n]!)
  }

  cut(a: Dweller, b: Dweller): void {
    for (const end of this.#wires.get(`${a.name}-${b.name}`)!) end.unplug('cut')
  }

  mend(a: Dweller, b: Dweller): void {
    for (const end of this.#wires.get(`${a.name}-${b.name}`)!) end.plug()
  }

  async close(): Promise<void> {
    for (const house of this.houses.values()) {
      house.circuits.close()
      for (const all of house.peers.values()) for (const one of all) one.close('the end')
    }
    for (const ends of this.#wires.values()) for (const end of ends) await end.stop()
    await this.clock.run(100)
  }
}
