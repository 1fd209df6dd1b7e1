import { describe, expect, test } from '@jest/globals'
import { AirWorld, LIMIT } from './air-world.ts'
import { STATUS } from './hci.ts'
import { RawDevice } from './raw-device.ts'

/** Bytes of a whole L2CAP packet whose payload is `n` bytes. */
const onAir = (n: number): number => n + 4

describe('a link', () => {
  test('carries packets of any length both ways, cut to the ACL length and made whole', async () => {
    const it = new AirWorld()
    const { atA, atB } = await it.linked()
    const got: Buffer[] = []
    atA.on('packet', (_, payload) => got.push(payload))
    atB.on('packet', (_, payload) => got.push(payload))
    const sizes = [0, 1, 247, 248, 500, 1_500]
    for (const size of sizes) atB.l2cap(4, Buffer.alloc(size, size))
    for (const size of sizes) atA.l2cap(4, Buffer.alloc(size, size))
    await it.clock.run(100)
    expect(got.map((payload) => payload.length).toSorted((x, y) => x - y)).toEqual(
      [...sizes, ...sizes].toSorted((x, y) => x - y),
    )
    expect(got.every((payload) => payload.every((byte) => byte === payload.length % 256))).toBe(
      true,
    )
  })

  test('an ACL length at the receiver cuts packets again', async () => {
    const it = new AirWorld()
    const { a, atA, atB } = await it.linked()
    it.air.equip({ aclLength: 27 }, 'a')
    const lengths: number[] = []
    a.on('packet', (packet) => packet[0] === 2 && lengths.push(packet.readUInt16LE(3)))
    const whole = new Promise<Buffer>(
      (resolve) => void atA.on('packet', (_, data) => resolve(data)),
    )
    atB.l2cap(4, Buffer.alloc(100, 9))
    await expect(it.settle(whole)).resolves.toEqual(Buffer.alloc(100, 9))
    expect(lengths).toEqual([27, 27, 27, 23])
  })

  test('a rate and a latency are kept, to the millisecond', async () => {
    const it = new AirWorld({ link: { rate: 60_000, latency: 15 } })
    const { atA, atB } = await it.linked()
    const arrived: number[] = []
    atA.on('packet', () => arrived.push(it.clock.monotonic()))
    await it.clock.run(1_000)
    const began = it.clock.monotonic()
    const packets = 200
    for (let i = 0; i < packets; i++) atB.l2cap(4, Buffer.alloc(240))
    await it.clock.run(5_000)
    const wanted = (packets * onAir(240) * 1_000) / 60_000 + 15
    expect(arrived).toHaveLength(packets)
    expect(arrived.at(-1)! - began).toBeGreaterThan(wanted - 2)
    expect(arrived.at(-1)! - began).toBeLessThan(wanted + 2)
    expect(arrived[0]! - began).toBeGreaterThan(15)
  })

  test('two directions share a rate by default, and each has it alone when told so', async () => {
    const time = async (sharing: 'link' | 'direction'): Promise<number> => {
      const it = new AirWorld({ link: { rate: 10_000, sharing } })
      const { atA, atB } = await it.linked()
      const began = it.clock.monotonic()
      let [last, left] = [began, 80]
      for (const link of [atA, atB]) {
        link.on('packet', () => {
          last = it.clock.monotonic()
          left--
        })
        for (let i = 0; i < 40; i++) link.l2cap(4, Buffer.alloc(196))
      }
      await it.clock.run(10_000)
      expect(left).toBe(0)
      return last - began
    }
    expect(Math.abs((await time('link')) - 1_600)).toBeLessThan(5)
    expect(Math.abs((await time('direction')) - 800)).toBeLessThan(5)
  })

  test('links share the air when told so', async () => {
    const it = new AirWorld({ link: { rate: 10_000, sharing: 'air' } })
    const first = await it.linked()
    const c = new RawDevice(it.air, 'c')
    await it.settle(first.a.advertise({ data: Buffer.alloc(3) }))
    const second = await it.settle(c.connect(first.a.address))
    let got = 0
    first.a.on('packet', (packet) => packet[0] === 2 && got++)
    const began = it.clock.monotonic()
    for (let i = 0; i < 20; i++)
      for (const link of [first.atB, second]) link.l2cap(4, Buffer.alloc(96))
    await it.clock.runUntil(() => got === 40, LIMIT)
    expect(Math.abs(it.clock.monotonic() - began - 400)).toBeLessThan(5)
  })

  test('packets are answered for when they are sent, not before', async () => {
    const it = new AirWorld({ link: { rate: 1_000 } })
    const { atB } = await it.linked()
    let sent = 0
    atB.on('sent', (packets) => (sent += packets))
    for (let i = 0; i < 4; i++) atB.l2cap(4, Buffer.alloc(96))
    await it.clock.run(150)
    expect(sent).toBe(1)
    await it.clock.run(300)
    expect(sent).toBe(4)
  })

  test('a host that takes nothing stops the sender, and loses nothing', async () => {
    const it = new AirWorld({ link: { rate: 10_000 } })
    const { a, atA, atB } = await it.linked()
    let [sent, got] = [0, 0]
    atB.on('sent', (packets) => (sent += packets))
    atA.on('packet', () => got++)
    a.take(false)
    for (let i = 0; i < 50; i++) atB.l2cap(4, Buffer.alloc(96))
    await it.clock.run(5_000)
    expect(sent).toBeLessThan(4)
    a.take(true)
    await it.clock.runUntil(() => got === 50, LIMIT)
    expect({ sent, got }).toEqual({ sent: 50, got: 50 })
  })

  test('packets beyond the buffers are dropped where the adapter is strict', async () => {
    const it = new AirWorld({
      link: { rate: 10_000 },
      adapter: { aclBuffers: 4, overflow: 'drop' },
    })
    const { atA, atB } = await it.linked()
    let got = 0
    atA.on('packet', () => got++)
    for (let i = 0; i < 10; i++) atB.l2cap(4, Buffer.alloc(96))
    await it.clock.run(5_000)
    expect(got).toBe(4)
    expect(it.air.counts.overflows).toBe(6)
  })

  test('loss on the radio delays and loses nothing; a dropping stack loses', async () => {
    const lossy = new AirWorld({ link: { rate: 100_000, loss: 0.3 } })
    const one = await lossy.linked()
    const got: number[] = []
    one.atA.on('packet', (_, payload) => got.push(payload[0]!))
    const began = lossy.clock.monotonic()
    for (let i = 0; i < 100; i++) one.atB.l2cap(4, Buffer.from([i]))
    await lossy.clock.runUntil(() => got.length === 100, LIMIT)
    expect(got).toEqual([...got.keys()])
    expect(lossy.clock.monotonic() - began).toBeGreaterThan(30)

    const dropping = new AirWorld({ link: { drop: 0.3 } })
    const two = await dropping.linked()
    let arrived = 0
    two.atA.on('packet', () => arrived++)
    for (let i = 0; i < 100; i++) two.atB.l2cap(4, Buffer.from([i]))
    await dropping.clock.run(5_000)
    expect(arrived).toBeGreaterThan(50)
    expect(arrived).toBeLessThan(90)
  })

  test('a stall of 2 s holds packets and ends nothing', async () => {
    const it = new AirWorld()
    const { atA, atB } = await it.linked(500)
    const arrived: number[] = []
    atA.on('packet', () => arrived.push(it.clock.monotonic()))
    const began = it.clock.monotonic()
    it.air.stall(2_000)
    atB.l2cap(4, Buffer.from('held'))
    await it.clock.run(10_000)
    expect(arrived.map((at) => at - began)).toEqual([2_000])
    expect(atB.reason).toBeNull()
  })

  test('out of range both sides give up after the supervision timeout, and not if it was short', async () => {
    const it = new AirWorld()
    const { atA, atB } = await it.linked(1_000)
    let got = 0
    atA.on('packet', () => got++)
    it.air.reach('a', 'b', false)
    atB.l2cap(4, Buffer.from('later'))
    await it.clock.run(900)
    it.air.reach('a', 'b', true)
    await it.clock.run(5_000)
    expect({ got, reason: atB.reason }).toEqual({ got: 1, reason: null })
    it.air.reach('a', 'b', false)
    await it.clock.run(990)
    expect([atA.reason, atB.reason]).toEqual([null, null])
    await it.clock.run(20)
    expect([atA.reason, atB.reason]).toEqual([STATUS.timeout, STATUS.timeout])
  })

  test('an adapter that is gone or switched off is missed after the timeout; who hangs up says why', async () => {
    for (const leave of ['close', 'power', 'hangUp'] as const) {
      const it = new AirWorld()
      const { a, atA, atB } = await it.linked(1_000)
      if (leave === 'close') a.close()
      else if (leave === 'power') it.air.power('a', false)
      else atA.disconnect()
      await it.clock.run(990)
      expect(atB.reason).toBe(leave === 'hangUp' ? STATUS.endedByPeer : null)
      await it.clock.run(20)
      expect(atB.reason).toBe(leave === 'hangUp' ? STATUS.endedByPeer : STATUS.timeout)
    }
  })

  test('one adapter holds several links in both roles; what is full takes and dials no more', async () => {
    const it = new AirWorld({ adapter: { maxLinks: 2 } })
    const [a, b, c] = it.devices('a', 'b', 'c')
    for (const device of [a!, b!]) await it.settle(device.advertise({ data: Buffer.alloc(3) }))
    const toA = await it.settle(b!.connect(a!.address))
    const toB = await it.settle(c!.connect(b!.address))
    expect([...b!.links.values()].map(({ role }) => role).toSorted()).toEqual([
      'central',
      'peripheral',
    ])
    await it.settle(c!.advertise({ data: Buffer.alloc(3) }))
    await expect(it.settle(b!.connect(c!.address))).rejects.toThrow('status 9')
    const back = new Promise<Buffer>((resolve) => void toB.on('packet', (_, data) => resolve(data)))
    const atB = [...b!.links.values()].find(({ role }) => role === 'peripheral')!
    atB.l2cap(4, Buffer.from('down the chain'))
    await expect(it.settle(back)).resolves.toEqual(Buffer.from('down the chain'))
    expect(toA.reason).toBeNull()
  })

  test('an adapter for one role at a time refuses the other', async () => {
    const it = new AirWorld({ adapter: { bothRoles: false } })
    const { a, b } = await it.linked()
    const c = new RawDevice(it.air, 'c')
    await it.settle(c.advertise({ data: Buffer.alloc(3) }))
    expect(await it.settle(b.advertise({ data: Buffer.alloc(3) }))).toBe(STATUS.disallowed)
    await expect(it.settle(a.connect(c.address))).rejects.toThrow('status 12')
    await it.settle(b.connect(c.address))
  })
})
