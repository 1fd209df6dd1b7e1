/** A `Radio` that is a child process: starts it, watches over it, starts it again, and passes on what it says. */
import { EventEmitter } from 'node:events'
import { every } from '../../../core/clock.ts'
import type { Clock, Timer } from '../../../core/clock.ts'
import { PorchlightError } from '../../../core/errors.ts'
import type { Logger } from '../../../core/logger.ts'
import type { Random } from '../../../core/random.ts'
import type { TransportStatus } from '../../../core/transport.ts'
import { ADVERTISED_BYTES } from '../radio.ts'
import type { Duty, Radio, RadioAbilities, RadioChannel, RadioEvents } from '../radio.ts'
import { ChildChannel } from './child-channel.ts'
import { spawnChild } from './child-port.ts'
import type { ChildOptions, ChildPort } from './child-port.ts'
import type { FamilyName } from './family.ts'
import { CAME_BACK } from './ipc-codec.ts'
import type { Message, Trouble } from './ipc-codec.ts'
import { decodePeer, encodePeer } from './peer-name.ts'
import { randomAddress } from './random-address.ts'
import { restartWait } from './restart-policy.ts'
import { reasonOf } from './trouble.ts'

const BEAT_MS = 2_000
/** Beats without a word after which it is taken for dead: it blocks, or is frozen. */
const MOST_MISSED = 5
/** The same while it starts, which takes a busy computer longer. */
const MOST_MISSED_STARTING = 15
const STOP_MS = 4_000
const DIAL_MS = 15_000
const MOST_CHANNELS = 32
/** In a row; from then on it is for people to know, though it is still tried. */
const MOST_CRASHES = 5
/** A child that lived this long did well, whatever ended it. */
const LIVED_MS = 60_000

export interface ChildRadioOptions {
  readonly driver: FamilyName
  /** The number of the adapter; else the first that is on. */
  readonly adapter?: number | undefined
  /** The largest ATT MTU that it negotiates, 23 to 517. */
  readonly mtu?: number | undefined
  /** Added to the environment of the child. */
  readonly env?: NodeJS.ProcessEnv | undefined
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Starts the child; for tests. */
  readonly spawn?: (options: ChildOptions) => ChildPort
}

interface Attempt {
  readonly opened: (channel: ChildChannel) => void
  readonly failed: () => void
}

const UNKNOWN: RadioAbilities = {
  bothRoles: false,
  dialled: 1,
  accepted: 1,
  links: 1,
  rotatesAddress: false,
}

export class ChildRadio extends EventEmitter<RadioEvents> implements Radio {
  readonly #options: ChildRadioOptions
  readonly #clock: Clock
  #status: TransportStatus = { state: 'off' }
  #abilities = UNKNOWN
  #wanted = false
  #port: ChildPort | null = null
  #settled: Promise<void> | null = null
  #settle: () => void = () => {}
  #address: string
  #payload: Buffer | null = null
  #duty: Duty = { advertise: false, scan: 0 }
  #trouble: Trouble | null = null
  #failures = 0
  #bornAt = 0
  #heardFrom = false
  #missed = 0
  #untidy = false
  /** The child was told to stop. */
  #leaving = false
  #beat: Timer | null = null
  #again: Timer | null = null
  #lastAttempt = 0
  readonly #attempts = new Map<number, Attempt>()
  readonly #channels = new Map<number, ChildChannel>()

  constructor(options: ChildRadioOptions) {
    super()
    this.#options = options
    this.#clock = options.clock
    this.#address = randomAddress(options.random)
  }

  get status(): TransportStatus {
    return this.#status
  }

  get abilities(): RadioAbilities {
    return this.#abilities
  }

