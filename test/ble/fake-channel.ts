/** GATT channels without a radio: two ends in this process, with everything that goes wrong on the air as a knob. */
import { EventEmitter } from 'node:events'
import type { Clock, Timer } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import type { RadioChannel, RadioChannelEvents } from '../../transports/ble/radio.ts'

/** What the air between two ends does; each way has its own share of it. Changes count from the next packet on. */
export interface AirConditions {
  /** Bytes a second each way; 0 for no limit. */
  rate: number
  /** Milliseconds one way. */
  latency: number
  /** Up to so many milliseconds more, drawn for each packet; the order is kept. */
  jitter: number
  /** Bytes that the stack adds to each packet: ATT 3, L2CAP 4. */
  overhead: number
  /** Share of the packets that vanish. */
  loss: number
  /** Share of the packets that the next one overtakes. */
  reorder: number
  /** Share of the packets that come twice. */
  duplication: number
  /** Bytes that wait to be sent at which `send` gives false. */
  buffer: number
}

export interface ChannelPairOptions {
  readonly clock: Clock
  readonly random: Random
  readonly conditions?: Partial<AirConditions>
  readonly maxPacket?: number
  /** Radio addresses of the central and of the peripheral. */
  readonly addresses?: readonly [string, string]
}

const PLAIN: AirConditions = {
  rate: 0,
  latency: 0,
  jitter: 0,
  overhead: 7,
  loss: 0,
  reorder: 0,
  duplication: 0,
  buffer: 8 * 1024,
}

interface Flying {
  readonly packet: Uint8Array
  arrives: number
}

/** One direction: a queue with a rate, then a flight. */
class Air {
  readonly #clock: Clock
  readonly #random: Random
  readonly #conditions: AirConditions
  #flying: Flying[] = []
  /** When the packets that still wait are sent, and their bytes. */
  #waiting: { until: number; readonly bytes: number }[] = []
  #busyUntil = 0
  #lastArrival = 0
  #held: Uint8Array | null = null
  #full = false
  #timer: Timer | null = null
  /** Packets and bytes that were put on it. */
  packets = 0
  bytes = 0
  muted = false
  tamper: ((packet: Uint8Array) => readonly Uint8Array[]) | null = null
  arrive: (packet: Uint8Array) => void = () => {}
  drained: () => void = () => {}

  constructor(clock: Clock, random: Random, conditions: AirConditions) {
    this.#clock = clock
    this.#random = random
    this.#conditions = conditions
  }

