import type { Clock, Timer } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import type { AirLink, LinkEnd, LinkHost } from './air-link.ts'
import { ACL, H4Reader, POWER, acl } from './h4.ts'
import type { HostPacket } from './h4.ts'
import { ADVERTISING, EVT, LE, PUBLIC, RANDOM, sameAddress, u16 } from './hci.ts'
import type { RadioAddress } from './hci.ts'
import { answer } from './commands.ts'
import { HostWire } from './host-wire.ts'
import type { HostPort } from './host-wire.ts'
import type { AdapterKnobs } from './knobs.ts'
import { UNSET_SCANNING, defaultAdvertising } from './radio-state.ts'
import type { Advertising, Dialling, Scanning } from './radio-state.ts'

/** What a controller needs of the air it is in. */
export interface ControllerAir {
  readonly clock: Clock
  readonly random: Random
  adapter(name: string): AdapterKnobs
  /** dBm at which `to` hears `from`; null out of range. */
  rssi(from: Controller, to: Controller): number | null
  /** All the others. */
  others(self: Controller): Iterable<Controller>
  /** A link between two in range, not yet told to them. */
  link(
    central: LinkEnd,
    peripheral: LinkEnd,
    a: Controller,
    b: Controller,
    supervision: number,
  ): AirLink
  /** Something happened, for who counts. */
  count(what: 'packets' | 'bytes' | 'overflows' | 'sightings', by: number): void
}

interface Held {
  readonly link: AirLink
  readonly peer: RadioAddress
  readonly role: 'central' | 'peripheral'
  /** Packets taken from the host and not yet sent. */
  outstanding: number
}

/** Advertisements are spread by chance, so that two that collide once do not collide for ever. */
const ADVERTISING_JITTER_MS = 10
/** Packets beyond its buffers that a lenient controller holds. */
const MAX_TAKEN = 1_024

/** An emulated LE controller: what a host says to it over HCI, and what the air brings. */
export class Controller implements LinkHost {
  readonly name: string
  readonly air: ControllerAir
  /** The address that was burned in. */
  readonly publicAddress: RadioAddress
  readonly host: HostWire
  readonly links = new Map<number, Held>()
  randomAddress: RadioAddress | null = null
  advertising: Advertising = defaultAdvertising()
  scanning: Scanning = UNSET_SCANNING
  dialling: Dialling | null = null
  readonly #reader = new H4Reader()
  readonly #heard = new Set<string>()
  #beacon: Timer | null = null
  #listening = false
  #nextHandle = 0x40
  #on = true
  #gone = false

  constructor(air: ControllerAir, name: string, publicAddress: Buffer, port: HostPort) {
    this.air = air
    this.name = name
    this.publicAddress = { type: PUBLIC, bytes: publicAddress }
    this.host = new HostWire(port)
  }

  get isAdvertising(): boolean {
    return this.#beacon !== null
  }

  get isScanning(): boolean {
    return this.#listening
  }

  get on(): boolean {
    return this.#on
  }

  get knobs(): AdapterKnobs {
    return this.air.adapter(this.name)
  }

