import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import type { TransportStatus } from '../../core/transport.ts'
import { FEW, SIMPLE } from '../ble/fake-air.ts'
import type { FakeRadio } from '../ble/fake-air.ts'
import { BleWorld, TOPIC, openLinks } from './ble-world.ts'
import type { Device } from './ble-world.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

let world: BleWorld
beforeEach(() => {
  world = new BleWorld()
})
afterEach(async () => world.close())

const bothLinked = (a: Device, b: Device) => (): boolean =>
  openLinks(a).length === 1 && openLinks(b).length === 1

/** Two devices that know each other, started. */
function friends(): [Device, Device] {
  const [one, two] = [randomBytes(32), randomBytes(32)]
  const pair: [Device, Device] = [
    world.device({ own: one, known: [two] }),
    world.device({ own: two, known: [one] }),
  ]
  for (const { ble } of pair) void ble.start()
  return pair
}

/** Two that never met, started. */
function strangers(): [Device, Device] {
  const pair: [Device, Device] = [world.device(), world.device()]
  for (const { ble } of pair) void ble.start()
  return pair
}

describe('what others can learn', () => {
  test('A33: identifier and address change together after 12 to 18 minutes, and links go on', async () => {
    const [a, b] = friends()
    await world.until('a link', bothLinked(a, b))
    await world.clock.run(40 * MINUTE)
    const { identities } = a.radio
    expect(identities.length).toBeGreaterThanOrEqual(3)
    expect(identities.length).toBeLessThanOrEqual(4)
    const payloads = identities.map(({ payload }) => Buffer.from(payload).toString('hex'))
    expect(new Set(payloads).size).toBe(identities.length)
    expect(new Set(identities.map(({ address }) => address)).size).toBe(identities.length)
    expect(a.links).toHaveLength(1)
    expect(bothLinked(a, b)()).toBe(true)
  })

  test('A33: who is linked is dialled at most once under another identifier, and that link stays', async () => {
    const [a, b] = friends()
    await world.until('a link', bothLinked(a, b))
    const dials = a.radio.dials + b.radio.dials
    const before = a.radio.identities.length + b.radio.identities.length
    await world.clock.run(20 * MINUTE)
    const changes = a.radio.identities.length + b.radio.identities.length - before
    expect(a.radio.dials + b.radio.dials - dials).toBeLessThanOrEqual(changes)
    expect([a.links.length, b.links.length]).toEqual([1, 1])
    for (const { ble } of [a, b]) await world.clock.runUntil(stopped(ble.stop()), MINUTE)
    const [c, d] = strangers()
    await world.until('a link', bothLinked(c, d))
    await world.clock.run(20 * MINUTE)
    const identities = c.radio.identities.length + d.radio.identities.length
    expect(c.radio.dials + d.radio.dials).toBeLessThanOrEqual(2 * identities)
    expect(Math.max(c.links.length, d.links.length)).toBeLessThan(identities)
  })

  test('A33: nothing that stays the same is said before core’s handshake: no topic, no key', async () => {
    const said: Buffer[][] = []
    const [own, known] = [randomBytes(32), randomBytes(32)]
    for (let round = 0; round < 2; round++) {
      const a = world.device({ own, known: [known] })
      const b = world.device({ own: known, known: [own] })
      const heard: Buffer[] = []
      for (const { radio } of [a, b]) record(radio, heard)
      for (const { ble } of [a, b]) void ble.start()
      await world.until('a link', bothLinked(a, b))
      for (const { ble } of [a, b]) await world.clock.runUntil(stopped(ble.stop()), MINUTE)
      for (const { radio } of [a, b])
        heard.push(...radio.identities.map(({ payload }) => Buffer.from(payload)))
      said.push(heard)
    }
    const [first, second] = said.map((packets) => Buffer.concat(packets)) as [Buffer, Buffer]
    expect(first.length).toBeGreaterThan(500)
    for (const secret of [own, known, TOPIC]) {
      for (let at = 0; at + 6 <= secret.length; at++)
        expect(first.includes(secret.subarray(at, at + 6))).toBe(false)
    }
    // Any eight bytes of the first meeting that come again in the second would give the devices away.
    const repeated = [...windows(first)].filter((piece) => windows(second).has(piece))
    expect(repeated.filter((piece) => !CONSTANT.test(piece))).toEqual([])
  })

  test('strangers share one address, known devices have one each that says nothing', async () => {
    const [a, b] = friends()
    await world.until('a link', bothLinked(a, b))
    expect(a.links[0]).toMatchObject({ transport: 'ble', cost: 30, narrow: true })
    expect(a.links[0]!.address).toMatch(/^contact-[0-9a-f]{16}$/)
    expect(a.links[0]!.address).not.toBe(b.links[0]!.address)
    for (const { ble } of [a, b]) await world.clock.runUntil(stopped(ble.stop()), MINUTE)
    const [c, d] = strangers()
    await world.until('a link', bothLinked(c, d))
    expect([c, d].map(({ links }) => links[0]!.address)).toEqual(['radio', 'radio'])
  })
})

