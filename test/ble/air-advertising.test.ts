import { describe, expect, test } from '@jest/globals'
import { AirWorld } from './air-world.ts'
import { OP, STATUS, addressBytes } from './hci.ts'
import type { RawDevice, RawSighting } from './raw-device.ts'

describe('advertising', () => {
  test('an active listener hears the scan response too, a passive one does not', async () => {
    const it = new AirWorld()
    const [a, b, c] = it.devices('a', 'b', 'c')
    const heard = { b: [] as RawSighting[], c: [] as RawSighting[] }
    b!.on('sighting', (sighting) => heard.b.push(sighting))
    c!.on('sighting', (sighting) => heard.c.push(sighting))
    await it.settle(b!.scan({ active: true }))
    await it.settle(c!.scan({ active: false }))
    await it.settle(a!.advertise({ data: Buffer.from('ad'), scanResponse: Buffer.from('more') }))
    await it.clock.run(1_000)
    expect(new Set(heard.b.map(({ data }) => String(data)))).toEqual(new Set(['ad', 'more']))
    expect(new Set(heard.c.map(({ data }) => String(data)))).toEqual(new Set(['ad']))
    expect(heard.c.length).toBeGreaterThan(8)
    expect(heard.c[0]).toMatchObject({ address: a!.address, random: false, rssi: -56 })
  })

  test('a filter of duplicates tells each sender once, and a share of the time hears a share', async () => {
    const it = new AirWorld()
    const [a, b, c] = it.devices('a', 'b', 'c')
    const counts = { b: 0, c: 0 }
    b!.on('sighting', () => counts.b++)
    c!.on('sighting', () => counts.c++)
    await it.settle(b!.scan({ active: false, once: true }))
    await it.settle(c!.scan({ active: false, share: 0.25 }))
    await it.settle(a!.advertise({ data: Buffer.from('ad'), intervalMs: 20 }))
    await it.clock.run(10_000)
    expect(counts.b).toBe(1)
    expect(counts.c).toBeGreaterThan(60)
    expect(counts.c).toBeLessThan(140)
  })

  test('a random address is shown, and is refused while the radio is in use', async () => {
    const it = new AirWorld()
    const [a, b] = it.devices('a', 'b') as [RawDevice, RawDevice]
    const heard: RawSighting[] = []
    b.on('sighting', (sighting) => heard.push(sighting))
    await it.settle(b.scan())
    const address = 'c1:02:03:04:05:06'
    await it.settle(a.advertise({ data: Buffer.from('ad'), address }))
    await it.clock.run(300)
    expect(heard[0]).toMatchObject({ address, random: true })
    const refused = await it.settle(a.ask(OP.leSetRandomAddress, addressBytes(address)))
    expect(refused[0]).toBe(STATUS.disallowed)
    const link = await it.settle(b.connect(address, { random: true }))
    expect(link.peer).toBe(address)
  })

  test('only who is in range is heard or can be dialled', async () => {
    const it = new AirWorld()
    const [a, b, c] = it.devices('a', 'b', 'c')
    it.air.reach('a', 'c', false)
    const heard = new Set<string>()
    c!.on('sighting', ({ address }) => heard.add(address))
    await it.settle(c!.scan())
    await it.settle(a!.advertise({ data: Buffer.from('a') }))
    await it.settle(b!.advertise({ data: Buffer.from('b') }))
    await it.clock.run(2_000)
    expect([...heard]).toEqual([b!.address])
    const abort = new AbortController()
    const dialling = c!.connect(a!.address, { signal: abort.signal })
    it.clock.after(5_000, () => abort.abort())
    await expect(it.settle(dialling)).rejects.toThrow('status 2')
    await it.settle(a!.connect(b!.address))
  })

  test('a host that is behind misses advertisements, and is not flooded with them later', async () => {
    const it = new AirWorld()
    const [a, b] = it.devices('a', 'b') as [RawDevice, RawDevice]
    let heard = 0
    b.on('sighting', () => heard++)
    await it.settle(b.scan({ active: false }))
    b.take(false)
    await it.settle(a.advertise({ data: Buffer.from('ad'), intervalMs: 20 }))
    await it.clock.run(10_000)
    b.take(true)
    expect(heard).toBe(1)
    await it.clock.run(1_000)
    expect(heard).toBeGreaterThan(20)
  })
})
