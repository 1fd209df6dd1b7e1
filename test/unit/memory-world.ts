import { seededRandom } from '../../core/random.ts'
import type { Link, LinkStream } from '../../core/transport.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import type { Conditions, MemoryTransport } from '../../transports/memory/index.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const TOPIC = Buffer.alloc(32, 7)

/** A memory network in virtual time, and a line for everything that happened on it, with its time. */
export class MemoryWorld {
  readonly clock = new VirtualClock()
  readonly network: MemoryNetwork
  readonly history: string[] = []
  readonly links = new Map<string, Link[]>()
  /** All bytes that came to a host. */
  readonly received = new Map<string, Buffer>()
  readonly transports = new Map<string, MemoryTransport>()

  constructor(seed: number, conditions: Partial<Conditions> = {}) {
    this.network = new MemoryNetwork({ clock: this.clock, random: seededRandom(seed), conditions })
  }

  /** A started host on the common topic; what arrives at it goes to the history. */
  async host(name: string): Promise<MemoryTransport> {
    const transport = this.network.transport(name)
    this.links.set(name, this.links.get(name) ?? [])
    this.transports.set(name, transport)
    transport.on('link', (link) => this.#onlink(name, link))
    transport.join(TOPIC)
    await transport.start()
    return transport
  }

  /** The newest link's stream at a host. */
  stream(name: string): LinkStream {
    return this.links.get(name)!.at(-1)!.stream
  }

  /** Lines of the history that contain the text. */
  lines(text: string): string[] {
    return this.history.filter((line) => line.includes(text))
  }

  #onlink(name: string, link: Link): void {
    this.links.get(name)!.push(link)
    this.#note(`${name} ${link.initiator ? 'dialled' : 'was dialled by'} ${link.address}`)
    link.stream.on('data', (data: Uint8Array) => {
      this.#note(`${name} got ${data.byteLength}`)
      this.received.set(name, Buffer.concat([this.received.get(name) ?? Buffer.alloc(0), data]))
    })
    link.stream.on('end', () => this.#note(`${name} end`))
    link.stream.on('close', () => this.#note(`${name} close`))
  }

  #note(what: string): void {
    this.history.push(`${this.clock.monotonic().toFixed(2)} ${what}`)
  }
}
