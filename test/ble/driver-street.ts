/** Real radios, that is child processes with noble and bleno, on emulated adapters that hear each other. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../core/clock.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import { ChildRadio } from '../../transports/ble/driver/child-radio.ts'
import { spawnChild } from '../../transports/ble/driver/child-port.ts'
import type { ChildPort } from '../../transports/ble/driver/child-port.ts'
import type { ChildRadioOptions } from '../../transports/ble/driver/child-radio.ts'
import {
  ADVERTISEMENT,
  encodeScanResponse,
} from '../../transports/ble/driver/advertisement-codec.ts'
import { ADVERTISED_BYTES } from '../../transports/ble/radio.ts'
import type { Radio, RadioChannel, Sighting } from '../../transports/ble/radio.ts'
import { until } from '../compliance/until.ts'
import { Air } from './air.ts'
import type { CraftedHost } from './crafted-host.ts'

const SHIM = fileURLToPath(new URL('./hci-shim.cjs', import.meta.url))

export class DriverStreet {
  readonly air = new Air({ clock: systemClock, random: systemRandom })
  readonly #folder: string
  readonly #radios: ChildRadio[] = []
  readonly #children = new Map<ChildRadio, ChildPort>()

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(): Promise<DriverStreet> {
    return new DriverStreet(await mkdtemp(join(tmpdir(), 'pl-drv-')))
  }

  path(name: string): string {
    return join(this.#folder, `${name}.sock`)
  }

  /** A radio on an adapter of that name, not started. */
  async radio(
    name: string,
    driver: ChildRadioOptions['driver'],
    more: Partial<ChildRadioOptions> = {},
  ): Promise<ChildRadio> {
    await this.air.listen(this.path(name), name)
    return this.radioWith(driver, { PORCHLIGHT_TEST_HCI: this.path(name) }, more)
  }

  radioWith(
    driver: ChildRadioOptions['driver'],
    env: NodeJS.ProcessEnv,
    more: Partial<ChildRadioOptions> = {},
  ): ChildRadio {
    const radio: ChildRadio = new ChildRadio({
      spawn: (options) => {
        const child = spawnChild(options)
        this.#children.set(radio, child)
        return child
      },
      driver,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      env: { NODE_OPTIONS: `--require ${SHIM}`, ...env },
      ...more,
    })
    this.#radios.push(radio)
    return radio
  }

  /** The process that a radio has now. */
  childOf(radio: ChildRadio): number {
    const pid = this.#children.get(radio)?.pid
    if (pid === undefined) throw new Error('The radio has no process.')
    return pid
  }

  /** Has a crafted host advertise as a device of ours would. */
  advertiseLike(host: CraftedHost, number: number): void {
    host.advertise(ADVERTISEMENT, encodeScanResponse(payload(number)))
  }

  async close(): Promise<void> {
    await Promise.all(this.#radios.map((radio) => radio.stop()))
    await this.air.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** The payload that a device of that number advertises. */
export function payload(number: number): Buffer {
  return Buffer.alloc(ADVERTISED_BYTES, number)
}

/** Starts a radio that is to be found and looks. */
export async function startBusy(radio: Radio, number: number): Promise<void> {
  await radio.start()
  await radio.identify(payload(number))
  radio.setDuty({ advertise: true, scan: 1 })
}

/** What `radio` hears of the device that advertises `number`. */
export async function sightingOf(radio: Radio, number: number): Promise<Sighting> {
  let found: Sighting | undefined
  const hear = (sighting: Sighting): void => {
    if (payload(number).equals(sighting.payload)) found = sighting
  }
  radio.on('sighting', hear)
  const heard = await until(`device ${number} to be heard`, () => found)
  radio.off('sighting', hear)
  return heard
}

/** `from` dials the device that advertises `number`, which is `to`: both ends, once they are there. */
export async function dial(
  from: Radio,
  to: Radio,
  number: number,
): Promise<{ central: RadioChannel; peripheral: RadioChannel }> {
  let peripheral: RadioChannel | undefined
  const open = (channel: RadioChannel): void => void (peripheral = channel)
  to.on('channel', open)
  const { peer } = await sightingOf(from, number)
  const central = await from.connect(peer, new AbortController().signal)
  const other = await until('the other end of the link', () => peripheral)
  to.off('channel', open)
  return { central, peripheral: other }
}

/** Sends `count` packets of the largest size one way, and gives what arrived. */
export async function stream(
  from: RadioChannel,
  to: RadioChannel,
  count: number,
): Promise<readonly Uint8Array[]> {
  const arrived: Uint8Array[] = []
  const take = (packet: Uint8Array): void => void arrived.push(packet)
  to.on('packet', take)
  for (let n = 0; n < count; n++) {
    if (!from.send(numbered(n, from.maxPacket))) {
      await new Promise<void>((resolve) => from.once('drain', resolve))
    }
  }
  await until(`${count} packets`, () => arrived.length >= count)
  to.off('packet', take)
  return arrived
}

/** A packet that tells its place, of `size` bytes. */
export function numbered(n: number, size: number): Buffer {
  const packet = Buffer.alloc(size, n & 0xff)
  packet.writeUInt32LE(n, 0)
  return packet
}