  async start(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return
    if (!this.#wanted) {
      this.#wanted = true
      this.#failures = 0
      this.#settled = new Promise((resolve) => (this.#settle = resolve))
      this.#say({ state: 'starting' })
      // One that is about to end has the adapter until then.
      if (!this.#port) this.#launch()
    }
    const aborted = new Promise<void>((resolve) => {
      signal?.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([this.#settled, aborted])
    if (signal?.aborted) await this.stop()
  }

  async stop(): Promise<void> {
    this.#wanted = false
    this.#settle()
    this.#again?.cancel()
    this.#again = null
    const port = this.#port
    if (port) {
      const gone = new Promise<void>((resolve) => port.once('gone', () => resolve()))
      this.#leaving = true
      const late = this.#clock.after(STOP_MS, () => port.kill())
      port.tell({ kind: 'stop' })
      await gone
      late.cancel()
    }
    if (!this.#wanted) this.#say({ state: 'off' })
  }

  async identify(payload: Uint8Array): Promise<void> {
    if (payload.length !== ADVERTISED_BYTES) throw new RangeError(`${payload.length} bytes`)
    this.#payload = Buffer.from(payload)
    this.#address = randomAddress(this.#options.random)
    this.#tellIdentity()
  }

  setDuty(duty: Duty): void {
    const scan = Math.min(1, Math.max(0, duty.scan))
    if (duty.advertise === this.#duty.advertise && scan === this.#duty.scan) return
    this.#duty = { advertise: duty.advertise, scan }
    this.#port?.tell({ kind: 'duty', ...this.#duty })
  }

  async connect(peer: string, signal: AbortSignal): Promise<RadioChannel> {
    const to = decodePeer(peer)
    const port = this.#port
    if (!to || !port || this.#status.state !== 'on' || signal.aborted) throw unreachable()
    const attempt = ++this.#lastAttempt
    return new Promise((resolve, reject) => {
      const over = (): void => {
        this.#attempts.delete(attempt)
        late.cancel()
        signal.removeEventListener('abort', abandon)
      }
      const failed = (): void => {
        over()
        reject(unreachable())
      }
      const abandon = (): void => {
        failed()
        port.tell({ kind: 'abandon', attempt })
      }
      const opened = (channel: ChildChannel): void => {
        over()
        resolve(channel)
      }
      const late = this.#clock.after(DIAL_MS, abandon)
      this.#attempts.set(attempt, { opened, failed })
      signal.addEventListener('abort', abandon, { once: true })
      port.tell({ kind: 'connect', attempt, ...to })
    })
  }

  #launch(): void {
    const { driver, adapter, mtu = 517, env = {}, spawn = spawnChild } = this.#options
    this.#bornAt = this.#clock.monotonic()
    this.#trouble = null
    this.#heardFrom = false
    this.#missed = 0
    let port: ChildPort
    try {
      port = spawn({ driver, adapter, mtu, env, reset: this.#untidy })
    } catch {
      // No memory or no descriptors left, for now.
      return this.#gone(null)
    }
    this.#port = port
    port.on('message', (message) => {
      if (this.#port === port && !this.#leaving) this.#heard(port, message)
    })
    port.once('gone', (code) => {
      if (this.#port === port) this.#gone(code)
    })
    this.#beat = every(this.#clock, BEAT_MS, () => this.#ping(port))
    this.#tellIdentity()
    port.tell({ kind: 'duty', ...this.#duty })
  }

  #tellIdentity(): void {
    const [address, payload] = [this.#address, this.#payload]
    this.#port?.tell({ kind: 'identify', address, payload })
  }

  /** Beats are counted, not time: a parent that slept must not take its child for dead. */
  #ping(port: ChildPort): void {
    if (this.#missed >= (this.#heardFrom ? MOST_MISSED : MOST_MISSED_STARTING)) {
      this.#options.logger.warn('ble.child-silent')
      port.kill()
    }
    this.#missed++
    port.tell({ kind: 'ping', count: this.#missed })
  }

  #heard(port: ChildPort, message: Message): void {
    this.#heardFrom = true
    this.#missed = 0
    switch (message.kind) {
      case 'on':
        this.#untidy = true
        this.#abilities = message.abilities
        this.#say({ state: 'on' })
        return this.#settle()
      case 'trouble':
        return this.#inTrouble(message.trouble)
      case 'sighting': {
        const { address, addressType, rssi, payload } = message
        const peer = encodePeer({ address, addressType })
        if (this.#status.state === 'on') this.emit('sighting', { peer, address, rssi, payload })
        return
      }
      case 'opened':
        return this.#opened(port, message)
      case 'failed':
        return this.#attempts.get(message.attempt)?.failed()
      case 'packet': {
        const channel = this.#channels.get(message.channel)
        // It grew, or the child is not to be trusted; a packet that fits no channel is nobody's.
        if (channel && message.bytes.length <= channel.maxPacket) channel.arrived(message.bytes)
        return
      }
      case 'sent':
        return this.#channels.get(message.channel)?.sent(message.bytes)
      case 'mtu':
        return this.#channels.get(message.channel)?.grown(message.maxPacket)
      case 'closed':
        return this.#close(message.channel)
      case 'pong':
        return
      default:
        // What only a parent says.
        return port.kill()
    }
  }

  #opened(port: ChildPort, message: Message & { kind: 'opened' }): void {
    const { attempt, channel: id, address, maxPacket } = message
    if (this.#channels.has(id)) return port.kill()
    const waiting = this.#attempts.get(attempt)
    const unwanted = attempt !== 0 && !waiting
    if (unwanted || this.#channels.size >= MOST_CHANNELS || this.#status.state !== 'on') {
      waiting?.failed()
      return port.tell({ kind: 'close', channel: id })
    }
    const channel = new ChildChannel({
      role: attempt === 0 ? 'peripheral' : 'central',
      address,
      maxPacket,
      clock: this.#clock,
      send: (packet) => port.tell({ kind: 'packet', channel: id, bytes: Buffer.from(packet) }),
      close: () => port.tell({ kind: 'close', channel: id }),
    })
    this.#channels.set(id, channel)
    if (waiting) waiting.opened(channel)
    else this.emit('channel', channel)
  }

  #close(id: number): void {
    const channel = this.#channels.get(id)
    this.#channels.delete(id)
    channel?.ended()
  }

  #inTrouble(trouble: Trouble): void {
    this.#trouble = trouble
    this.#options.logger.info('ble.trouble', { trouble })
    this.#say({ state: 'unavailable', reason: reasonOf(trouble, this.#options.driver) })
    this.#dropAll()
    this.#settle()
  }

  #gone(code: number | null): void {
    this.#port = null
    this.#beat?.cancel()
    this.#dropAll()
    // A child that left by itself has left nothing behind at the controller.
    if (code === 0) this.#untidy = false
    const told = this.#leaving
    this.#leaving = false
    if (!this.#wanted) return
    if (told) return this.#launch()
    const lived = this.#clock.monotonic() - this.#bornAt >= LIVED_MS
    this.#failures = lived ? 1 : this.#failures + 1
    const cameBack = code === CAME_BACK
    const wait = restartWait({ trouble: this.#trouble, cameBack, failures: this.#failures })
    if (this.#failures >= MOST_CRASHES && !cameBack) this.#inTrouble(this.#trouble ?? 'stuck')
    else if (this.#trouble === null || cameBack) this.#say({ state: 'starting' })
    this.#options.logger.info('ble.child-gone', { code: code ?? -1, wait })
    this.#again = this.#clock.after(wait, () => this.#launch())
  }

  #dropAll(): void {
    for (const attempt of this.#attempts.values()) attempt.failed()
    for (const id of this.#channels.keys()) this.#close(id)
  }

  #say(status: TransportStatus): void {
    if (status.state === this.#status.state && status.reason === this.#status.reason) return
    this.#status = status
    this.emit('status', status)
  }
}

function unreachable(): PorchlightError {
  return new PorchlightError(
    'UNREACHABLE',
    'The device did not answer by Bluetooth. Nothing was lost; bring the two closer together and it is tried again by itself.',
  )
}
