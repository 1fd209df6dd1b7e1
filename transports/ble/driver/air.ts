/**
 * What this device lets others hear and whether it listens, done with the controller's own commands: neither library
 * can set a random address, and their ways to start and stop differ. One thing after another. The adapter's own
 * address, which stays for good, is never used: without a random one nothing is sent.
 */
import { every } from '../../../core/clock.ts'
import type { Clock, Timer } from '../../../core/clock.ts'
import { ADVERTISEMENT, encodeScanResponse } from './advertisement-codec.ts'
import { OPCODE, STATUS, addressBytes } from './hci-codec.ts'
import type { HciHost } from './hci-host.ts'

const ADVERTISING_INTERVAL = units(100)
const SCAN_INTERVAL = units(100)
const SHORTEST_WINDOW = units(2.5)
const AGAIN_MS = 2_000
/** Other programs that use the adapter may have switched off what was on. */
const REFRESH_MS = 30_000
const ADVERTISING_BYTES = 31

/** What is wanted of it. */
export interface Wanted {
  /** The random address to use from now on. */
  readonly address: string | null
  readonly payload: Buffer | null
  readonly advertise: boolean
  /** Share of the time, 0 to 1. */
  readonly scan: number
}

export class Air {
  /** Whether the controller is found, looks, dials and holds links in both roles at the same time. */
  bothRoles = true
  readonly #host: HciHost
  readonly #clock: Clock
  readonly #mostIncoming: number
  #wanted: Wanted = { address: null, payload: null, advertise: false, scan: 0 }
  /** What is set, and what is shown under it: the one never goes without the other. */
  #address: string | null = null
  #payload: Buffer | null = null
  /** What is advertised now; null for nothing. */
  #advertised: Buffer | null = null
  #scanned = 0
  #dialling = false
  #turn: Promise<void> = Promise.resolve()
  #again: Timer | null = null
  readonly #refresh: Timer
  #closed = false