  get waitingBytes(): number {
    const now = this.#clock.monotonic()
    this.#waiting = this.#waiting.filter(({ until }) => until > now)
    return this.#waiting.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  send(packet: Uint8Array): boolean {
    this.packets++
    this.bytes += packet.byteLength
    const { loss, reorder, duplication, buffer } = this.#conditions
    for (const one of this.tamper?.(packet) ?? [packet]) {
      const copy = new Uint8Array(one)
      if (this.muted || this.#random.float() < loss) this.#pass(copy, true)
      else if (this.#held === null && this.#random.float() < reorder) this.#held = copy
      else {
        this.#pass(copy, false)
        if (this.#random.float() < duplication) this.#pass(copy, false)
        if (this.#held !== null) this.#pass(this.#held, false)
        this.#held = null
      }
    }
    this.#full = this.waitingBytes >= buffer
    this.#schedule()
    return !this.#full
  }

  /** Nothing moves for so long. */
  stall(ms: number): void {
    const now = this.#clock.monotonic()
    this.#busyUntil = Math.max(this.#busyUntil, now) + ms
    this.#lastArrival = Math.max(this.#lastArrival, now) + ms
    for (const one of this.#flying) one.arrives += ms
    for (const one of this.#waiting) one.until += ms
    this.#schedule()
  }

  stop(): void {
    this.#flying = []
    this.#waiting = []
    this.#timer?.cancel()
    this.arrive = () => {}
    this.drained = () => {}
  }

  #pass(packet: Uint8Array, lost: boolean): void {
    const { rate, latency, jitter, overhead } = this.#conditions
    const bytes = packet.byteLength + overhead
    const from = Math.max(this.#clock.monotonic(), this.#busyUntil)
    this.#busyUntil = from + (rate > 0 ? (bytes / rate) * 1_000 : 0)
    this.#waiting.push({ until: this.#busyUntil, bytes })
    if (lost) return
    const arrives = this.#busyUntil + latency + this.#random.float() * jitter
    this.#lastArrival = Math.max(this.#lastArrival, arrives)
    this.#flying.push({ packet, arrives: this.#lastArrival })
  }

  #schedule(): void {
    this.#timer?.cancel()
    const drained = this.#full ? (this.#waiting[0]?.until ?? 0) : Infinity
    const at = Math.min(this.#flying[0]?.arrives ?? Infinity, drained)
    if (at === Infinity) return
    this.#timer = this.#clock.after(Math.max(0, at - this.#clock.monotonic()), () => this.#move())
  }

  #move(): void {
    const now = this.#clock.monotonic()
    while ((this.#flying[0]?.arrives ?? Infinity) <= now) this.arrive(this.#flying.shift()!.packet)
    if (this.#full && this.waitingBytes <= this.#conditions.buffer / 2) {
      this.#full = false
      this.drained()
    }
    this.#schedule()
  }
}

/** One end of a channel between two fakes. */
export class FakeChannel extends EventEmitter<RadioChannelEvents> implements RadioChannel {
  readonly role: 'central' | 'peripheral'
  readonly address: string
  readonly #clock: Clock
  readonly #out: Air
  readonly #incoming: Air
  #maxPacket: number
  #closed = false
  /** Tells the other end; set by the pair. */
  hangUp: () => void = () => {}

  constructor(
    role: 'central' | 'peripheral',
    address: string,
    clock: Clock,
    lanes: { readonly out: Air; readonly incoming: Air },
    maxPacket: number,
  ) {
    super()
    this.role = role
    this.address = address
    this.#clock = clock
    this.#out = lanes.out
    this.#incoming = lanes.incoming
    this.#maxPacket = maxPacket
    this.#out.drained = () => this.emit('drain')
    this.#incoming.arrive = (packet) => this.emit('packet', packet)
  }

  get maxPacket(): number {
    return this.#maxPacket
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Packets and bytes sent from this end so far. */
  get sent(): { readonly packets: number; readonly bytes: number } {
    return { packets: this.#out.packets, bytes: this.#out.bytes }
  }

  /** Bytes sent from this end that are not on the air yet. */
  get waiting(): number {
    return this.#out.waitingBytes
  }

  /** What becomes of each packet that this end sends: any number of others; null leaves them as they are. */
  set tamper(tamper: ((packet: Uint8Array) => readonly Uint8Array[]) | null) {
    this.#out.tamper = tamper
  }

  send(packet: Uint8Array): boolean {
    if (this.#closed) return true
    if (packet.byteLength === 0 || packet.byteLength > this.#maxPacket)
      throw new Error(`a packet of ${packet.byteLength} bytes where ${this.#maxPacket} fit`)
    return this.#out.send(packet)
  }

  close(): void {
    if (this.#closed) return
    this.#shut()
    this.hangUp()
  }

  /** The connection is gone under this end. */
  drop(): void {
    if (!this.#closed) this.#shut()
  }

  /** The stack negotiated more. */
  grow(maxPacket: number): void {
    if (maxPacket <= this.#maxPacket) return
    this.#maxPacket = maxPacket
    this.emit('mtu')
  }

  #shut(): void {
    this.#closed = true
    this.#out.stop()
    this.#incoming.arrive = () => {}
    this.#clock.after(0, () => this.emit('close'))
  }
}

/** Two ends and the air between them. */
export interface ChannelPair {
  readonly central: FakeChannel
  readonly peripheral: FakeChannel
  readonly conditions: AirConditions
  /** Nothing passes for so long, either way; then all of it does. */
  stall(ms: number): void
  /** From now on nothing passes, and no end is told: out of range. */
  mute(): void
  /** Both ends learn at once that the connection is gone. */
  cut(): void
  /** Both ends negotiated another packet size. */
  grow(maxPacket: number): void
}

/** Makes a connected pair. */
export function channelPair(options: ChannelPairOptions): ChannelPair {
  const { clock, random, maxPacket = 244 } = options
  const [centralAddress, peripheralAddress] = options.addresses ?? [
    'c0:00:00:00:00:01',
    'c0:00:00:00:00:02',
  ]
  const conditions: AirConditions = { ...PLAIN, ...options.conditions }
  const up = new Air(clock, random, conditions)
  const down = new Air(clock, random, conditions)
  const toPeripheral = { out: up, incoming: down }
  const toCentral = { out: down, incoming: up }
  const central = new FakeChannel('central', peripheralAddress, clock, toPeripheral, maxPacket)
  const peripheral = new FakeChannel('peripheral', centralAddress, clock, toCentral, maxPacket)
  const ends = [central, peripheral] as const
  let muted = false
  const tell = (other: FakeChannel): void => {
    if (!muted) clock.after(conditions.latency, () => other.drop())
  }
  central.hangUp = () => tell(peripheral)
  peripheral.hangUp = () => tell(central)
  return {
    central,
    peripheral,
    conditions,
    stall(ms) {
      up.stall(ms)
      down.stall(ms)
    },
    mute() {
      muted = up.muted = down.muted = true
    },
    cut() {
      for (const end of ends) end.drop()
    },
    grow(size) {
      for (const end of ends) end.grow(size)
    },
  }
}
