import { describe, expect, test } from '@jest/globals'
import { MemoryWorld } from './memory-world.ts'

const KIB = 1024

async function pair(conditions = {}, seed = 1): Promise<MemoryWorld> {
  const world = new MemoryWorld(seed, conditions)
  await world.host('a')
  await world.host('b')
  await world.clock.run(1_000)
  return world
}

/** A pair whose link one end closed as soon as it was made, for two minutes. */
async function flapping(): Promise<MemoryWorld> {
  const world = await pair()
  const end = world.clock.monotonic() + 120_000
  while (world.clock.monotonic() < end) {
    world.stream('a').destroy()
    await world.clock.run(10)
  }
  return world
}

/** Milliseconds from now until the history has a line more with this text. */
async function timeTo(world: MemoryWorld, text: string): Promise<number> {
  const before = world.lines(text).length
  const from = world.clock.monotonic()
  const came = await world.clock.runUntil(() => world.lines(text).length > before, 60_000)
  expect(came).toBe(true)
  return world.clock.monotonic() - from
}

describe('the memory network', () => {
  test('gives the same history for the same seed, and another for another', async () => {
    const play = async (seed: number): Promise<string[]> => {
      const world = await pair({ latency: 20, jitter: 15, loss: 0.2, bandwidth: 200_000 }, seed)
      await world.host('c')
      await world.clock.run(1_000)
      for (let i = 0; i < 40; i++) {
        for (const name of ['a', 'b', 'c']) world.stream(name).write(Buffer.alloc(100 + i))
        await world.clock.run(30)
      }
      world.network.sever('a', 'b')
      world.network.partition([['c']])
      await world.clock.run(5_000)
      world.network.heal()
      await world.clock.run(5_000)
      return world.history
    }
    const [first, second, other] = [await play(5), await play(5), await play(6)]
    expect(first.length).toBeGreaterThan(50)
    expect(second).toEqual(first)
    expect(other).not.toEqual(first)
  })

  test('makes one link a pair, dialled by one side', async () => {
    const world = await pair()
    const [a, b] = [world.links.get('a')!, world.links.get('b')!]
    expect([a.length, b.length]).toEqual([1, 1])
    expect(a[0]!.initiator).not.toBe(b[0]!.initiator)
    expect(a[0]!.address).toBe('memory:b')
    expect(world.network.links()).toEqual([['a', 'b']])
  })

  test('delays by the latency', async () => {
    const world = await pair({ latency: 40 })
    world.stream('a').write(Buffer.alloc(10))
    expect(await timeTo(world, 'b got 10')).toBe(40)
  })

  test('delivers at once where there is no latency', async () => {
    const world = await pair()
    world.stream('a').write(Buffer.alloc(10))
    expect(await timeTo(world, 'b got 10')).toBe(0)
  })

  test('paces by the bandwidth, and narrower conditions win over wider', async () => {
    const world = await pair({ bandwidth: 1 })
    const send = async (bytes: number): Promise<number> => {
      const from = world.clock.monotonic()
      const before = sum(world.lines('b got'))
      world.stream('a').write(Buffer.alloc(bytes))
      const all = (): boolean => sum(world.lines('b got')) === before + bytes
      expect(await world.clock.runUntil(all, 60_000)).toBe(true)
      return world.clock.monotonic() - from
    }
    expect(await send(2)).toBeCloseTo(2_000, 5)
    world.network.shape({ bandwidth: 10_000 }, { transport: 'memory' })
    expect(await send(20_000)).toBeCloseTo(2_000, 5)
    world.network.shape({ bandwidth: 100_000 }, { between: ['b', 'a'] })
    expect(await send(100_000)).toBeCloseTo(1_000, 5)
    world.network.shape({ bandwidth: 200_000 }, { between: ['a', 'b'], transport: 'memory' })
    expect(await send(100_000)).toBeCloseTo(500, 5)
  })

  test('a loss costs the time of a retransmission and keeps the order', async () => {
    const world = await pair({ latency: 10, loss: 0.3 })
    const pieces = Array.from({ length: 50 }, (_, i) => Buffer.alloc(i + 1, i))
    for (const piece of pieces) {
      world.stream('a').write(piece)
      await world.clock.run(1)
    }
    await world.clock.run(60_000)
    expect(world.received.get('b')!.equals(Buffer.concat(pieces))).toBe(true)
    const times = world.lines('b got').map((line) => Number(line.split(' ')[0]))
    expect(times.at(-1)! - times[0]!).toBeGreaterThanOrEqual(200)
  })

  test('what arrives together is one piece, up to a limit: writes leave no borders', async () => {
    const world = await pair({ latency: 10 })
    for (let i = 0; i < 5; i++) world.stream('a').write(Buffer.alloc(10))
    await world.clock.run(20)
    expect(world.lines('b got').map(bytes)).toEqual([50])
    for (let i = 0; i < 3; i++) world.stream('a').write(Buffer.alloc(40 * KIB))
    world.stream('a').end()
    await world.clock.run(20)
    expect(world.lines('b got').map(bytes)).toEqual([50, 40 * KIB, 40 * KIB, 40 * KIB])
    expect(world.lines('b end')).toHaveLength(1)
  })

  test('the receiver gets its own copy of the bytes', async () => {
    const world = await pair({ latency: 10 })
    const sent = Buffer.from('as written')
    world.stream('a').write(sent)
    await world.clock.run(1)
    sent.fill(0)
    await world.clock.run(100)
    expect(world.received.get('b')!.toString()).toBe('as written')
  })

  test('a slow path holds only twice its bandwidth-delay product', async () => {
    const world = await pair({ bandwidth: 20_000, latency: 50 })
    const stream = world.stream('a')
    let accepted = 0
    const fill = (): void => {
      while (accepted < 1_024 * KIB) {
        accepted += KIB
        if (!stream.write(Buffer.alloc(KIB))) return void stream.once('drain', fill)
      }
    }
    fill()
    await world.clock.run(1_000)
    expect(accepted).toBeLessThan(20_000 + 64 * KIB)
    expect(sum(world.lines('b got'))).toBeGreaterThan(10_000)
  })

  test('an orderly end arrives after the data, and both ends close', async () => {
    const world = await pair({ latency: 10 })
    world.stream('a').write(Buffer.alloc(10))
    world.stream('a').end()
    world.stream('b').end()
    await world.clock.run(50)
    const atB = world.history.filter((line) => / b (got|end|close)/.test(line))
    expect(atB.map((line) => line.split(' ')[2])).toEqual(['got', 'end', 'close'])
    expect(world.lines('a close')).toHaveLength(1)
  })

  test('a destroyed end closes the other one flight later', async () => {
    const world = await pair({ latency: 25 })
    world.stream('a').destroy()
    expect(await timeTo(world, 'b close')).toBe(25)
  })

  test('what was on the wire before an end was destroyed arrives first', async () => {
    const world = await pair({ bandwidth: 1_000 })
    world.stream('a').write(Buffer.alloc(1_000))
    await world.clock.run(0)
    world.stream('a').destroy()
    expect(await timeTo(world, 'b close')).toBe(1_000)
    expect(sum(world.lines('b got'))).toBe(1_000)
  })

  test('a stream is destroyed even while its window is full and nothing gets through', async () => {
    const world = await pair()
    world.network.partition([['a']], 'black-hole')
    world.stream('b').pause()
    while (world.stream('a').write(Buffer.alloc(64 * KIB))) await world.clock.run(0)
    for (let i = 0; i < 32; i++) world.stream('a').write(Buffer.alloc(64 * KIB))
    await world.clock.run(0)
    world.stream('a').destroy()
    await world.clock.run(1)
    expect(world.lines('a close')).toHaveLength(1)
    world.network.heal()
    await world.clock.run(1)
    expect(world.lines('b close')).toHaveLength(1)
  })

  test('a severed pair links again after the reconnect delay', async () => {
    const world = await pair()
    world.network.sever('a', 'b')
    expect(await timeTo(world, 'a close')).toBe(0)
    expect(await timeTo(world, 'memory:b')).toBe(100)
    expect(world.links.get('b')).toHaveLength(2)
  })

  test('links that their ends keep closing early come back ever more slowly', async () => {
    const world = await flapping()
    expect(world.links.get('a')!.length).toBeGreaterThan(5)
    expect(world.links.get('a')!.length).toBeLessThan(20)
  })

  test('and quickly again after a cable was pulled', async () => {
    const world = await flapping()
    expect(await world.clock.runUntil(() => world.network.links().length === 1, 60_000)).toBe(true)
    world.network.sever('a', 'b')
    await world.clock.run(1)
    expect(world.network.links()).toHaveLength(0)
    await world.clock.run(200)
    expect(world.network.links()).toHaveLength(1)
  })

  test('and quickly again after the network healed', async () => {
    const world = await flapping()
    expect(world.network.links()).toHaveLength(0)
    world.network.heal()
    await world.clock.run(200)
    expect(world.network.links()).toHaveLength(1)
  })
})

