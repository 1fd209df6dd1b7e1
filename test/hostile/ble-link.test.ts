import { describe, expect, test } from '@jest/globals'
import { encodeHello } from '../../transports/ble/link/packet.ts'
import type { Packet } from '../../transports/ble/link/packet.ts'
import { hostileWorld, openedWorld } from './crafted-gatt-peer.ts'
import type { CraftedGattPeer } from './crafted-gatt-peer.ts'

const SECOND = 1_000
const KIB = 1024

describe('hostile GATT traffic', () => {
  test('who never says hello is let go after 10 s, and nothing is told to it', async () => {
    const { clock, link, seen, why, peer } = hostileWorld()
    link.write(Buffer.from('words'))
    await clock.run(9 * SECOND)
    expect(seen.closed).toBe(false)
    await clock.run(2 * SECOND)
    expect([seen.closed, why(), peer.closed]).toEqual([true, 'TIMED_OUT', true])
    expect(peer.heard).toEqual([])
  })

  test.each<[string, (peer: CraftedGattPeer, n: number) => void]>([
    ['another protocol', (peer, n) => peer.raw(Buffer.alloc(1 + (n % 200), n))],
    ['hellos of ever other sessions', (peer, n) => peer.hello(128, Buffer.alloc(8, n))],
    ['one hello without end', (peer) => peer.hello()],
    [
      'our own role',
      (peer) => {
        const session = Buffer.alloc(8, 1)
        peer.raw(encodeHello({ role: 'peripheral', session, window: 1 }))
      },
    ],
  ])('who says %s opens no link, and not for long', async (_, say) => {
    const { clock, seen, why, peer } = hostileWorld()
    await clock.run(10)
    for (let n = 0; n < 200 && !seen.closed; n++) {
      say(peer, n)
      await clock.run(10)
    }
    expect([seen.closed, why(), peer.closed]).toEqual([true, 'MALFORMED', true])
    expect(seen.bytes().length).toBe(0)
  })

  test.each<[string, string, (peer: CraftedGattPeer, random: (n: number) => Buffer) => void]>([
    ['a packet that is cut off', 'MALFORMED', (peer) => peer.raw(Buffer.of(0x81, 0, 1, 2))],
    ['another protocol', 'MALFORMED', (peer, random) => peer.raw(random(100))],
    ['a longer packet than any', 'MALFORMED', (peer, random) => peer.raw(random(244))],
    ['a hello of another session', 'CLOSED', (peer) => peer.hello(128, Buffer.alloc(8, 9))],
    [
      'that it received what was never sent',
      'MALFORMED',
      (peer) => peer.say({ ack: { next: 1, window: 9, missing: 0 } }),
    ],
    [
      'that it misses what was never sent',
      'MALFORMED',
      (peer) => peer.say({ ack: { next: 0, window: 9, missing: 1 } }),
    ],
    [
      'more after its end',
      'MALFORMED',
      (peer) => {
        peer.say({ number: 0, end: true })
        peer.say({ number: 1, bytes: Buffer.of(1) })
      },
    ],
  ])('who says %s ends its link', async (_, code, say) => {
    const { clock, random, seen, why, peer } = await openedWorld()
    say(peer, (n) => random.bytes(n))
    await clock.run(10)
    expect([seen.closed, why(), peer.closed]).toEqual([true, code, true])
    expect(seen.bytes().length).toBe(0)
  })

  test.each([
    ['in order', 0],
    ['before its turn', 1],
  ])('A15: who sends more than it may, %s, is cut off', async (_, from) => {
    const { clock, link, seen, why, peer } = await openedWorld({ maxPacket: 514 })
    link.pause()
    let sent = 0
    for (let number = from; number < from + 127 && !seen.closed; number++) {
      peer.say({ number, bytes: Buffer.alloc(508) })
      sent += 508
      await clock.run(1)
    }
    await clock.run(10)
    expect([seen.closed, why(), peer.closed]).toEqual([true, 'TOO_LARGE', true])
    expect(sent).toBeGreaterThan(32 * KIB)
    expect(sent).toBeLessThan(40 * KIB)
  })

  test('A15: fragments never finished are freed after 30 s', async () => {
    const { clock, seen, why, peer } = await openedWorld()
    for (let number = 1; number < 100; number++) peer.say({ number, bytes: Buffer.alloc(200) })
    for (let s = 0; s < 29; s++) {
      await clock.run(SECOND)
      peer.say({ number: 100 })
    }
    expect([seen.closed, seen.bytes().length]).toEqual([false, 0])
    peer.say({ number: 100 })
    await clock.run(2 * SECOND)
    expect([seen.closed, why(), peer.closed]).toEqual([true, 'TIMED_OUT', true])
    expect(seen.bytes().length).toBe(0)
  })

  test('a peer that grants nothing gets nothing, and is let go after 30 s; the writer waits meanwhile', async () => {
    const { clock, link, seen, why, peer } = await openedWorld({ window: 0 })
    let wrote = 0
    const feed = (): void => {
      do wrote += KIB
      while (link.write(Buffer.alloc(KIB)))
    }
    link.on('drain', feed)
    feed()
    for (let s = 0; s < 29; s++) {
      peer.say({})
      await clock.run(SECOND)
    }
    expect([seen.closed, peer.bytes.length]).toEqual([false, 0])
    peer.say({})
    await clock.run(2 * SECOND)
    expect([seen.closed, why()]).toEqual([true, 'TIMED_OUT'])
    expect(wrote).toBeLessThanOrEqual(4 * KIB)
  })

  test('a peer that acknowledges nothing is let go after 10 s', async () => {
    const { clock, link, seen, why, peer } = await openedWorld()
    link.write(Buffer.alloc(100))
    const open: boolean[] = []
    for (let s = 0; s < 11; s++) {
      open.push(!seen.closed)
      if (!seen.closed) peer.say({})
      await clock.run(SECOND)
    }
    expect(open).toEqual(Array.from({ length: 11 }, (_, s) => s < 10))
    expect([seen.closed, why()]).toEqual([true, 'TIMED_OUT'])
  })

  test('a peer that acknowledges and asks for everything again gets it seldom', async () => {
    const { clock, link, air, peer } = await openedWorld()
    link.write(Buffer.alloc(2_000))
    await clock.run(10)
    const before = air.peripheral.sent.bytes
    for (let n = 0; n < 100; n++) {
      peer.say({ ack: { next: 0, window: 128, missing: 9 } })
      await clock.run(10)
    }
    expect(air.peripheral.sent.bytes - before).toBeLessThan(20_000)
  })

  test.each<[string, Partial<Packet>]>([
    ['pings', {}],
    ['questions', { ask: true }],
    ['one packet over and over', { bytes: Buffer.of(1) }],
    ['gaps', { number: 100 }],
  ])('endless %s end the link, and are not answered more than one by one', async (_, packet) => {
    const { clock, air, seen, why, peer } = await openedWorld()
    const before = air.peripheral.sent.packets
    let said = 0
    for (; said < 10_000 && !seen.closed; said++) {
      peer.say(packet)
      await clock.run(1)
    }
    await clock.run(10)
    expect([seen.closed, why(), peer.closed]).toEqual([true, 'MALFORMED', true])
    expect(said).toBeLessThan(3_000)
    expect(air.peripheral.sent.packets - before).toBeLessThanOrEqual(said + 2)
  })

  test('a replay of all that an older link carried opens nothing, ends what is open, and says nothing', async () => {
    const old: Uint8Array[] = []
    const first = hostileWorld()
    first.air.central.tamper = (packet) => {
      old.push(new Uint8Array(packet))
      return [packet]
    }
    await first.clock.run(10)
    first.peer.hello()
    first.peer.say({})
    for (let number = 0; number < 20; number++) first.peer.say({ number, bytes: Buffer.alloc(100) })
    await first.clock.run(SECOND)
    expect(first.seen.bytes().length).toBe(2_000)

    const unopened = hostileWorld({ seed: 2 })
    for (const packet of old) unopened.peer.raw(packet)
    await unopened.clock.run(11 * SECOND)
    expect([unopened.seen.bytes().length, unopened.why()]).toEqual([0, 'TIMED_OUT'])

    const open = await openedWorld({ seed: 2 })
    for (const packet of old) open.peer.raw(packet)
    await open.clock.run(10)
    expect([open.seen.bytes().length, open.why()]).toEqual([0, 'MALFORMED'])
  })
})
