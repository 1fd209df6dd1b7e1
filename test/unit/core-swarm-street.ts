import NoiseSecretStream from '@hyperswarm/secret-stream'
import type { Clock } from '../../core/clock.ts'
import { Connection } from '../../core/connection/connection.ts'
import type { Held } from '../../core/files/held.ts'
import type { Fetch, FetchOptions } from '../../core/files/swarm/fetch.ts'
import type { FileLink, SharedRoom } from '../../core/files/swarm/file-link.ts'
import { Swarm } from '../../core/files/swarm/swarm.ts'
import type { LogFields } from '../../core/logger.ts'
import { seededRandom } from '../../core/random.ts'
import type { Random } from '../../core/random.ts'
import type { Link } from '../../core/transport.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import type { Conditions } from '../../transports/memory/index.ts'
import type { MemoryHeld } from './core-swarm-held.ts'

export const ROOM = 'room'
export const TAG = Buffer.alloc(16, 7)
const TOPIC = Buffer.alloc(32, 7)

/** A device with a swarm and no engine: all that it meets is a member of one room. */
export class Neighbour {
  readonly name: string
  readonly swarm: Swarm
  readonly items = new Map<string, MemoryHeld>()
  /** What it holds of another kind. */
  readonly others = new Map<string, Held>()
  readonly links = new Map<string, { link: FileLink<Fetch>; connection: Connection }>()
  /** Why connections ended. */
  readonly ended: string[] = []
  /** What it logged. */
  readonly logged: { event: string; fields: LogFields | undefined }[] = []
  member = true
  /** All that it meets share these with it. */
  rooms = [ROOM]
  /** Text is under way. */
  talking = false

  constructor(name: string, clock: Clock, random: Random) {
    this.name = name
    const log = (event: string, fields?: LogFields): void =>
      void this.logged.push({ event, fields })
    this.swarm = new Swarm({
      clock,
      random,
      logger: { debug: log, info: log, warn: log, error: log },
      held: (room, root) =>
        this.rooms.includes(room) ? (this.items.get(root) ?? this.others.get(root) ?? null) : null,
    })
  }

  /** Holds an item from now on. */
  add(held: MemoryHeld): MemoryHeld {
    this.items.set(held.root, held)
    this.swarm.changed(held.root)
    return held
  }

  /** Begins to fetch an item that somebody holds. */
  fetch(like: MemoryHeld, options: Partial<FetchOptions> = {}): { held: MemoryHeld; fetch: Fetch } {
    const held = this.items.get(like.root) ?? this.add(like.empty())
    const fetch = this.swarm.fetch(held, {
      rooms: () => [ROOM],
      priority: 'asked',
      allows: () => true,
      ...options,
    })
    return { held, fetch }
  }

  meet(other: string, connection: Connection): void {
    connection.trust()
    const room: SharedRoom = {
      tag: TAG,
      roomId: ROOM,
      device: Buffer.from(other).toString('hex'),
      member: this.member,
    }
    const link = this.swarm.link({
      connection,
      rooms: () =>
        this.rooms.map((roomId, n) => ({
          ...room,
          roomId,
          tag: Buffer.alloc(TAG.byteLength, TAG[0]! + n),
          member: this.member,
        })),
      yields: () => this.talking,
      talks: () => this.talking,
    })
    this.links.set(other, { link, connection })
    connection.on('close', (reason) => {
      this.ended.push(reason)
      this.links.delete(other)
    })
    // A session says a word each second.
    const ping = connection.mux.createChannel({ protocol: 'ping' })!
    const word = ping.addMessage({
      encoding: { preencode: () => {}, encode: () => {}, decode: () => null },
      onmessage: () => {},
    })
    ping.open()
    connection.on('tick', () => word.send(null))
    link.update()
  }
}

/** Swarms on a simulated network: real connections, no rooms. */
export class Street {
  readonly network: MemoryNetwork
  readonly #clock: Clock
  readonly #neighbours = new Map<string, Neighbour>()
  #transports: (() => Promise<void>)[] = []

  constructor(clock: Clock, conditions: Partial<Conditions> = {}, seed = 1) {
    this.#clock = clock
    this.network = new MemoryNetwork({
      clock,
      random: seededRandom(seed),
      conditions,
      reconnect: 20,
    })
  }

  async neighbours(...names: string[]): Promise<Neighbour[]> {
    return Promise.all(names.map((name) => this.neighbour(name)))
  }

  async neighbour(name: string, transportId?: string): Promise<Neighbour> {
    const seed = 1_000 + this.#neighbours.size
    const neighbour = new Neighbour(name, this.#clock, seededRandom(seed))
    this.#neighbours.set(name, neighbour)
    const transport = this.network.transport(name, transportId ? { id: transportId } : {})
    const keyPair = NoiseSecretStream.keyPair()
    transport.on('link', (link: Link) => {
      const signal = new AbortController().signal
      Connection.open(link, keyPair, { clock: this.#clock, signal }).then(
        (connection) => neighbour.meet(link.address.slice('memory:'.length), connection),
        () => {},
      )
    })
    transport.join(TOPIC)
    await transport.start()
    this.#transports.push(() => transport.stop())
    return neighbour
  }

  async close(): Promise<void> {
    for (const neighbour of this.#neighbours.values()) {
      neighbour.swarm.close()
      for (const { connection } of neighbour.links.values()) connection.close('the end')
    }
    for (const stop of this.#transports) await stop()
  }
}
