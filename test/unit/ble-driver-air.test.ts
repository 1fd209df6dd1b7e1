import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Air } from '../../transports/ble/driver/air.ts'
import { OPCODE, STATUS, addressBytes } from '../../transports/ble/driver/hci-codec.ts'
import type { HciHost } from '../../transports/ble/driver/hci-host.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const [FIRST, SECOND] = ['4a:01:02:03:04:05', '5b:01:02:03:04:05'] as const
const [OLD, NEW] = [Buffer.alloc(13, 1), Buffer.alloc(13, 2)]

/** A controller that does as it is told, except where it refuses. */
class Controller extends EventEmitter {
  readonly links = new Map()
  readonly refused = new Map<number, number>()
  address: Buffer | null = null
  #parameters = Buffer.alloc(0)
  #response = Buffer.alloc(0)
  #scan = Buffer.alloc(0)
  /** What went on the air: the kind of address, the address and the payload. */
  readonly sent: { own: number; address: Buffer | null; response: Buffer }[] = []
  readonly scans: number[] = []
  advertising = false

  async command(opcode: number, parameters = Buffer.alloc(0)): Promise<object> {
    const status = this.refused.get(opcode) ?? STATUS.ok
    if (status !== STATUS.ok) return { status, result: Buffer.alloc(0) }
    if (opcode === OPCODE.setRandomAddress) this.address = parameters
    if (opcode === OPCODE.setAdvertisingParameters) this.#parameters = parameters
    if (opcode === OPCODE.setScanResponse) this.#response = parameters
    if (opcode === OPCODE.setScanParameters) this.#scan = parameters
    if (opcode === OPCODE.setScanning && parameters[0] === 1) this.scans.push(this.#scan[5] ?? 0)
    if (opcode === OPCODE.setAdvertising) {
      this.advertising = parameters[0] === 1
      const [own, response] = [this.#parameters[5] ?? 0, this.#response]
      if (this.advertising) this.sent.push({ own, address: this.address, response })
    }
    return { status, result: Buffer.alloc(8, 0xff) }
  }

  shows(payload: Buffer): boolean {
    return this.advertising && this.sent.at(-1)!.response.includes(payload)
  }
}

describe('what is on the air', () => {
  let clock: VirtualClock
  let controller: Controller
  let air: Air

  beforeEach(() => {
    clock = new VirtualClock()
    controller = new Controller()
    air = new Air({ host: controller as unknown as HciHost, clock, mostIncoming: 7 })
  })
  afterEach(async () => air.close())

  async function showOld(): Promise<void> {
    expect(await air.begin(FIRST)).toBe(true)
    air.want({ address: FIRST, payload: OLD, advertise: true, scan: 1 })
    await clock.run(100)
    expect(controller.shows(OLD)).toBe(true)
  }

  test('A33: where a new address can not be set, the old one stays with its identifier until it can', async () => {
    await showOld()
    controller.refused.set(OPCODE.setRandomAddress, STATUS.disallowed)
    air.want({ address: SECOND, payload: NEW })
    await clock.run(10_000)
    expect(controller.shows(OLD)).toBe(true)
    expect(controller.address).toEqual(addressBytes(FIRST))
    controller.refused.clear()
    await clock.run(5_000)
    expect(controller.shows(NEW)).toBe(true)
    expect(controller.address).toEqual(addressBytes(SECOND))
    for (const { own, address, response } of controller.sent) {
      expect(own).toBe(1)
      const shown = response.includes(NEW) ? SECOND : FIRST
      expect(address).toEqual(addressBytes(shown))
    }
    expect(new Set(controller.scans)).toEqual(new Set([1]))
  })

  test('A33: while it dials the old identifier stays with the old address', async () => {
    await showOld()
    let over = (): void => {}
    const dialled = air.whileDialling(() => new Promise<void>((resolve) => (over = resolve)))
    air.want({ address: SECOND, payload: NEW })
    await clock.run(100)
    expect(controller.shows(OLD)).toBe(true)
    over()
    await dialled
    await clock.run(100)
    expect(controller.shows(NEW)).toBe(true)
    expect(controller.address).toEqual(addressBytes(SECOND))
  })

  test('A33: an adapter that can set no random address is not used', async () => {
    controller.refused.set(OPCODE.setRandomAddress, 0x01)
    expect(await air.begin(FIRST)).toBe(false)
  })

  test('A33: parameters that others set are not advertised or listened with', async () => {
    expect(await air.begin(FIRST)).toBe(true)
    controller.refused.set(OPCODE.setAdvertisingParameters, STATUS.disallowed)
    controller.refused.set(OPCODE.setScanParameters, STATUS.disallowed)
    air.want({ address: FIRST, payload: OLD, advertise: true, scan: 1 })
    await clock.run(5_000)
    expect([controller.sent, controller.scans]).toEqual([[], []])
    controller.refused.clear()
    await clock.run(5_000)
    expect(controller.shows(OLD)).toBe(true)
    expect(controller.scans).toEqual([1])
  })
})
