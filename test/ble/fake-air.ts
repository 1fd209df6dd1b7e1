/** Radios without a process: who is in reach of whom, who hears whom advertise, and channels between them. */
import { EventEmitter } from 'node:events'
import { every, sleep } from '../../core/clock.ts'
import type { Clock, Timer } from '../../core/clock.ts'
import { PorchlightError } from '../../core/errors.ts'
import type { Random } from '../../core/random.ts'
import type { TransportStatus } from '../../core/transport.ts'
import { ADVERTISED_BYTES } from '../../transports/ble/radio.ts'
import type {
  Duty,
  Radio,
  RadioAbilities,
  RadioChannel,
  RadioEvents,
} from '../../transports/ble/radio.ts'
import { channelPair } from './fake-channel.ts'
import type { AirConditions, ChannelPair } from './fake-channel.ts'

/** As one that can do everything. */
export const ABLE: RadioAbilities = {
  bothRoles: true,
  dialled: 4,
  accepted: 7,
  links: 7,
  rotatesAddress: true,
}
/** As one that serves a single link that others dial. */
export const FEW: RadioAbilities = { ...ABLE, accepted: 1, links: 5 }
/** As one that plays one role at a time and holds one link. */
export const SIMPLE: RadioAbilities = {
  bothRoles: false,
  dialled: 1,
  accepted: 1,
  links: 1,
  rotatesAddress: true,
}

const ADVERTISED_EACH_MS = 100
const MOST_HEARD = 1_000

export interface FakeAirOptions {
  readonly clock: Clock
  readonly random: Random
  /** Of every channel; default: no limit, no delay, no loss. */
  readonly conditions?: Partial<AirConditions>
  readonly maxPacket?: number
}

interface Pair {
  readonly ends: readonly [FakeRadio, FakeRadio]
  readonly channels: ChannelPair
}

/** What all radios of one place share. */
export class FakeAir {
  readonly #options: FakeAirOptions
  readonly #radios = new Set<FakeRadio>()
  readonly #apart = new Set<string>()
  #pairs: Pair[] = []
  #beat: Timer | undefined

  constructor(options: FakeAirOptions) {
    this.#options = options
  }

  get clock(): Clock {
    return this.#options.clock
  }

  get random(): Random {
    return this.#options.random
  }

  radio(abilities: RadioAbilities = ABLE): FakeRadio {
    const radio = new FakeRadio(this, abilities)
    this.#radios.add(radio)
    this.#beat ??= every(this.clock, ADVERTISED_EACH_MS, () => this.#advertise())
    return radio
  }

