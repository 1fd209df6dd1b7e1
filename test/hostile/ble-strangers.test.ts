import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { every } from '../../core/clock.ts'
import type { Timer } from '../../core/clock.ts'
import { encodeIdentifier } from '../../transports/ble/identifier.ts'
import type { RadioChannel } from '../../transports/ble/radio.ts'
import { MAX_KEYS } from '../../transports/ble/resolver.ts'
import { MAX_OPENING, MAX_STRANGERS } from '../../transports/ble/slots-policy.ts'
import { ABLE } from '../ble/fake-air.ts'
import type { FakeRadio } from '../ble/fake-air.ts'
import { BleWorld, openLinks } from '../unit/ble-world.ts'
import type { Device } from '../unit/ble-world.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const CROWD = 50

let world: BleWorld
let timers: Timer[]
beforeEach(() => {
  world = new BleWorld()
  timers = []
})
afterEach(async () => {
  for (const timer of timers) timer.cancel()
  await world.close()
})

/** A radio that advertises our service, and says something else each `ms`; nobody talks behind it. */
async function forged(ms = Infinity): Promise<FakeRadio> {
  const radio = world.air.radio({ ...ABLE, links: 1_000, accepted: 1_000, dialled: 1_000 })
  radio.setDuty({ advertise: true, scan: 0 })
  const identify = (): Promise<void> =>
    radio.identify(Buffer.concat([Buffer.of(1), world.random.bytes(12)]))
  await radio.start()
  await identify()
  if (ms < Infinity) timers.push(every(world.clock, ms, identify))
  return radio
}

/** Two that know each other, not started. */
function friends(): [Device, Device] {
  const [one, two] = [randomBytes(32), randomBytes(32)]
  return [world.device({ own: one, known: [two] }), world.device({ own: two, known: [one] })]
}

const linked = (a: Device, b: Device) => (): boolean =>
  world.air.channels(a.radio, b.radio) > 0 && [a, b].every((device) => openLinks(device).length > 0)

/** A stranger that connects to a device over and over, and says nothing. */
function flood(by: FakeRadio, on: Device, ms: number): RadioChannel[] {
  const channels: RadioChannel[] = []
  const dial = (): void => {
    const abort = new AbortController()
    void by.connect(on.radio.address, abort.signal).then(
      (channel) => channels.push(channel),
      () => {},
    )
    world.clock.after(ms / 2, () => abort.abort())
  }
  timers.push(every(world.clock, ms, dial))
  return channels
}

describe('fifty strangers that advertise our service', () => {
  test.each([
    ['the same all the time', Infinity],
    ['something else each second', SECOND],
  ])(
    '%s: few are dialled, and those known and unknown are served within seconds',
    async (_, ms) => {
      const [a, b] = friends()
      const unknown = world.device()
      await a.ble.start()
      const crowd = await Promise.all(Array.from({ length: CROWD }, () => forged(ms)))
      await world.clock.run(5 * SECOND)
      void b.ble.start()
      expect(await world.until('the known device', linked(a, b))).toBeLessThan(10 * SECOND)
      void unknown.ble.start()
      const took = await world.until('the honest stranger', linked(a, unknown))
      expect(took).toBeLessThan(30 * SECOND)
      const before = a.radio.dials
      await world.clock.run(2 * MINUTE)
      expect(a.radio.dials - before).toBeLessThanOrEqual(80)
      const held = crowd.reduce((sum, radio) => sum + world.air.channels(a.radio, radio), 0)
      expect(held).toBeLessThanOrEqual(MAX_OPENING)
      expect(linked(a, b)() && linked(a, unknown)()).toBe(true)
    },
  )

  test('each that says nothing is dialled at most twice in ten minutes', async () => {
    const a = world.device()
    await a.ble.start()
    const few = await Promise.all(Array.from({ length: 5 }, () => forged()))
    await world.clock.run(10 * MINUTE)
    expect(a.radio.dials).toBeGreaterThanOrEqual(few.length)
    expect(a.radio.dials).toBeLessThanOrEqual(2 * few.length)
  })

  test('one that repeats what a known device advertises does not keep that one out', async () => {
    const [a, b] = friends()
    await Promise.all([a.ble.start(), b.ble.start()])
    await world.until('a link', linked(a, b))
    const copies = await Promise.all(Array.from({ length: 20 }, () => forged()))
    for (const radio of copies) await radio.identify(b.radio.payload!)
    await world.clock.run(5 * SECOND)
    world.air.cut(a.radio, b.radio)
    await world.until('the link’s end', () => !linked(a, b)())
    expect(await world.until('the link again', linked(a, b))).toBeLessThan(MINUTE)
  })
})

