import { seededRandom } from '../../core/random.ts'
import type { Random } from '../../core/random.ts'
import { openGattLink } from '../../transports/ble/link/index.ts'
import type { GattLink } from '../../transports/ble/link/index.ts'
import {
  decodeHello,
  decodePacket,
  encodeHello,
  encodePacket,
  sessionKey,
} from '../../transports/ble/link/packet.ts'
import type { Packet } from '../../transports/ble/link/packet.ts'
import { channelPair } from '../ble/fake-channel.ts'
import type { ChannelPair, FakeChannel } from '../ble/fake-channel.ts'
import { failure, reading } from '../ble/link-reading.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const NOTHING: Packet = {
  number: 0,
  bytes: Buffer.alloc(0),
  end: false,
  ack: null,
  ask: false,
  close: false,
}

/** A peer that speaks the link's language by hand, and so says what no link says. */
export class CraftedGattPeer {
  readonly #channel: FakeChannel
  readonly #session = Buffer.alloc(8, 7)
  #keys: { own: number; theirs: number } | null = null
  /** What the honest end sent, as far as it can be read. */
  readonly heard: Packet[] = []

  constructor(channel: FakeChannel) {
    this.#channel = channel
    channel.on('packet', (packet) => this.#hear(packet))
  }

  get closed(): boolean {
    return this.#channel.closed
  }

  /** Bytes of the honest end, as they came. */
  get bytes(): Buffer {
    return Buffer.concat(this.heard.map(({ bytes }) => bytes))
  }

  hello(window = 128, session = this.#session): void {
    this.raw(encodeHello({ role: this.#channel.role, session, window }))
  }

  say(packet: Partial<Packet>): void {
    this.raw(encodePacket({ ...NOTHING, ...packet }, this.#keys!.own))
  }

  raw(packet: Uint8Array): void {
    this.#channel.send(packet)
  }

  #hear(bytes: Uint8Array): void {
    const hello = decodeHello(bytes)
    if (hello !== null) {
      const central = this.#channel.role === 'central' ? this.#session : hello.session
      const peripheral = this.#channel.role === 'central' ? hello.session : this.#session
      this.#keys = {
        own: sessionKey(central, peripheral, this.#channel.role),
        theirs: sessionKey(central, peripheral, hello.role),
      }
      return
    }
    const packet =
      this.#keys && decodePacket(bytes, this.#keys.theirs, this.heard.at(-1)?.number ?? 0, 0)
    if (packet !== null) this.heard.push(packet)
  }
}

export interface HostileWorld {
  readonly clock: VirtualClock
  readonly random: Random
  readonly air: ChannelPair
  /** The honest end. */
  readonly link: GattLink
  readonly seen: ReturnType<typeof reading>
  readonly why: () => string | null
  readonly peer: CraftedGattPeer
}

/** An honest link, and at the other end of its channel someone who is not. */
export function hostileWorld({ seed = 1, maxPacket = 244 } = {}): HostileWorld {
  const clock = new VirtualClock({ settle: () => new Promise((resolve) => setImmediate(resolve)) })
  const random = seededRandom(seed)
  const air = channelPair({ clock, random, maxPacket, conditions: { latency: 1 } })
  const peer = new CraftedGattPeer(air.central)
  const link = openGattLink(air.peripheral, { clock, random })
  return { clock, random, air, link, seen: reading(link), why: failure(link), peer }
}

/** The same after both said hello: the crafted peer's next packet may have number 0. */
export async function openedWorld({
  window = 128,
  ...options
}: { window?: number; seed?: number; maxPacket?: number } = {}): Promise<HostileWorld> {
  const world = hostileWorld(options)
  await world.clock.run(10)
  world.peer.hello(window)
  world.peer.say({})
  await world.clock.run(10)
  return world
}