describe('finding and losing each other', () => {
  test('two that meet are linked within two seconds', async () => {
    for (let round = 0; round < 10; round++) {
      const [a, b] = strangers()
      expect(await world.until('a link', bothLinked(a, b))).toBeLessThan(2 * SECOND)
      for (const { ble } of [a, b]) await world.clock.runUntil(stopped(ble.stop()), MINUTE)
    }
  })

  test('a link lost without a word is noticed within six seconds, and made again once, without a ghost', async () => {
    const [a, b] = strangers()
    await world.until('a link', bothLinked(a, b))
    for (let round = 0; round < 5; round++) {
      await world.clock.run(5 * SECOND)
      const before = a.links.length
      world.air.part(a.radio, b.radio)
      const gone = (): boolean => openLinks(a).length === 0 && openLinks(b).length === 0
      expect(await world.until('both to notice', gone)).toBeLessThanOrEqual(6 * SECOND)
      await world.clock.run(20 * SECOND)
      world.air.meet(a.radio, b.radio)
      expect(await world.until('a link', bothLinked(a, b))).toBeLessThan(10 * SECOND)
      await world.clock.run(30 * SECOND)
      expect(world.air.channels(a.radio, b.radio)).toBe(1)
      expect(bothLinked(a, b)()).toBe(true)
      expect(a.links.length - before).toBe(1)
    }
  })

  test('when one end alone lost the link, the other’s dead one gives way to the new', async () => {
    const [a, b] = strangers()
    await world.until('a link', bothLinked(a, b))
    await world.clock.run(5 * SECOND)
    // Nothing passes any more, but both are heard: the side that notices first dials anew.
    world.air.part(a.radio, b.radio)
    world.air.meet(a.radio, b.radio)
    openLinks(a)[0]!.stream.destroy()
    await world.until('another link', () => a.links.length === 2 && b.links.length === 2)
    await world.clock.run(10 * SECOND)
    expect(bothLinked(a, b)()).toBe(true)
    expect(world.air.channels(a.radio, b.radio)).toBe(1)
  })

  test('a device that stops and starts is linked again', async () => {
    const [a, b] = strangers()
    await world.until('a link', bothLinked(a, b))
    await world.clock.runUntil(stopped(b.ble.stop()), MINUTE)
    expect(b.ble.status.state).toBe('off')
    await world.until('the other end', () => openLinks(a).length === 0)
    expect(b.radio.channels).toHaveLength(0)
    void b.ble.start()
    await world.until('a link', bothLinked(a, b))
  })

  test('links that core ends at once are made ever more seldom, until it looks for somebody', async () => {
    const [a, b] = friends()
    for (const { ble } of [a, b]) ble.on('link', ({ stream }) => void stream.destroy())
    await world.clock.run(MINUTE)
    const soon = a.links.length
    expect(soon).toBeGreaterThan(3)
    await world.clock.run(20 * MINUTE)
    const later = a.links.length - soon
    expect(later).toBeLessThanOrEqual(soon)
    await world.clock.run(5 * MINUTE)
    const before = a.links.length
    a.ble.seek()
    await world.clock.run(5 * SECOND)
    expect(a.links.length).toBeGreaterThan(before)
  })

  test('one that is told a key while linked is known from then on', async () => {
    const [one, two] = [randomBytes(32), randomBytes(32)]
    const [a, b] = [world.device({ own: one }), world.device({ own: two })]
    for (const { ble } of [a, b]) void ble.start()
    await world.until('a link', bothLinked(a, b))
    a.ble.recognise(one, [two])
    b.ble.recognise(two, [one])
    const dials = a.radio.dials + b.radio.dials
    const before = a.radio.identities.length + b.radio.identities.length
    await world.clock.run(40 * MINUTE)
    const changes = a.radio.identities.length + b.radio.identities.length - before
    expect(a.radio.dials + b.radio.dials - dials).toBeLessThanOrEqual(changes)
    world.air.cut(a.radio, b.radio)
    await world.until('another link', () => a.links.length === 2 && b.links.length === 2)
    expect(a.links[1]!.address).toMatch(/^contact-/)
  })

  test('those that only look for a topic do not link; the topic that changes that is tried at once', async () => {
    const [a, b] = [world.device({ topics: [] }), world.device({ topics: [] })]
    for (const { ble } of [a, b]) {
      ble.join(TOPIC, { announce: false })
      void ble.start()
    }
    await world.clock.run(5 * MINUTE)
    expect([...a.links, ...b.links]).toEqual([])
    expect(a.radio.dials + b.radio.dials).toBeLessThan(6)
    b.ble.join(TOPIC)
    expect(await world.until('a link', bothLinked(a, b))).toBeLessThan(10 * SECOND)
  })
})

