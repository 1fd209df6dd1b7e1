import { afterEach, describe, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { until } from '../compliance/until.ts'
import { RawDevice } from './raw-device.ts'
import type { RawSighting } from './raw-device.ts'
import {
  agreeMtu,
  findCharacteristic,
  serveGatt,
  subscribe,
  uuidBytes,
  writeValue,
} from './raw-gatt.ts'
import type { RawLink } from './raw-link.ts'
import { StackWorld } from './stack-world.ts'
import type { Family } from './stack.ts'

const SERVICE = 'ab5e0001e3f24c2a9d1b7c6f5a4b3c2d'
const WRITTEN = 'ab5e0002e3f24c2a9d1b7c6f5a4b3c2d'
const NOTIFYING = 'ab5e0003e3f24c2a9d1b7c6f5a4b3c2d'

let world: StackWorld
afterEach(() => world.close())

const families: Family[] = ['stoprocent', 'abandonware']

describe.each(families)('%s on the emulated air', (family) => {
  test('two processes find each other, talk at an MTU of 517 and notice the end', async () => {
    world = await StackWorld.with('a', 'b')
    const [a, b] = [world.stack(family, 'a'), world.stack(family, 'b')]
    const address = await a.advertise('01c0ffee')
    await expect(b.dial('01c0ffee')).resolves.toEqual({ address, mtu: 517 })
    await a.heard('subscribed')
    await expect(b.echo(20, 20)).resolves.toHaveLength(20)
    await expect(b.echo(20, 514)).resolves.toHaveLength(20)
    await b.close('SIGKILL')
    await a.heard('unsubscribed')
  })

  test('a bare device sees it under a random address, dials it and is answered', async () => {
    world = await StackWorld.with('a')
    const stack = world.stack(family, 'a')
    const bare = new RawDevice(world.air, 'bare')
    const sightings: RawSighting[] = []
    bare.on('sighting', (sighting) => sightings.push(sighting))
    await bare.scan()
    const address = 'c1:02:03:04:05:06'
    await stack.advertise('01c0ffee', address)
    await until('its scan response', () =>
      sightings.some(({ data }) => data.includes(uuidBytes('01c0ffee').reverse())),
    )
    expect(new Set(sightings.map((sighting) => sighting.address))).toEqual(new Set([address]))
    const link = await bare.connect(address, { random: true })
    await expect(agreeMtu(link, 100)).resolves.toBe(100)
    const [written, notifying] = [
      await findCharacteristic(link, WRITTEN),
      await findCharacteristic(link, NOTIFYING),
    ]
    await subscribe(link, notifying!)
    const echoed = once(link, 'att')
    writeValue(link, written!, Buffer.from('any bytes'))
    const [packet] = (await echoed) as [Buffer]
    expect(packet.subarray(3)).toEqual(Buffer.from('any bytes'))
  })

  test('it dials a bare device and takes what that says', async () => {
    world = await StackWorld.with('a')
    const stack = world.stack(family, 'a')
    const bare = new RawDevice(world.air, 'bare')
    const data = Buffer.concat([Buffer.from([2, 1, 6, 17, 7]), uuidBytes(SERVICE)])
    const payload = Buffer.from('02beef', 'hex')
    const scanResponse = Buffer.concat([Buffer.from([20, 0x21]), uuidBytes(SERVICE), payload])
    bare.on('link', (link: RawLink) => {
      const notify = serveGatt(link, {
        service: SERVICE,
        written: WRITTEN,
        notifying: NOTIFYING,
        mtu: 64,
        onwrite: (value) => notify(value),
      })
    })
    await bare.advertise({ data, scanResponse, address: 'c9:00:00:00:00:01' })
    await expect(stack.dial('02beef')).resolves.toEqual({ address: 'c9:00:00:00:00:01', mtu: 64 })
    await expect(stack.echo(5, 61)).resolves.toHaveLength(5)
  })

  test('an adapter that is switched off and on is a state that it reports', async () => {
    world = await StackWorld.with('a')
    const stack = world.stack(family, 'a')
    await stack.heard('ready')
    const heard = async (state: string): Promise<void> => {
      for (const library of ['noble', 'bleno']) await stack.heard(`${library} ${state}`)
    }
    await heard('poweredOn')
    world.air.power('a', false)
    await heard('poweredOff')
    world.air.power('a', true)
    await heard('poweredOn')
    expect(stack.told.filter(({ what }) => what === 'threw')).toEqual([])
  })

  // Not after the one above: a library that was told `poweredOn` by the other's events misses what follows at once.
  test('an adapter that is pulled out is a state that it reports', async () => {
    world = await StackWorld.with('a')
    const stack = world.stack(family, 'a')
    await stack.heard('ready')
    await world.air.unplug(world.socket('a'))
    for (const library of ['noble', 'bleno']) await stack.heard(`${library} poweredOff`)
    expect(stack.told.filter(({ what }) => what === 'threw')).toEqual([])
  })
})

test('stoprocent in a chain of three dials and is dialled at the same time', async () => {
  world = await StackWorld.with('a', 'b', 'c')
  world.air.reach('a', 'c', false)
  const [a, b, c] = ['a', 'b', 'c'].map((name) => world.stack('stoprocent', name))
  await c!.advertise('0c')
  await b!.advertise('0b')
  await b!.dial('0c')
  await a!.dial('0b')
  const echoes = [a!.echo(30, 100), b!.echo(30, 100)]
  for (const waits of await Promise.all(echoes)) expect(waits).toHaveLength(30)
  world.air.reach('a', 'b', false)
  await a!.heard('disconnected')
  await b!.heard('unsubscribed')
  await expect(b!.echo(5, 100)).resolves.toHaveLength(5)
})
