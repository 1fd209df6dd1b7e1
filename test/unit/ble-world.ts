import { seededRandom } from '../../core/random.ts'
import type { Random } from '../../core/random.ts'
import { silentLogger } from '../../core/logger.ts'
import type { Link } from '../../core/transport.ts'
import { BleTransport } from '../../transports/ble/index.ts'
import type { Power } from '../../transports/ble/index.ts'
import type { RadioAbilities } from '../../transports/ble/radio.ts'
import { ABLE, FakeAir } from '../ble/fake-air.ts'
import type { FakeRadio } from '../ble/fake-air.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

export const TOPIC = Buffer.alloc(32, 7)
const LIMIT_MS = 10 * 60_000

export interface DeviceOptions {
  readonly abilities?: RadioAbilities
  readonly topics?: readonly Uint8Array[]
  /** Its recognition key, and those it knows. */
  readonly own?: Uint8Array
  readonly known?: readonly Uint8Array[]
  readonly power?: () => Power
}

/** A device and all links it was given. */
export interface Device {
  readonly radio: FakeRadio
  readonly ble: BleTransport
  readonly links: Link[]
}

/** Transports in one air, in virtual time. */
export class BleWorld {
  readonly clock = new VirtualClock()
  readonly random: Random
  readonly air: FakeAir
  readonly #devices: Device[] = []

  constructor(seed = 1) {
    this.random = seededRandom(seed)
    this.air = new FakeAir({ clock: this.clock, random: this.random })
  }

  /** A device, not started. */
  device(options: DeviceOptions = {}): Device {
    const { abilities = ABLE, topics = [TOPIC], own, known = [], power } = options
    const radio = this.air.radio(abilities)
    const ble = new BleTransport({
      radio,
      clock: this.clock,
      random: this.random,
      logger: silentLogger,
      ...(power ? { power } : {}),
    })
    const device: Device = { radio, ble, links: [] }
    ble.on('link', (link) => {
      device.links.push(link)
      link.stream.on('error', () => {})
      link.stream.resume()
    })
    for (const topic of topics) ble.join(topic)
    if (own) ble.recognise(own, known)
    this.#devices.push(device)
    return device
  }

  /** Lets time pass until it is so; gives the milliseconds that took. */
  async until(what: string, condition: () => boolean, limit = LIMIT_MS): Promise<number> {
    const from = this.clock.monotonic()
    if (!(await this.clock.runUntil(condition, limit)))
      throw new Error(`waited ${limit / 1_000} s of virtual time for ${what}`)
    return this.clock.monotonic() - from
  }

  async close(): Promise<void> {
    const stopped = Promise.all(this.#devices.map(({ ble }) => ble.stop()))
    let done = false
    void stopped.finally(() => (done = true))
    await this.clock.runUntil(() => done, LIMIT_MS)
    this.air.close()
    await stopped
  }
}

/** Links of a device that are open. */
export function openLinks({ links }: Device): Link[] {
  return links.filter(({ stream }) => !stream.destroyed)
}
