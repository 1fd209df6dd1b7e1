/** Makes links to other devices, one at a time, and finds the service on them; noble's GATT does the latter. */
import type { Clock } from '../../../core/clock.ts'
import { SERVICE_UUID, TO_CENTRAL_UUID, TO_PERIPHERAL_UUID } from '../uuids.ts'
import { OWN_ADDRESS } from './air.ts'
import type { Air } from './air.ts'
import type { Family, NobleCharacteristic, NoblePeripheral } from './family.ts'
import { OPCODE, STATUS, addressBytes, command } from './hci-codec.ts'
import type { AddressType } from './hci-codec.ts'
import type { HciHost } from './hci-host.ts'
import type { HciLink } from './hci-link.ts'

/** For the link itself; the rest of `DIAL_MS` is for finding the service. */
const CREATE_MS = 7_000
const CANCEL_MS = 4_000
/** For all of an attempt. */
export const DIAL_MS = 10_000
const SCAN_ALWAYS = 0x60
/** 7.5 to 15 ms between a link's turns; it is lost after 4 s without a sign. */
const INTERVALS = { least: 6, most: 12 }
const SUPERVISION = 400
const LONGEST = { octets: 251, microseconds: 2_120 }

/** A link that is ready: what is written goes to the other end. */
export interface Dialled {
  readonly link: HciLink
  readonly write: (packet: Buffer) => void
}

