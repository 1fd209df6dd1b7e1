import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ChildRadio } from '../../transports/ble/driver/child-radio.ts'
import { until } from '../compliance/until.ts'
import { DriverStreet, dial, numbered, startBusy, stream } from './driver-street.ts'

describe.each(['stoprocent', 'abandonware'] as const)('%s on emulated adapters', (driver) => {
  let street: DriverStreet

  beforeEach(async () => {
    street = await DriverStreet.open()
  })
  afterEach(async () => street.close())

  async function two(more: { mtu?: number }): Promise<[ChildRadio, ChildRadio]> {
    const radios = [await street.radio('a', driver, more), await street.radio('b', driver)] as const
    await Promise.all(radios.map((radio, number) => startBusy(radio, number + 1)))
    return [...radios]
  }

  test.each([
    [23, 20],
    [185, 182],
    [256, 253],
    [517, 514],
  ])('two link at an MTU of %i and carry packets of %i bytes both ways', async (mtu, most) => {
    const [a, b] = await two({ mtu })
    const { central, peripheral } = await dial(b, a, 1)
    await until('the MTU', () => [central, peripheral].every((end) => end.maxPacket === most))
    const [there, back] = await Promise.all([
      stream(central, peripheral, 200),
      stream(peripheral, central, 200),
    ])
    for (const arrived of [there, back]) {
      expect(arrived.map((packet, n) => numbered(n, most).equals(packet))).toEqual(
        Array.from({ length: 200 }, () => true),
      )
    }
  })
})