describe('stopping a host of the memory network', () => {
  test('makes it link quickly when it starts again, however often its links had closed early', async () => {
    const world = await flapping()
    const links = (): number => world.links.get('a')!.length
    const b = world.transports.get('b')!
    await b.stop()
    await world.clock.run(60_000)
    const before = links()
    await b.start()
    await world.clock.run(200)
    expect(links()).toBe(before + 1)
  })

  test('from within the other one of a new link lets it see no link', async () => {
    const world = new MemoryWorld(1)
    const a = await world.host('a')
    const b = await world.host('b')
    a.once('link', () => void b.stop())
    await world.clock.run(1_000)
    expect(world.links.get('a')).toHaveLength(1)
    expect(world.links.get('b')).toHaveLength(0)
  })
})

describe('a partition of the memory network', () => {
  test('that cuts closes links across it alone, and healing brings them back', async () => {
    const world = await pair()
    await world.host('c')
    await world.clock.run(1_000)
    world.network.partition([['a', 'c']])
    await world.clock.run(60_000)
    expect(world.network.links()).toEqual([['a', 'c']])
    expect(world.lines('b close')).toHaveLength(2)
    world.network.heal()
    await world.clock.run(1_000)
    expect(world.network.links()).toHaveLength(3)
  })

  test('that black-holes keeps links open, delivers nothing, and then everything', async () => {
    const world = await pair({ latency: 10 })
    world.stream('a').write(Buffer.alloc(1))
    world.network.partition([['a'], ['b']], 'black-hole')
    world.stream('a').write(Buffer.alloc(2))
    await world.clock.run(60_000)
    expect(world.lines('got')).toHaveLength(0)
    expect(world.lines('close')).toHaveLength(0)
    world.network.heal()
    expect(await timeTo(world, 'b got')).toBe(10)
    expect(sum(world.lines('b got'))).toBe(3)
    expect(world.links.get('a')).toHaveLength(1)
  })

  test('that black-holes hides a close until it heals; then the pair links again', async () => {
    const world = await pair({ latency: 10 })
    world.network.partition([['a'], ['b']], 'black-hole')
    world.stream('a').destroy()
    await world.clock.run(60_000)
    expect(world.lines('a close')).toHaveLength(1)
    expect(world.lines('b close')).toHaveLength(0)
    expect(world.links.get('a')).toHaveLength(1)
    world.network.heal()
    expect(await timeTo(world, 'b close')).toBe(10)
    await world.clock.run(1_000)
    expect(world.links.get('a')).toHaveLength(2)
    expect(world.links.get('b')).toHaveLength(2)
  })
})