test('two hundred identifiers a second do not keep a known device from being recognised', async () => {
  const key = randomBytes(32)
  const others = Array.from({ length: MAX_KEYS - 1 }, () => randomBytes(32))
  const a = world.device({ own: randomBytes(32), known: [...others, key] })
  await a.ble.start()
  const hear = (): void => {
    const payload = Buffer.concat([Buffer.of(1), world.random.bytes(12)])
    const address = world.random.bytes(6).toString('hex')
    a.radio.emit('sighting', { peer: address, address, rssi: null, payload })
  }
  timers.push(every(world.clock, 5, hear))
  await world.clock.run(10 * SECOND)
  const known = world.air.radio()
  known.setDuty({ advertise: true, scan: 0 })
  await known.start()
  await known.identify(encodeIdentifier('00000000ffff', key, world.random))
  let called = false
  known.on('channel', () => (called = true))
  expect(await world.until('the known device', () => called, MINUTE)).toBeLessThan(20 * SECOND)
})

describe('strangers that connect', () => {
  test('and never say hello: two at a time, ten seconds each', async () => {
    const a = world.device()
    await a.ble.start()
    const silent = await forged()
    const channels = flood(silent, a, 200)
    await world.until('a connection', () => channels.length > 0)
    const most = { held: 0 }
    timers.push(
      every(world.clock, 100, () => {
        most.held = Math.max(most.held, a.radio.channels.length)
      }),
    )
    await world.clock.run(MINUTE)
    // One more may be on its way out at any moment.
    expect(most.held).toBeLessThanOrEqual(MAX_OPENING + 2)
    expect(a.links).toEqual([])
    for (const timer of timers.splice(0)) timer.cancel()
    await world.clock.run(12 * SECOND)
    expect(a.radio.channels).toHaveLength(0)
  })

  test('in a flood: a known device gets in, and so does an honest stranger', async () => {
    const [a, b] = friends()
    const unknown = world.device()
    await a.ble.start()
    for (let i = 0; i < 5; i++) flood(await forged(), a, 100)
    await world.clock.run(5 * SECOND)
    void b.ble.start()
    expect(await world.until('the known device', linked(a, b))).toBeLessThan(10 * SECOND)
    void unknown.ble.start()
    expect(await world.until('the stranger', linked(a, unknown))).toBeLessThan(MINUTE)
    await world.clock.run(MINUTE)
    expect(linked(a, b)()).toBe(true)
  })

  test('and take all places that there are: a known device gets one at once', async () => {
    const [a, b] = friends()
    await a.ble.start()
    const strangers = Array.from({ length: 6 }, () => world.device())
    for (const { ble } of strangers) void ble.start()
    await world.until('strangers to be linked', () => openLinks(a).length === MAX_STRANGERS)
    await world.clock.run(MINUTE)
    expect(openLinks(a)).toHaveLength(MAX_STRANGERS)
    void b.ble.start()
    expect(await world.until('the known device', linked(a, b))).toBeLessThan(15 * SECOND)
    await world.clock.run(3 * MINUTE)
    expect(linked(a, b)()).toBe(true)
    expect(openLinks(a).length).toBeLessThanOrEqual(MAX_STRANGERS + 1)
  })
})
