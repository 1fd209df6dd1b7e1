import { describe, expect, test } from '@jest/globals'
import NoiseSecretStream from '@hyperswarm/secret-stream'
import { seededRandom } from '../../core/random.ts'
import { openGattLink } from '../../transports/ble/link/index.ts'
import { linkWorld, measureBulk } from '../ble/link-figures.ts'
import { failure, reading, send, writes } from '../ble/link-reading.ts'
import type { AirConditions } from '../ble/fake-channel.ts'

const LONG = 600_000

const AIRS: [string, Partial<AirConditions>][] = [
  ['60 kB/s', { rate: 60_000, latency: 15 }],
  ['20 kB/s with jitter', { rate: 20_000, latency: 15, jitter: 30 }],
  ['air that loses', { rate: 60_000, latency: 15, loss: 0.02 }],
  ['air that mixes', { rate: 60_000, latency: 15, reorder: 0.02 }],
  ['air that repeats', { rate: 60_000, latency: 15, duplication: 0.05 }],
  ['air that does all of it', { latency: 5, loss: 0.05, reorder: 0.05, duplication: 0.05 }],
  ['a stack that takes little', { rate: 60_000, latency: 15, buffer: 100 }],
]

describe('a link over GATT', () => {
  test.each(AIRS)('carries all that is written, both ways, over %s', async (_, conditions) => {
    for (const maxPacket of [20, 253, 514]) {
      const { clock, central, peripheral } = linkWorld({ conditions, maxPacket })
      const [there, back] = [writes(1, 15_000), writes(2, 15_000)]
      const [a, b] = [reading(central), reading(peripheral)]
      send(central, there)
      send(peripheral, back)
      expect(await clock.runUntil(() => a.closed && b.closed, LONG)).toBe(true)
      expect(b.bytes().equals(Buffer.concat(there))).toBe(true)
      expect(a.bytes().equals(Buffer.concat(back))).toBe(true)
      expect([a.ended, b.ended]).toEqual([true, true])
    }
  })

  test.each([
    [60_000, 256],
    [60_000, 517],
    [20_000, 256],
    [20_000, 517],
  ])(
    'at %i bytes a second and an MTU of %i bulk gets its rate, and short messages pass soon',
    async (rate, mtu) => {
      const world = linkWorld({ conditions: { rate, latency: 15 }, maxPacket: mtu - 3 })
      const { rate: got, waits } = await measureBulk(world, {
        ms: 30_000,
        piece: 1_020,
        everyMs: 300,
      })
      expect(got / rate).toBeGreaterThan(0.9)
      expect(waits.length).toBeGreaterThan(50)
      expect(waits[Math.floor(waits.length * 0.95)]).toBeLessThan(300)
      expect(world.central.figures.repeated).toBe(0)
    },
  )

  test('a fast link is fast', async () => {
    const world = linkWorld({ conditions: { rate: 1_000_000, latency: 2 } })
    const { rate } = await measureBulk(world, { ms: 1_000, piece: 16_384, everyMs: 300 })
    expect(rate).toBeGreaterThan(900_000)
  })

  test('stalls of 2 s are survived, cost their time alone, and nothing goes twice for them', async () => {
    const world = linkWorld({ conditions: { rate: 20_000, latency: 15 } })
    const { clock, air, central, peripheral } = world
    for (const link of [central, peripheral]) link.on('close', () => (closed = true))
    let closed = false
    for (let at = 3_000; at < 60_000; at += 6_000) clock.after(at, () => air.stall(2_000))
    const { rate } = await measureBulk(world, { ms: 60_000, piece: 1_020, everyMs: 300 })
    expect(closed).toBe(false)
    expect(rate / (20_000 * (4 / 6))).toBeGreaterThan(0.85)
    expect(central.figures.repeated).toBe(0)
  })

  test('out of range shows at both ends within 6 s, idle or busy', async () => {
    for (const busy of [false, true]) {
      const { clock, air, central, peripheral } = linkWorld({ conditions: { rate: 60_000 } })
      const seen = [reading(central), reading(peripheral)]
      const why = [failure(central), failure(peripheral)]
      await clock.run(20_000)
      expect(seen.map(({ closed }) => closed)).toEqual([false, false])
      if (busy) central.write(Buffer.alloc(100_000))
      await clock.run(500)
      air.mute()
      expect(await clock.runUntil(() => seen.every(({ closed }) => closed), 6_000)).toBe(true)
      expect(why.map((code) => code())).toEqual(['TIMED_OUT', 'TIMED_OUT'])
    }
  })

  test('a connection that is gone ends the link at once, without an error', async () => {
    const { clock, air, central, peripheral } = linkWorld()
    const seen = [reading(central), reading(peripheral)]
    const why = [failure(central), failure(peripheral)]
    await clock.run(100)
    air.cut()
    await clock.run(0)
    expect(seen.map(({ closed }) => closed)).toEqual([true, true])
    expect(why.map((code) => code())).toEqual([null, null])
  })

  test.each([0, 1])(
    'destroying end %i closes the other soon, read or not, and the channel',
    async (which) => {
      for (const words of [true, false]) {
        const { clock, air, central, peripheral } = linkWorld({ conditions: { latency: 15 } })
        const links = [central, peripheral]
        const closed = links.map(() => false)
        links.forEach((link, n) => link.on('close', () => (closed[n] = true)))
        const other = links[1 - which]!
        other.write(Buffer.alloc(5_000))
        await clock.run(words ? 1_000 : 0)
        // Without words only the end of the channel tells.
        if (!words) [air.central, air.peripheral][which]!.tamper = () => []
        links[which]!.destroy()
        await clock.run(words ? 16 : 400)
        expect(closed).toEqual([true, true])
        await clock.run(400)
        expect([air.central.closed, air.peripheral.closed]).toEqual([true, true])
      }
    },
  )

  test('one end says its end and still hears; what it wrote before arrives first', async () => {
    const { clock, central, peripheral } = linkWorld({ conditions: { rate: 60_000, latency: 15 } })
    const [a, b] = [reading(central), reading(peripheral)]
    const pieces = writes(3, 20_000)
    send(central, pieces)
    expect(await clock.runUntil(() => b.ended, 10_000)).toBe(true)
    expect(b.bytes().equals(Buffer.concat(pieces))).toBe(true)
    peripheral.write(Buffer.from('still here'))
    await clock.run(1_000)
    expect(a.bytes().toString()).toBe('still here')
    expect([a.closed, b.closed]).toEqual([false, false])
    peripheral.end()
    expect(await clock.runUntil(() => a.closed && b.closed, 1_000)).toBe(true)
  })

  test('what came before both ends closed can be read afterwards', async () => {
    const { clock, central, peripheral } = linkWorld()
    const a = reading(central)
    central.write(Buffer.alloc(9_000, 7))
    central.end()
    peripheral.end()
    expect(await clock.runUntil(() => a.closed, 10_000)).toBe(true)
    await clock.run(1_000)
    const b = reading(peripheral)
    expect(await clock.runUntil(() => b.closed, 1_000)).toBe(true)
    expect(b.bytes().equals(Buffer.alloc(9_000, 7))).toBe(true)
  })

  test('a reader that does not read stops the writer, soon and for long, and loses nothing', async () => {
    const { clock, central, peripheral } = linkWorld({ conditions: { rate: 60_000, latency: 15 } })
    const pieces = Array.from({ length: 300 }, (_, n) => Buffer.alloc(1_000, n & 0xff))
    let written = 0
    const feed = (): void => {
      while (written < pieces.length) if (!central.write(pieces[written++]!)) return
    }
    central.on('drain', feed)
    feed()
    await clock.run(20_000)
    expect(written).toBeLessThan(40)
    const b = reading(peripheral)
    expect(await clock.runUntil(() => b.bytes().length === 300_000, LONG)).toBe(true)
    expect(b.bytes().equals(Buffer.concat(pieces))).toBe(true)
  })

  test('packets grow with what the stack negotiates', async () => {
    const { clock, air, central, peripheral } = linkWorld({
      maxPacket: 20,
      conditions: { rate: 60_000, latency: 15 },
    })
    const b = reading(peripheral)
    const pieces = writes(4, 40_000)
    central.write(Buffer.concat(pieces))
    await clock.run(200)
    const before = { ...air.central.sent, arrived: b.bytes().length }
    expect(before.arrived / before.packets).toBeLessThan(20)
    air.grow(514)
    expect(await clock.runUntil(() => b.bytes().length === 40_000, LONG)).toBe(true)
    const packets = air.central.sent.packets - before.packets
    expect((40_000 - before.arrived) / packets).toBeGreaterThan(350)
    expect(b.bytes().equals(Buffer.concat(pieces))).toBe(true)
  })

  test('acknowledgements are few: one in some packets, and none of their own where bytes go back', async () => {
    const { clock, air, central, peripheral } = linkWorld({
      conditions: { rate: 60_000, latency: 15 },
    })
    reading(peripheral)
    central.write(Buffer.alloc(200_000))
    await clock.run(4_000)
    expect(air.central.sent.packets).toBeGreaterThan(800)
    expect(air.peripheral.sent.packets).toBeLessThan(air.central.sent.packets / 3)
  })

  test('a link of which the hellos were lost opens all the same', async () => {
    for (const lost of [1, 2, 3]) {
      const { clock, air, central, peripheral } = linkWorld()
      let left = lost
      for (const end of [air.central, air.peripheral])
        end.tamper = (packet) => (left-- > 0 ? [] : [packet])
      const b = reading(peripheral)
      central.write(Buffer.from('heard'))
      expect(await clock.runUntil(() => b.bytes().length === 5, 5_000)).toBe(true)
    }
  })

  test('packets of an older link, come late, are not of this one; one begun anew ends the older', async () => {
    const old: Uint8Array[] = []
    const older = linkWorld({
      conditions: { latency: 15 },
      before: (air) => {
        air.central.tamper = (packet) => {
          old.push(new Uint8Array(packet))
          return [packet]
        }
      },
    })
    reading(older.peripheral)
    older.central.write(Buffer.from('of the older link'))
    await older.clock.run(1_000)
    expect(old.length).toBeGreaterThan(3)

    const next = linkWorld({
      seed: 2,
      conditions: { latency: 15 },
      before: (air) => {
        air.central.tamper = (packet) => {
          air.central.tamper = null
          return [...old, packet]
        }
      },
    })
    const b = reading(next.peripheral)
    next.central.write(Buffer.from('of this one'))
    await next.clock.run(1_000)
    expect(b.bytes().toString()).toBe('of this one')

    // The other end's process began anew on the same channel.
    const why = failure(next.peripheral)
    openGattLink(next.air.central, { clock: next.clock, random: seededRandom(9) })
    await next.clock.run(1_000)
    expect(b.closed).toBe(true)
    expect(why()).toBe('CLOSED')
  })

  test('carries a secret stream', async () => {
    const { clock, central, peripheral } = linkWorld({ conditions: { rate: 60_000, latency: 15 } })
    const a = new NoiseSecretStream(true, central)
    const b = new NoiseSecretStream(false, peripheral)
    const got: Buffer[] = []
    let closed = false
    b.on('data', (data) => got.push(Buffer.from(data as Uint8Array)))
    b.on('close', () => (closed = true))
    const sent = writes(5, 40_000)
    for (const piece of sent) a.write(piece)
    const done = (): boolean => Buffer.concat(got).length === 40_000
    expect(await clock.runUntil(done, 20_000)).toBe(true)
    expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true)
    a.destroy()
    expect(await clock.runUntil(() => closed, 1_000)).toBe(true)
  })

  test('what was written before it opened, and then nothing for long, ends no link', async () => {
    const { clock, central, peripheral } = linkWorld({ conditions: { latency: 15 } })
    const seen = [reading(central), reading(peripheral)]
    central.write(Buffer.from('early'))
    await clock.run(100_000)
    expect(seen.map(({ closed }) => closed)).toEqual([false, false])
    expect(seen[1]!.bytes().toString()).toBe('early')
  })

  test('writes of a size that fills no packet leave in full packets', async () => {
    const { clock, air, central, peripheral } = linkWorld({
      maxPacket: 253,
      conditions: { rate: 60_000, latency: 15 },
    })
    const b = reading(peripheral)
    send(
      central,
      Array.from({ length: 500 }, () => Buffer.alloc(300)),
    )
    expect(await clock.runUntil(() => b.ended, 20_000)).toBe(true)
    expect(air.central.sent.packets).toBeLessThan((150_000 / 247) * 1.05)
  })

  test('air that repeats half of what passes is no flood', async () => {
    const { clock, central, peripheral } = linkWorld({
      maxPacket: 100,
      conditions: { latency: 5, duplication: 0.5 },
    })
    const b = reading(peripheral)
    send(central, [Buffer.alloc(300_000)])
    expect(await clock.runUntil(() => b.ended, 20_000)).toBe(true)
    expect(b.bytes().length).toBe(300_000)
  })
})