describe('a host of the memory network', () => {
  test('links with the same kind of transport only', async () => {
    const world = await pair()
    const topic = Buffer.alloc(32, 7)
    const radio = world.network.transport('a', { id: 'ble', cost: 30, address: 'aa:bb' })
    const seen: string[] = []
    radio.on('link', ({ address }) => seen.push(address))
    radio.join(topic)
    await radio.start()
    await world.clock.run(1_000)
    expect(seen).toEqual([])
    const other = world.network.transport('c', { id: 'ble', address: 'cc:dd' })
    other.join(topic)
    await other.start()
    await world.clock.run(1_000)
    expect(seen).toEqual(['cc:dd'])
    expect(world.network.links()).toEqual([
      ['a', 'b'],
      ['a', 'c'],
    ])
  })

  test('that only looks on a topic links with who is found there, and with no other who looks', async () => {
    const world = await pair()
    const topic = Buffer.alloc(32, 8)
    const looking = ['c', 'd'].map((name) => world.network.transport(name, { scope: 'global' }))
    for (const transport of looking) {
      transport.join(topic, { announce: false })
      await transport.start()
    }
    await world.clock.run(1_000)
    expect(world.network.links()).toEqual([['a', 'b']])
    const found = world.network.transport('e', { scope: 'global' })
    found.join(topic)
    await found.start()
    await world.clock.run(1_000)
    expect(world.network.links()).toEqual([
      ['a', 'b'],
      ['c', 'e'],
      ['d', 'e'],
    ])
    // The last word counts.
    looking[0]!.join(topic, { announce: true })
    await world.clock.run(1_000)
    expect(world.network.links()).toContainEqual(['c', 'd'])
  })

  test('that lost its hardware is unavailable with the reason, and goes on when it is back', async () => {
    const world = await pair()
    const c = await world.host('c')
    await world.clock.run(1_000)
    c.unplug('No cable.')
    expect(c.status).toEqual({ state: 'unavailable', reason: 'No cable.' })
    await world.clock.run(1_000)
    expect(world.network.links()).toEqual([['a', 'b']])
    c.plug()
    await world.clock.run(1_000)
    expect(world.network.links()).toHaveLength(3)
  })

  test('may be made anew once it is off, not before', async () => {
    const world = await pair()
    expect(() => world.network.transport('a')).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST' }),
    )
    const c = await world.host('c')
    await world.clock.run(1_000)
    await c.stop()
    await world.host('c')
    await world.clock.run(1_000)
    expect(world.links.get('c')).toHaveLength(4)
  })

  test.each([
    { latency: -1 },
    { jitter: Number.NaN },
    { bandwidth: 0 },
    { loss: 1 },
    { loss: -0.1 },
  ])('conditions out of range are refused: %p', (conditions) => {
    expect(() => new MemoryWorld(1, conditions)).toThrow(
      expect.objectContaining({ code: 'BAD_CONFIG' }),
    )
  })

  test('a topic that is not 32 bytes is refused', () => {
    const transport = new MemoryWorld(1).network.transport('a')
    expect(() => transport.join(Buffer.alloc(31))).toThrow(
      expect.objectContaining({ code: 'BAD_TOPIC' }),
    )
  })
})

function bytes(line: string): number {
  return Number(line.split(' ').at(-1))
}

function sum(lines: string[]): number {
  return lines.reduce((total, line) => total + bytes(line), 0)
}