  /** Ends everything; nothing is heard any more. */
  close(): void {
    this.#beat?.cancel()
    for (const { channels } of this.#pairs) channels.cut()
  }

  /** Puts two out of each other's reach: without a word, or with both ends told at once. */
  part(a: FakeRadio, b: FakeRadio, told = false): void {
    this.#apart.add(pairName(a, b))
    for (const { ends, channels } of this.#pairs) {
      if (!ends.includes(a) || !ends.includes(b)) continue
      if (told) channels.cut()
      else channels.mute()
    }
  }

  /** Puts them back in reach. Channels that there were stay dead. */
  meet(a: FakeRadio, b: FakeRadio): void {
    this.#apart.delete(pairName(a, b))
  }

  /** Ends the channels between two, which stay in reach. */
  cut(a: FakeRadio, b: FakeRadio): void {
    for (const { ends, channels } of this.#pairs)
      if (ends.includes(a) && ends.includes(b)) channels.cut()
  }

  /** Channels between two that no end closed. */
  channels(a: FakeRadio, b: FakeRadio): number {
    return this.#pairs.filter(({ ends }) => ends.includes(a) && ends.includes(b)).length
  }

  advertising(by: FakeRadio, peer: string): FakeRadio | undefined {
    for (const radio of this.#radios)
      if (radio !== by && radio.address === peer && radio.shows && this.#inReach(by, radio))
        return radio
    return undefined
  }

  connect(central: FakeRadio, peripheral: FakeRadio): RadioChannel {
    const { clock, random, conditions, maxPacket } = this.#options
    const channels = channelPair({
      clock,
      random,
      addresses: [central.address, peripheral.address],
      ...(conditions ? { conditions } : {}),
      ...(maxPacket === undefined ? {} : { maxPacket }),
    })
    const pair = { ends: [central, peripheral] as const, channels }
    this.#pairs.push(pair)
    const gone = (): void => {
      if (channels.central.closed && channels.peripheral.closed)
        this.#pairs = this.#pairs.filter((other) => other !== pair)
    }
    channels.central.on('close', gone)
    channels.peripheral.on('close', gone)
    central.hold(channels.central)
    peripheral.hold(channels.peripheral)
    peripheral.emit('channel', channels.peripheral)
    return channels.central
  }

  #advertise(): void {
    const now = this.clock.monotonic()
    for (const radio of this.#radios) {
      if (!radio.shows) continue
      for (const other of this.#radios)
        if (other !== radio && this.#inReach(radio, other)) other.hear(radio, now)
    }
  }

  #inReach(a: FakeRadio, b: FakeRadio): boolean {
    return !this.#apart.has(pairName(a, b))
  }
}

let radios = 0

/** One radio of a FakeAir. */
export class FakeRadio extends EventEmitter<RadioEvents> implements Radio {
  readonly number = ++radios
  readonly abilities: RadioAbilities
  readonly #air: FakeAir
  readonly #channels = new Set<RadioChannel>()
  readonly #heardAt = new Map<string, number>()
  #status: TransportStatus = { state: 'off' }
  #missing: string | undefined
  #started = false
  #duty: Duty = { advertise: false, scan: 0 }
  #payload: Uint8Array | undefined
  #dialling = false
  address: string
  /** Every payload advertised, with the address it was under. */
  readonly identities: { readonly address: string; readonly payload: Uint8Array }[] = []
  /** Connections asked for. */
  dials = 0

  constructor(air: FakeAir, abilities: RadioAbilities) {
    super()
    this.#air = air
    this.abilities = abilities
    this.address = randomAddress(air.random)
  }

  get status(): TransportStatus {
    return this.#status
  }

  get duty(): Duty {
    return this.#duty
  }

  get payload(): Uint8Array | undefined {
    return this.#payload
  }

  get channels(): readonly RadioChannel[] {
    return [...this.#channels]
  }

  /** Whether others can hear it now. */
  get shows(): boolean {
    if (this.#status.state !== 'on' || !this.#duty.advertise || !this.#payload) return false
    const { bothRoles, accepted, links } = this.abilities
    const inbound = this.#channels.size - this.#outbound
    if (this.#channels.size >= links || inbound >= accepted) return false
    return bothRoles || this.#outbound === 0
  }

  get #outbound(): number {
    return this.channels.filter(({ role }) => role === 'central').length
  }

  /** Takes the adapter away; undefined puts it back. */
  unplug(reason: string | undefined): void {
    this.#missing = reason
    if (!this.#started) return
    if (reason !== undefined) for (const channel of this.channels) channel.close()
    this.#say(reason === undefined ? { state: 'on' } : { state: 'unavailable', reason })
  }

  async start(): Promise<void> {
    this.#started = true
    this.#say(
      this.#missing === undefined
        ? { state: 'on' }
        : { state: 'unavailable', reason: this.#missing },
    )
    await Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#started = false
    for (const channel of this.channels) channel.close()
    this.#say({ state: 'off' })
    await Promise.resolve()
  }

  async identify(payload: Uint8Array): Promise<void> {
    if (payload.length !== ADVERTISED_BYTES) throw new Error(`advertised ${payload.length} bytes`)
    this.#payload = Uint8Array.from(payload)
    if (this.abilities.rotatesAddress) this.address = randomAddress(this.#air.random)
    this.identities.push({ address: this.address, payload: this.#payload })
    await Promise.resolve()
  }

  setDuty(duty: Duty): void {
    if (!this.abilities.bothRoles && duty.advertise && duty.scan > 0)
      throw new Error('both roles were asked of a radio that has one')
    this.#duty = duty
  }

  async connect(peer: string, signal: AbortSignal): Promise<RadioChannel> {
    this.dials += 1
    if (this.#dialling) throw new Error('two dials at once')
    if (this.#outbound >= this.abilities.dialled) throw new Error('more was dialled than it can')
    if (!this.abilities.bothRoles && this.#channels.size > this.#outbound)
      throw unreachable('It plays the other role.')
    this.#dialling = true
    try {
      for (;;) {
        const found = this.#air.advertising(this, peer)
        if (found && this.#status.state === 'on') return this.#air.connect(this, found)
        // oxlint-disable-next-line no-await-in-loop
        await sleep(this.#air.clock, 5, signal).catch(() => {
          throw unreachable('It was not heard.')
        })
      }
    } finally {
      this.#dialling = false
    }
  }

  hold(channel: RadioChannel): void {
    this.#channels.add(channel)
    channel.once('close', () => this.#channels.delete(channel))
  }

  /** An advertisement of `other` came by. */
  hear(other: FakeRadio, now: number): void {
    if (this.#status.state !== 'on' || !other.#payload) return
    if (this.#air.random.float() >= this.#duty.scan) return
    const last = this.#heardAt.get(other.address) ?? -Infinity
    if (now - last < 200) return
    if (this.#heardAt.size > MOST_HEARD) this.#heardAt.clear()
    this.#heardAt.set(other.address, now)
    const payload = Uint8Array.from(other.#payload)
    this.emit('sighting', { peer: other.address, address: other.address, rssi: -60, payload })
  }

  #say(status: TransportStatus): void {
    if (status.state === this.#status.state && status.reason === this.#status.reason) return
    this.#status = status
    this.emit('status', status)
  }
}

function randomAddress(random: Random): string {
  const bytes = random.bytes(6)
  bytes[0] = bytes[0]! | 0xc0
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
}

function pairName(a: FakeRadio, b: FakeRadio): string {
  return [a.number, b.number].sort((x, y) => x - y).join('-')
}

function unreachable(why: string): PorchlightError {
  return new PorchlightError('UNREACHABLE', `The device could not be reached. ${why}`)
}