  /** Bytes of the host, in pieces of any size. */
  fromHost(chunk: Uint8Array): void {
    if (this.#gone) return
    const packets = this.#reader.read(chunk)
    if (packets === null) return this.host.cut()
    for (const packet of packets) if (this.#on) this.#take(packet)
  }

  /** The host has taken all that was written to it. */
  hostReady(): void {
    this.host.behind = false
    for (const { link } of this.links.values()) link.hostReady(this)
  }

  /** Forgets everything but its address; links end without a word. */
  reset(): void {
    this.setAdvertising(false)
    this.setScanning(false)
    this.dialling = null
    this.randomAddress = null
    this.advertising = defaultAdvertising()
    this.scanning = UNSET_SCANNING
    this.host.reset()
    const links = [...this.links.values()]
    this.links.clear()
    for (const { link } of links) link.vanish(this)
  }

  /** Switches it off or on, as `rfkill` does. */
  setPower(on: boolean): void {
    if (on === this.#on) return
    this.reset()
    this.#on = on
    this.host.silent = !on
    this.host.write(Buffer.from([POWER, on ? 1 : 0]))
  }

  /** The host is gone, or the adapter was pulled. */
  close(): void {
    this.#gone = true
    this.host.silent = true
    this.reset()
  }

  /** The address that it shows under an own-address type; null where none was set. */
  address(ownType: number): RadioAddress | null {
    return ownType % 2 === RANDOM ? this.randomAddress : this.publicAddress
  }

  setAdvertising(on: boolean): void {
    this.#beacon?.cancel()
    this.#beacon = null
    if (on) this.#nextBeacon(0)
  }

  setScanning(on: boolean): void {
    this.#listening = on
    this.#heard.clear()
  }

  deliver(handle: number, start: boolean, data: Buffer): boolean {
    const { aclLength } = this.knobs
    let ready = true
    for (let at = 0; at === 0 || at < data.length; at += aclLength) {
      const flags = start && at === 0 ? 2 : 1
      ready = this.host.write(acl(handle, flags, data.subarray(at, at + aclLength)))
    }
    this.air.count('packets', 1)
    this.air.count('bytes', data.length)
    return ready
  }

  completed(handle: number): void {
    const held = this.links.get(handle)
    if (held === undefined) return
    held.outstanding--
    this.host.event(EVT.completedPackets, Buffer.concat([Buffer.from([1]), u16(handle), u16(1)]))
  }

  ended(handle: number, reason: number): void {
    if (!this.links.delete(handle)) return
    this.host.event(
      EVT.disconnected,
      Buffer.concat([Buffer.from([0]), u16(handle), Buffer.from([reason])]),
    )
  }

  get hasRoom(): boolean {
    return this.links.size < this.knobs.maxLinks
  }

  /** Whether it may be dialled (or dial) now, where it plays one role at a time. */
  mayBe(role: 'central' | 'peripheral'): boolean {
    if (this.knobs.bothRoles) return true
    const roles = new Set([...this.links.values()].map((held) => held.role))
    if (this.isAdvertising) roles.add('peripheral')
    if (this.dialling !== null) roles.add('central')
    roles.delete(role)
    return roles.size === 0
  }

  #take(packet: HostPacket): void {
    if (packet.type !== ACL) return answer(this, packet.opcode, packet.parameters)
    const held = this.links.get(packet.handle)
    if (held === undefined) return
    const { aclBuffers, aclLength, overflow } = this.knobs
    const limit = overflow === 'drop' ? aclBuffers : MAX_TAKEN
    let outstanding = 0
    for (const each of this.links.values()) outstanding += each.outstanding
    if (outstanding >= limit || packet.data.length > aclLength) {
      this.air.count('overflows', 1)
      return this.host.event(EVT.overflow, Buffer.from([1]))
    }
    held.outstanding++
    held.link.send(this, packet.start, Buffer.from(packet.data))
  }

  #nextBeacon(wait: number): void {
    const { clock, random } = this.air
    this.#beacon = clock.after(wait, () => {
      this.#nextBeacon(this.advertising.interval + random.float() * ADVERTISING_JITTER_MS)
      this.#advertise()
    })
  }

  /** One advertisement: whoever listens hears it, and whoever waits for it dials. */
  #advertise(): void {
    for (const other of this.air.others(this)) {
      const rssi = this.air.rssi(this, other)
      if (rssi === null || !other.on) continue
      other.#hear(this, rssi)
      if (this.advertising.type === ADVERTISING.connectable && other.#dials(this)) return
    }
  }

  #hear(from: Controller, rssi: number): void {
    const { share, active, once } = this.scanning
    const address = from.address(from.advertising.ownType)
    if (!this.#listening || address === null || this.air.random.float() >= share) return
    this.air.count('sightings', 1)
    const { type, data, scanResponse } = from.advertising
    this.#report(address, type, data, rssi, once)
    const answers = type === ADVERTISING.connectable || type === ADVERTISING.scannable
    if (active && answers) this.#report(address, ADVERTISING.scanResponse, scanResponse, rssi, once)
  }

  /** A host that is behind misses advertisements, and nothing else. */
  #report(from: RadioAddress, type: number, data: Buffer, rssi: number, once: boolean): void {
    const key = `${from.type}${from.bytes.toString('hex')}${type === ADVERTISING.scanResponse}`
    if (this.host.behind || (once && this.#heard.has(key))) return
    if (once) this.#heard.add(key)
    const head = Buffer.from([1, type, from.type, ...from.bytes, data.length])
    this.host.leEvent(LE.report, Buffer.concat([head, data, Buffer.from([rssi & 0xff])]))
  }

  /** Takes up the connection that the host waits for, if it is to `from`. */
  #dials(from: Controller): boolean {
    const { dialling } = this
    const theirs = from.address(from.advertising.ownType)
    if (dialling === null || theirs === null || !sameAddress(dialling.to, theirs)) return false
    if (!from.hasRoom || this.air.random.float() >= dialling.share) return false
    const ours = this.address(dialling.ownType)
    if (ours === null) return false
    this.dialling = null
    from.setAdvertising(false)
    const [mine, its] = [this.#freeHandle(), from.#freeHandle()]
    const central = { host: this, handle: mine }
    const peripheral = { host: from, handle: its }
    const link = this.air.link(central, peripheral, this, from, dialling.timeout * 10)
    this.#hold(mine, link, theirs, 'central', dialling)
    from.#hold(its, link, ours, 'peripheral', dialling)
    return true
  }

  #hold(
    handle: number,
    link: AirLink,
    peer: RadioAddress,
    role: Held['role'],
    terms: Dialling,
  ): void {
    this.links.set(handle, { link, peer, role, outstanding: 0 })
    const numbers = [terms.interval, terms.latency, terms.timeout].map(u16)
    const head = [
      Buffer.from([0]),
      u16(handle),
      Buffer.from([role === 'central' ? 0 : 1, peer.type]),
      peer.bytes,
    ]
    this.host.leEvent(LE.connected, Buffer.concat([...head, ...numbers, Buffer.from([0])]))
  }

  #freeHandle(): number {
    do this.#nextHandle = this.#nextHandle >= 0xeff ? 0x40 : this.#nextHandle + 1
    while (this.links.has(this.#nextHandle))
    return this.#nextHandle
  }
}