export class Dialler {
  readonly #host: HciHost
  readonly #air: Air
  readonly #family: Family
  readonly #clock: Clock
  readonly #onstuck: () => void
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: {
    host: HciHost
    air: Air
    family: Family
    clock: Clock
    /** The controller neither made nor gave up a link. */
    onstuck: () => void
  }) {
    this.#host = options.host
    this.#air = options.air
    this.#family = options.family
    this.#clock = options.clock
    this.#onstuck = options.onstuck
  }

  /** Rejects when there is no link in time, or `signal` aborts. `onpacket` gets what the other end sends. */
  async dial(
    address: string,
    addressType: AddressType,
    signal: AbortSignal,
    onpacket: (packet: Buffer) => void,
  ): Promise<Dialled> {
    const made = this.#turn.then(() => this.#create(address, addressType, signal))
    this.#turn = made.catch(() => {})
    const { link, peripheral } = await made
    try {
      const write = await this.#within(link, signal, DIAL_MS - CREATE_MS, (fail) =>
        this.#findService(peripheral, onpacket, fail),
      )
      return { link, write }
    } catch (error) {
      this.#host.disconnect(link.handle)
      throw error
    }
  }

  async #create(
    address: string,
    addressType: AddressType,
    signal: AbortSignal,
  ): Promise<{ link: HciLink; peripheral: NoblePeripheral }> {
    signal.throwIfAborted()
    const made = [...this.#host.links.values()].filter(({ role }) => role === 'central')
    if (made.length >= this.#family.dialled) throw new Error('as many as it may')
    if (made.some((link) => link.address === address)) throw new Error('linked already')
    const peripheral = this.#family.introduce(address, addressType)
    try {
      const link = await this.#air.whileDialling(() => this.#link(address, addressType, signal))
      this.#forgetAfter(link, peripheral)
      return { link, peripheral }
    } catch (error) {
      this.#family.forget(peripheral)
      throw error
    }
  }

  #forgetAfter(link: HciLink, peripheral: NoblePeripheral): void {
    const gone = (one: HciLink): void => {
      if (one !== link) return
      this.#host.off('disconnected', gone)
      this.#family.forget(peripheral)
    }
    this.#host.on('disconnected', gone)
  }

  async #link(address: string, addressType: AddressType, signal: AbortSignal): Promise<HciLink> {
    return new Promise((resolve, reject) => {
      let cancelled = false
      const over = (): void => {
        timer.cancel()
        signal.removeEventListener('abort', cancel)
        this.#host.off('connected', connected)
        this.#host.off('failed', failed)
        this.#host.dialling = null
      }
      const connected = (link: HciLink): void => {
        if (link.role !== 'central' || link.address !== address) return
        over()
        this.#host.post(dataLengthCommand(link.handle))
        if (!cancelled) return resolve(link)
        this.#host.disconnect(link.handle)
        reject(new Error('given up'))
      }
      const failed = (): void => {
        over()
        reject(new Error('no link'))
      }
      const cancel = (): void => {
        if (cancelled) return
        cancelled = true
        timer.cancel()
        timer = this.#clock.after(CANCEL_MS, () => {
          failed()
          this.#onstuck()
        })
        this.#host.command(OPCODE.cancelConnection).then(({ status }) => {
          // Nothing was under way, so no event will tell that it ended.
          if (status === STATUS.disallowed) failed()
        }, failed)
      }
      let timer = this.#clock.after(CREATE_MS, cancel)
      this.#host.on('connected', connected)
      this.#host.on('failed', failed)
      signal.addEventListener('abort', cancel, { once: true })
      this.#host.dialling = address
      this.#host.postDirect(this.#createCommand(address, addressType))
    })
  }

  #createCommand(address: string, addressType: AddressType): Buffer {
    const parameters = Buffer.alloc(25)
    parameters.writeUInt16LE(SCAN_ALWAYS, 0)
    parameters.writeUInt16LE(SCAN_ALWAYS, 2)
    parameters[5] = addressType === 'random' ? 1 : 0
    addressBytes(address).copy(parameters, 6)
    parameters[12] = OWN_ADDRESS
    parameters.writeUInt16LE(INTERVALS.least, 13)
    parameters.writeUInt16LE(INTERVALS.most, 15)
    parameters.writeUInt16LE(SUPERVISION, 19)
    return command(OPCODE.createConnection, parameters)
  }

  #findService(
    peripheral: NoblePeripheral,
    onpacket: (packet: Buffer) => void,
    fail: (error: Error) => void,
  ): Promise<(packet: Buffer) => void> {
    return new Promise((resolve) => {
      const wanted = [TO_PERIPHERAL_UUID, TO_CENTRAL_UUID]
      const found = (error: unknown, _services: unknown, all: NobleCharacteristic[]): void => {
        const there = all?.find((one) => one.uuid === TO_PERIPHERAL_UUID)
        const back = all?.find((one) => one.uuid === TO_CENTRAL_UUID)
        if (error || !there || !back) return fail(new Error('without the service'))
        back.on('data', onpacket)
        back.subscribe((refused) => {
          if (refused) return fail(new Error('not subscribed'))
          resolve((packet) => there.write(packet, true))
        })
      }
      peripheral.discoverSomeServicesAndCharacteristics([SERVICE_UUID], wanted, found)
    })
  }

  #within<T>(
    link: HciLink,
    signal: AbortSignal,
    ms: number,
    work: (fail: (error: Error) => void) => Promise<T>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const over = (): void => {
        timer.cancel()
        signal.removeEventListener('abort', aborted)
        this.#host.off('disconnected', gone)
      }
      const fail = (error: Error): void => {
        over()
        reject(error)
      }
      const aborted = (): void => fail(new Error('given up'))
      const gone = (one: HciLink): void => {
        if (one === link) fail(new Error('lost'))
      }
      const timer = this.#clock.after(ms, () => fail(new Error('took too long')))
      signal.addEventListener('abort', aborted, { once: true })
      this.#host.on('disconnected', gone)
      if (signal.aborted) return aborted()
      work(fail).then((value) => {
        over()
        resolve(value)
      }, fail)
    })
  }
}

/** The longest packets on the air, ten times those that a link begins with; one family of noble does not ask for them. */
function dataLengthCommand(handle: number): Buffer {
  const parameters = Buffer.alloc(6)
  parameters.writeUInt16LE(handle, 0)
  parameters.writeUInt16LE(LONGEST.octets, 2)
  parameters.writeUInt16LE(LONGEST.microseconds, 4)
  return command(OPCODE.setDataLength, parameters)
}