  constructor(options: { host: HciHost; clock: Clock; mostIncoming: number }) {
    this.#host = options.host
    this.#clock = options.clock
    this.#mostIncoming = options.mostIncoming
    // A controller ends its advertising with each link that comes of it.
    this.#host.on('connected', (link) => {
      if (link.role === 'peripheral') this.#silent()
      void this.#apply()
    })
    this.#host.on('disconnected', () => void this.#apply())
    this.#refresh = every(this.#clock, REFRESH_MS, () => this.#next(() => this.#keepOn()))
  }

  /** Sets the address; false when the controller does not let it, as it may do once it is reset. */
  async begin(address: string): Promise<boolean> {
    await this.#host.command(OPCODE.setAdvertising, OFF)
    await this.#host.command(OPCODE.setScanning, DEAF)
    const set = await this.#host.command(OPCODE.setRandomAddress, addressBytes(address))
    this.#address = address
    const states = await this.#host.command(OPCODE.readSupportedStates)
    this.bothRoles = states.status !== STATUS.ok || allowsBothRoles(states.result)
    const legacy = await this.#advertisingParameters()
    return set.status === STATUS.ok && legacy !== STATUS.disallowed
  }

  want(wanted: Partial<Wanted>): void {
    this.#wanted = { ...this.#wanted, ...wanted }
    void this.#apply()
  }

  /** Listening pauses while `work` dials, and the address stays. */
  async whileDialling<T>(work: () => Promise<T>): Promise<T> {
    this.#dialling = true
    await this.#apply()
    try {
      return await work()
    } finally {
      this.#dialling = false
      void this.#apply()
    }
  }

  async close(): Promise<void> {
    this.want({ advertise: false, scan: 0 })
    this.#closed = true
    this.#again?.cancel()
    this.#refresh.cancel()
    await this.#turn
  }

  #apply(): Promise<void> {
    return this.#next(() => this.#step())
  }

  #next(step: () => Promise<void>): Promise<void> {
    if (this.#closed) return this.#turn
    const turn = this.#turn.then(step)
    // A controller that does not answer is told of by the host.
    this.#turn = turn.catch(() => {})
    return this.#turn
  }

  async #step(): Promise<void> {
    const { address, payload, advertise, scan } = this.#wanted
    const rotate = address !== null && address !== this.#address && !this.#dialling
    if (rotate) await this.#rotate(address, payload)
    else if (address === this.#address) this.#payload = payload
    const advertised = advertise && this.#hasRoom() ? this.#payload : null
    const same = advertised === this.#advertised || advertised?.equals(this.#advertised ?? EMPTY)
    if (this.#advertised && !same) await this.#stopAdvertising()
    const scanned = this.#dialling ? 0 : scan
    if (this.#scanned > 0 && scanned !== this.#scanned) await this.#stopScanning()
    if (advertised && !this.#advertised) await this.#advertise(advertised)
    if (scanned > 0 && this.#scanned === 0) await this.#scan(scanned)
  }

  /** No address is set while anything is on, of other programs either; then the old one stays with its payload. */
  async #rotate(address: string, payload: Buffer | null): Promise<void> {
    await this.#stopAdvertising()
    await this.#stopScanning()
    const { status } = await this.#host.command(OPCODE.setRandomAddress, addressBytes(address))
    if (status !== STATUS.ok) return this.#tryAgain()
    this.#address = address
    this.#payload = payload
  }

  #hasRoom(): boolean {
    const links = [...this.#host.links.values()]
    return links.filter(({ role }) => role === 'peripheral').length < this.#mostIncoming
  }

  async #advertise(payload: Buffer): Promise<void> {
    // What is on already was switched on by others, with an address of theirs.
    await this.#stopAdvertising()
    if ((await this.#advertisingParameters()) !== STATUS.ok) return this.#tryAgain()
    await this.#host.command(OPCODE.setAdvertisingData, padded(ADVERTISEMENT))
    await this.#host.command(OPCODE.setScanResponse, padded(encodeScanResponse(payload)))
    // Before the answer, with which the first who dials may come.
    this.#host.advertising = true
    this.#advertised = payload
    const { status } = await this.#host.command(OPCODE.setAdvertising, ON)
    if (status === STATUS.ok) return
    // Some controllers do not advertise beside as many links as they hold, or while they dial.
    this.#silent()
    this.#tryAgain()
  }

  async #advertisingParameters(): Promise<number> {
    const parameters = Buffer.alloc(15)
    parameters.writeUInt16LE(ADVERTISING_INTERVAL, 0)
    parameters.writeUInt16LE(ADVERTISING_INTERVAL, 2)
    parameters[5] = OWN_ADDRESS
    parameters[13] = 7
    return (await this.#host.command(OPCODE.setAdvertisingParameters, parameters)).status
  }

  #silent(): void {
    this.#advertised = null
    this.#host.advertising = false
  }

  async #stopAdvertising(): Promise<void> {
    this.#advertised = null
    await this.#host.command(OPCODE.setAdvertising, OFF)
    // Not before: who dialled until then dialled us.
    this.#host.advertising = false
  }

  async #scan(share: number): Promise<void> {
    await this.#stopScanning()
    const parameters = Buffer.alloc(7)
    // Active: the payload is in the scan response.
    parameters[0] = 1
    parameters.writeUInt16LE(SCAN_INTERVAL, 1)
    parameters.writeUInt16LE(Math.max(SHORTEST_WINDOW, Math.round(SCAN_INTERVAL * share)), 3)
    parameters[5] = OWN_ADDRESS
    const set = await this.#host.command(OPCODE.setScanParameters, parameters)
    if (set.status !== STATUS.ok) return this.#tryAgain()
    const { status } = await this.#host.command(OPCODE.setScanning, LISTEN)
    if (status === STATUS.ok) this.#scanned = share
    else this.#tryAgain()
  }

  async #stopScanning(): Promise<void> {
    this.#scanned = 0
    await this.#host.command(OPCODE.setScanning, DEAF)
  }

  async #keepOn(): Promise<void> {
    if (this.#advertised) await this.#advertise(this.#advertised)
    if (this.#scanned > 0) await this.#scan(this.#scanned)
  }

  #tryAgain(): void {
    this.#again?.cancel()
    this.#again = this.#clock.after(AGAIN_MS, () => void this.#apply())
  }
}

/** Advertising while it scans, dials and is central; dialling while it is peripheral (volume 4 part E, 7.8.27). */
const STATES_NEEDED = [14, 32, 35, 41]
/** As HCI writes it: the random one, in each command that has the choice. */
export const OWN_ADDRESS = 1
const ON = Buffer.from([1])
const OFF = Buffer.from([0])
/** Each advertisement is told of, also the second of a device. */
const LISTEN = Buffer.from([1, 0])
const DEAF = Buffer.from([0, 0])
const EMPTY = Buffer.alloc(0)

/** By the bits of the states that a controller supports at the same time. */
function allowsBothRoles(states: Uint8Array): boolean {
  return STATES_NEEDED.every((bit) => (((states[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1)
}

function units(ms: number): number {
  return Math.round(ms / 0.625)
}

function padded(data: Buffer): Buffer {
  const whole = Buffer.alloc(1 + ADVERTISING_BYTES)
  whole[0] = data.length
  data.copy(whole, 1)
  return whole
}
