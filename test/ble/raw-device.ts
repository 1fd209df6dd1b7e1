import { EventEmitter } from 'node:events'
import type { Air } from './air.ts'
import type { Controller } from './controller.ts'
import { ACL, EVENT, acl, command } from './h4.ts'
import {
  ADVERTISING,
  EVT,
  LE,
  OP,
  PUBLIC,
  RANDOM,
  STATUS,
  addressBytes,
  addressText,
  u16,
} from './hci.ts'
import { RawLink } from './raw-link.ts'

/** What a bare device shows of itself. */
export interface RawAdvertisement {
  readonly data: Uint8Array
  readonly scanResponse?: Uint8Array
  /** A random address to show instead of its own, in the written form. */
  readonly address?: string
  readonly intervalMs?: number
  readonly type?: number
}

/** An advertisement or a scan response that it heard. */
export interface RawSighting {
  readonly type: number
  readonly address: string
  readonly random: boolean
  readonly data: Buffer
  readonly rssi: number
}

export interface RawDeviceEvents {
  sighting: [sighting: RawSighting]
  /** A connection, dialled or taken. */
  link: [link: RawLink]
  /** Every HCI packet of its controller, as it came. */
  packet: [packet: Buffer]
}

interface Asked {
  readonly opcode: number
  readonly done: (result: Buffer) => void
}

/** A host without a stack, in this process: it speaks HCI and puts any bytes on the air. */
export class RawDevice extends EventEmitter<RawDeviceEvents> {
  readonly links = new Map<number, RawLink>()
  readonly #air: Air
  readonly #controller: Controller
  readonly #asked: Asked[] = []
  #held: Buffer[] | null = null
  #dialled: ((status: number, link: RawLink | null) => void) | null = null

