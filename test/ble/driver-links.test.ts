import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  ADVERTISEMENT,
  encodeScanResponse,
} from '../../transports/ble/driver/advertisement-codec.ts'
import type { ChildRadio } from '../../transports/ble/driver/child-radio.ts'
import { until } from '../compliance/until.ts'
import { CraftedHost } from './crafted-host.ts'
import {
  DriverStreet,
  dial,
  numbered,
  payload,
  sightingOf,
  startBusy,
  stream,
} from './driver-street.ts'

describe.each(['stoprocent', 'abandonware'] as const)('%s on emulated adapters', (driver) => {
  let street: DriverStreet

  beforeEach(async () => {
    street = await DriverStreet.open()
  })
  afterEach(async () => street.close())

  async function busy(names: string, more: { mtu?: number } = {}): Promise<ChildRadio[]> {
    const radios = await Promise.all([...names].map((name) => street.radio(name, driver, more)))
    await Promise.all(radios.map((radio, number) => startBusy(radio, number + 1)))
    return radios
  }

  test.each([
    [23, 20],
    [185, 182],
    [256, 253],
    [517, 514],
  ])('two link at an MTU of %i and carry packets of %i bytes both ways', async (mtu, most) => {
    const [a, b] = (await busy('ab', { mtu })) as [ChildRadio, ChildRadio]
    const { central, peripheral } = await dial(b, a, 1)
    expect([central.role, peripheral.role]).toEqual(['central', 'peripheral'])
    await until('the MTU', () => [central, peripheral].every((end) => end.maxPacket === most))
    const [there, back] = await Promise.all([
      stream(central, peripheral, 200),
      stream(peripheral, central, 200),
    ])
    for (const arrived of [there, back]) {
      expect(arrived.every((packet, n) => numbered(n, most).equals(packet))).toBe(true)
    }
  })

  test('three are linked in a ring, each in both roles, and packets keep to their links', async () => {
    const radios = await busy('abc')
    const links = []
    for (const [n, radio] of radios.entries()) {
      const next = (n + 1) % 3
      links.push(await dial(radio, radios[next]!, next + 1))
    }
    const arrived = await Promise.all(
      links.flatMap(({ central, peripheral }) => [
        stream(central, peripheral, 50),
        stream(peripheral, central, 60),
      ]),
    )
    expect(arrived.map(({ length }) => length)).toEqual([50, 60, 50, 60, 50, 60])
    for (const packets of arrived) {
      expect(packets.every((packet, n) => numbered(n, 514).equals(packet))).toBe(true)
    }
    let closed = 0
    for (const { central, peripheral } of links.slice(1)) {
      for (const end of [central, peripheral]) end.on('close', () => closed++)
    }
    links[0]!.central.close()
    await until(
      'the end of one link',
      () => street.air.controllers.size === 3 && linksOf(street) === 4,
    )
    expect(closed).toBe(0)
  })

  test('a link ends at both ends, whichever of them closes it, and can be made again', async () => {
    const [a, b] = (await busy('ab')) as [ChildRadio, ChildRadio]
    for (const closes of ['central', 'peripheral'] as const) {
      const link = await dial(b, a, 1)
      const over = [link.central, link.peripheral].map(
        (end) => new Promise<void>((resolve) => end.once('close', resolve)),
      )
      link[closes].close()
      await Promise.all(over)
      expect(link[closes].send(Buffer.from('late'))).toBe(false)
    }
  })

  test('both ends hear of it when they lose each other, and find each other again', async () => {
    const [a, b] = (await busy('ab')) as [ChildRadio, ChildRadio]
    const { central, peripheral } = await dial(b, a, 1)
    const over = [central, peripheral].map(
      (end) => new Promise<void>((resolve) => end.once('close', resolve)),
    )
    street.air.reach('a', 'b', false)
    await Promise.all(over)
    street.air.reach('a', 'b', true)
    expect((await dial(b, a, 1)).central.role).toBe('central')
  })

  test('A33: what others see are random addresses that change with what is advertised, on links too', async () => {
    const [a, b] = (await busy('ab')) as [ChildRadio, ChildRadio]
    expect(a.abilities.rotatesAddress).toBe(true)
    const before = await sightingOf(b, 1)
    await a.identify(payload(7))
    const after = await sightingOf(b, 7)
    const { central, peripheral } = await dial(a, b, 2)
    const addresses = [before.address, after.address]
    expect(new Set(addresses).size).toBe(2)
    expect(peripheral.address).toBe(after.address)
    const burnedIn = [...street.air.controllers].map((one) => text(one.publicAddress.bytes))
    expect(addresses.filter((one) => burnedIn.includes(one))).toEqual([])
    // Links that stand go on.
    await a.identify(payload(8))
    await sightingOf(b, 8)
    expect(await stream(central, peripheral, 5)).toHaveLength(5)
  })

  test('A33: neither the advertisement nor GATT has a name', async () => {
    const [a] = (await busy('a')) as [ChildRadio]
    const [controller] = [...street.air.controllers]
    await until('the advertisement', () => controller!.isAdvertising)
    const { data, scanResponse } = controller!.advertising
    expect(data).toEqual(ADVERTISEMENT)
    expect(scanResponse).toEqual(encodeScanResponse(payload(1)))
    const stranger = new CraftedHost(street.air, 'stranger')
    await stranger.connect(text(controller!.randomAddress!.bytes))
    // Read by type: the device name.
    stranger.att(Buffer.from([0x08, 0x01, 0x00, 0xff, 0xff, 0x00, 0x2a]))
    const [answer] = await until('the answer', () => stranger.heard.length > 0 && stranger.heard)
    expect(answer!.subarray(0, 2)).toEqual(Buffer.from([0x09, 2]))
    expect(answer).toHaveLength(4)
    expect(a.status.state).toBe('on')
  })

  test('an attempt that nobody answers is given up, and the next goes well', async () => {
    const [a, b] = (await busy('ab')) as [ChildRadio, ChildRadio]
    const { peer } = await sightingOf(b, 1)
    street.air.reach('a', 'b', false)
    const abort = new AbortController()
    const attempt = b.connect(peer, abort.signal)
    abort.abort()
    await expect(attempt).rejects.toMatchObject({ code: 'UNREACHABLE' })
    street.air.reach('a', 'b', true)
    await dial(b, a, 1)
    await expect(b.connect('no such peer', new AbortController().signal)).rejects.toMatchObject({
      code: 'UNREACHABLE',
    })
  })
})

function linksOf(street: DriverStreet): number {
  return [...street.air.controllers].reduce((sum, { links }) => sum + links.size, 0)
}

function text(bytes: Buffer): string {
  return [...bytes]
    .toReversed()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':')
}