describe('radios that can do less', () => {
  test('three of one link and one role each meet by turns', async () => {
    const devices = [0, 1, 2].map(() => world.device({ abilities: SIMPLE }))
    for (const { ble } of devices) void ble.start()
    const met = new Set<string>()
    await world.until('each pair to have met', () => {
      for (const [i, a] of devices.entries())
        for (const b of devices.slice(i + 1))
          if (world.air.channels(a.radio, b.radio) > 0 && bothLinked(a, b)())
            met.add(`${a.radio.number}-${b.radio.number}`)
      return met.size === 3
    })
    expect(met.size).toBe(3)
  })

  test.each([1, 2, 3, 4, 5])(
    'three that one other can dial at a time are all linked in the end (seed %i)',
    async (seed) => {
      const here = new BleWorld(seed)
      const devices = [0, 1, 2].map(() => here.device({ abilities: FEW }))
      for (const { ble } of devices) void ble.start()
      const all = (): boolean => devices.every((device) => openLinks(device).length === 2)
      const took = await here.until('three links', all)
      await here.clock.run(5 * MINUTE)
      expect(all()).toBe(true)
      await here.close()
      expect(took).toBeLessThan(5 * MINUTE)
    },
  )
})

describe('the radio’s state', () => {
  test('without an adapter it says so and goes on once there is one', async () => {
    const [a, b] = [world.device(), world.device()]
    const reason = 'This computer has no Bluetooth adapter. Plug one in.'
    a.radio.unplug(reason)
    const states: TransportStatus[] = []
    a.ble.on('status', (status) => states.push(status))
    for (const { ble } of [a, b]) void ble.start()
    await world.until('its state', () => a.ble.status.state === 'unavailable')
    expect(states).toEqual([{ state: 'starting' }, { state: 'unavailable', reason }])
    await world.clock.run(MINUTE)
    a.radio.unplug(undefined)
    await world.until('a link', bothLinked(a, b))
    expect(a.ble.status).toEqual({ state: 'on' })
    a.radio.unplug(reason)
    await world.until('the link’s end', () => openLinks(a).length === 0)
    expect(a.ble.status).toEqual({ state: 'unavailable', reason })
    await world.clock.runUntil(stopped(a.ble.stop()), MINUTE)
    expect(a.ble.status).toEqual({ state: 'off' })
    expect(states.filter(({ state }) => state === 'off')).toHaveLength(1)
  })

  test('a start that is called off leaves the radio off', async () => {
    const a = world.device()
    const abort = new AbortController()
    const started = a.ble.start(abort.signal)
    abort.abort()
    await world.clock.runUntil(stopped(started), MINUTE)
    expect([a.ble.status.state, a.radio.status.state]).toEqual(['off', 'off'])
  })

  test('a topic of a wrong size is refused', () => {
    expect(() => world.device().ble.join(Buffer.alloc(31))).toThrow('A topic has 32 bytes')
  })
})

/** Says when a promise has settled. */
function stopped(promise: Promise<void>): () => boolean {
  let done = false
  void promise.finally(() => (done = true))
  return () => done
}

/** Keeps what the channels of a radio carry, either way. */
function record(radio: FakeRadio, into: Buffer[]): void {
  const keep = (channel: FakeRadio['channels'][number]): void => {
    channel.on('packet', (packet) => into.push(Buffer.from(packet)))
  }
  radio.on('channel', keep)
  const connect = radio.connect.bind(radio)
  radio.connect = async (...args) => {
    const channel = await connect(...args)
    keep(channel)
    return channel
  }
}

/** All pieces of eight bytes. */
function windows(bytes: Buffer): Set<string> {
  const found = new Set<string>()
  for (let at = 0; at + 8 <= bytes.length; at++) found.add(bytes.toString('latin1', at, at + 8))
  return found
}

/** The head of each preface, and the zeros at its end. */
// oxlint-disable-next-line no-control-regex
const CONSTANT = /PLtp|\0{5}/