  constructor(air: Air, name: string) {
    super()
    this.#air = air
    this.#controller = air.attach(name, {
      // Never in the middle of what the controller does: a host is another computer.
      write: (packet) => this.#receive(packet),
      cut: () => this.close(),
    })
  }

  /** The address that was burned in. */
  get address(): string {
    return addressText(this.#controller.publicAddress)
  }

  /** A command and the parameters of what answers it: the status first. */
  ask(opcode: number, parameters: Uint8Array = Buffer.alloc(0)): Promise<Buffer> {
    const answered = new Promise<Buffer>((done) => void this.#asked.push({ opcode, done }))
    this.write(command(opcode, parameters))
    return answered
  }

  /** Any bytes, to the controller. */
  write(bytes: Uint8Array): void {
    this.#controller.fromHost(bytes)
  }

  /** Shows itself; resolves with the status. */
  async advertise(what: RawAdvertisement): Promise<number> {
    const { data, scanResponse = Buffer.alloc(0), address, intervalMs = 100 } = what
    await this.ask(OP.leSetAdvertising, Buffer.from([0]))
    if (address !== undefined) await this.ask(OP.leSetRandomAddress, addressBytes(address))
    const units = u16(Math.round(intervalMs / 0.625))
    const ownType = address === undefined ? PUBLIC : RANDOM
    const type = what.type ?? ADVERTISING.connectable
    const rest = Buffer.from([type, ownType, 0, 0, 0, 0, 0, 0, 0, 7, 0])
    await this.ask(OP.leSetAdvertisingParameters, Buffer.concat([units, units, rest]))
    await this.ask(OP.leSetAdvertisingData, Buffer.from([data.length, ...data]))
    await this.ask(OP.leSetScanResponse, Buffer.from([scanResponse.length, ...scanResponse]))
    const [status] = await this.ask(OP.leSetAdvertising, Buffer.from([1]))
    return status!
  }

  /** Shows itself no longer. */
  async hide(): Promise<void> {
    await this.ask(OP.leSetAdvertising, Buffer.from([0]))
  }

  /** Listens; `once` for each sender once. */
  async scan({ active = true, once = false, share = 1 } = {}): Promise<void> {
    const [interval, window] = [u16(1_600), u16(Math.round(1_600 * share))]
    const rest = Buffer.from([0, 0])
    const parameters = Buffer.concat([Buffer.from([active ? 1 : 0]), interval, window, rest])
    await this.ask(OP.leSetScanning, Buffer.from([0, 0]))
    await this.ask(OP.leSetScanParameters, parameters)
    await this.ask(OP.leSetScanning, Buffer.from([1, once ? 1 : 0]))
  }

  /** Dials; the link comes by `link` too. Rejects with the status when the controller refuses or it is cancelled. */
  async connect(
    address: string,
    { random = false, supervisionMs = 2_000, signal }: ConnectOptions = {},
  ): Promise<RawLink> {
    const scan = Buffer.concat([u16(0x60), u16(0x60), Buffer.from([0, random ? 1 : 0])])
    const terms = [6, 6, 0, supervisionMs / 10, 0, 0].map(u16)
    const parameters = [scan, addressBytes(address), Buffer.from([0]), ...terms]
    const came = new Promise<RawLink>((resolve, reject) => {
      const settle = (status: number, link: RawLink | null): void => {
        this.#dialled = null
        if (link !== null) resolve(link)
        else reject(new Error(`No connection: status ${status}`))
      }
      this.#dialled = settle
    })
    const cancel = (): void => void this.ask(OP.leCancelConnect)
    signal?.addEventListener('abort', cancel, { once: true })
    const [status] = await this.ask(OP.leConnect, Buffer.concat(parameters))
    if (status !== STATUS.ok) this.#dialled?.(status!, null)
    return came.finally(() => signal?.removeEventListener('abort', cancel))
  }

  /** Takes nothing from its controller until `take(true)`, as a host that hangs. */
  take(on: boolean): void {
    if (!on) {
      this.#held ??= []
      return
    }
    const held = this.#held ?? []
    this.#held = null
    for (const packet of held) this.#handle(packet)
    this.#controller.hostReady()
  }

  /** Gone without a word. */
  close(): void {
    this.#air.detach(this.#controller)
    for (const link of this.links.values()) link.ended(STATUS.endedHere)
    this.links.clear()
  }

  #receive(packet: Buffer): boolean {
    if (this.#held !== null) {
      this.#held.push(packet)
      return false
    }
    queueMicrotask(() => this.#handle(packet))
    return true
  }

  #handle(packet: Buffer): void {
    this.emit('packet', packet)
    if (packet[0] === ACL) {
      const header = packet.readUInt16LE(1)
      this.links.get(header & 0xfff)?.received(header >> 12 !== 1, packet.subarray(5))
    } else if (packet[0] === EVENT) {
      this.#event(packet[1]!, packet.subarray(3))
    }
  }

  #event(code: number, parameters: Buffer): void {
    if (code === EVT.commandComplete) {
      this.#answered(parameters.readUInt16LE(1), parameters.subarray(3))
    } else if (code === EVT.commandStatus) {
      this.#answered(parameters.readUInt16LE(2), parameters.subarray(0, 1))
    } else if (code === EVT.completedPackets) {
      this.links.get(parameters.readUInt16LE(1))?.sent(parameters.readUInt16LE(3))
    } else if (code === EVT.disconnected) {
      const handle = parameters.readUInt16LE(1)
      const link = this.links.get(handle)
      this.links.delete(handle)
      link?.ended(parameters[3]!)
    } else if (code === EVT.le) {
      this.#leEvent(parameters[0]!, parameters.subarray(1))
    }
  }

  #leEvent(code: number, parameters: Buffer): void {
    if (code === LE.connected) this.#connected(parameters)
    if (code !== LE.report) return
    const length = parameters[9]!
    this.emit('sighting', {
      type: parameters[1]!,
      random: parameters[2] === RANDOM,
      address: addressText({ type: 0, bytes: parameters.subarray(3, 9) }),
      data: parameters.subarray(10, 10 + length),
      rssi: parameters.readInt8(10 + length),
    })
  }

  #connected(parameters: Buffer): void {
    if (parameters[0] !== STATUS.ok) return this.#dialled?.(parameters[0]!, null)
    const handle = parameters.readUInt16LE(1)
    const central = parameters[3] === 0
    const peer = addressText({ type: 0, bytes: parameters.subarray(5, 11) })
    const link = new RawLink(central ? 'central' : 'peripheral', peer, {
      send: (start, data) => this.write(acl(handle, start ? 0 : 1, data)),
      end: (reason) => {
        this.write(command(OP.disconnect, Buffer.concat([u16(handle), Buffer.from([reason])])))
      },
    })
    this.links.set(handle, link)
    this.emit('link', link)
    if (central) this.#dialled?.(STATUS.ok, link)
  }

  #answered(opcode: number, result: Buffer): void {
    const at = this.#asked.findIndex((asked) => asked.opcode === opcode)
    if (at !== -1) this.#asked.splice(at, 1)[0]!.done(Buffer.from(result))
  }
}

export interface ConnectOptions {
  /** Whether the address is a random one. */
  readonly random?: boolean
  readonly supervisionMs?: number
  /** Its abort cancels the attempt. */
  readonly signal?: AbortSignal
}
