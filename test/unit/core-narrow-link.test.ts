/** Two connections over a simulated radio, in simulated time: what its link holds is all that text waits behind. */
import { afterEach, describe, expect, test } from '@jest/globals'
import NoiseSecretStream from '@hyperswarm/secret-stream'
import type { Message } from 'protomux'
import { bytes } from '../../core/codec/codec.ts'
import { Connection } from '../../core/connection/connection.ts'
import { BULK, HISTORY, TEXT } from '../../core/connection/urgency.ts'
import { seededRandom } from '../../core/random.ts'
import type { Link } from '../../core/transport.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import type { Conditions } from '../../transports/memory/index.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const KB = 1_000
const PROTOCOL = 'test'
const words = { text: bytes(64 * KB), history: bytes(64 * KB), bulk: bytes(64 * KB) }
type Name = keyof typeof words
const NAMES = Object.keys(words) as Name[]
const FOREVER = new AbortController().signal

interface Heard {
  readonly name: Name
  readonly data: Buffer
  readonly at: number
}

/** One end, that declares what it says as the session does. */
class End {
  readonly heard: Heard[] = []
  readonly connection: Connection
  readonly send: Record<Name, Message<Buffer>>
  closed = ''

  constructor(connection: Connection, clock: VirtualClock) {
    this.connection = connection
    const channel = connection.mux.createChannel({ protocol: PROTOCOL })!
    connection.rank(PROTOCOL, words, { text: TEXT, history: HISTORY, bulk: BULK })
    const senders = NAMES.map((name) => [
      name,
      channel.addMessage<Buffer>({
        encoding: words[name],
        onmessage: (data) => void this.heard.push({ name, data, at: clock.monotonic() }),
      }),
    ])
    this.send = Object.fromEntries(senders) as Record<Name, Message<Buffer>>
    channel.open()
    connection.trust()
    connection.on('close', (reason) => (this.closed = reason))
  }

  of(name: Name): Heard[] {
    return this.heard.filter((one) => one.name === name)
  }

  /** Says as much as the link takes, as who serves files does. */
  async flood(name: 'history' | 'bulk', size: number): Promise<void> {
    while (!this.connection.closed) {
      await this.connection.drained()
      this.send[name].send(Buffer.alloc(size))
    }
  }
}

class Air {
  readonly clock = new VirtualClock()
  readonly network: MemoryNetwork
  readonly ends: End[] = []

  constructor(conditions: Partial<Conditions>) {
    this.network = new MemoryNetwork({ clock: this.clock, random: seededRandom(1), conditions })
  }

  async link(): Promise<[End, End]> {
    for (const name of ['one', 'other']) {
      const transport = this.network.transport(name, { id: 'ble', narrow: true })
      transport.on('link', (link) => void this.#open(link))
      transport.join(Buffer.alloc(32, 1))
      await transport.start()
    }
    await this.clock.runUntil(() => this.ends.length === 2, 10_000)
    return this.ends as [End, End]
  }

  async #open(link: Link): Promise<void> {
    const { clock } = this
    const keyPair = NoiseSecretStream.keyPair()
    const connection = await Connection.open(link, keyPair, { clock, signal: FOREVER })
    this.ends.push(new End(connection, clock))
  }
}

/** A frame of messages that are no longer than a byte can say. */
function batchOf(...messages: Buffer[]): Buffer {
  const all = messages.flatMap(([channel, ...body]) => [0, channel!, body.length, ...body])
  return Buffer.from([0, ...all])
}

let air: Air

afterEach(() => {
  for (const { connection } of air.ends) connection.close('over')
})

const RADIO = { bandwidth: 60 * KB, latency: 15 }

describe('over a narrow link', () => {
  test.each(['bulk', 'history'] as const)(
    'a text in the midst of %s comes within 400 ms at 60 kB/s, and the line is used',
    async (kind) => {
      air = new Air(RADIO)
      const [one, other] = await air.link()
      // Several say much at the same time, as ranges of several logs and files do.
      const floods = Array.from({ length: 16 }, () => one.flood(kind, 4 * KB))
      await air.clock.run(2_000)
      const since = other.of(kind).length
      const waits: number[] = []
      for (let n = 0; n < 40; n++) {
        const at = air.clock.monotonic()
        one.send.text.send(Buffer.alloc(300, n))
        expect(await air.clock.runUntil(() => other.of('text').length === n + 1, 5_000)).toBe(true)
        waits.push(other.of('text').at(-1)!.at - at)
        await air.clock.run(130)
      }
      const seconds = (air.clock.monotonic() - 2_000) / 1_000
      expect(Math.max(...waits)).toBeLessThan(400)
      const rate = ((other.of(kind).length - since) * 4 * KB) / seconds
      expect(rate).toBeGreaterThan(0.85 * RADIO.bandwidth)
      one.connection.close('over')
      await air.clock.run(1_000)
      await Promise.all(floods)
    },
  )

  test('what is said at once arrives by its urgency, long messages among it, none lost and none doubled', async () => {
    air = new Air({ bandwidth: 20 * KB, latency: 15, jitter: 20 })
    const [one, other] = await air.link()
    // The other end knows pieces by now.
    await air.clock.run(1_000)
    const all = [30, 200, 3_000, 60_000]
    for (const size of all) one.send.bulk.send(Buffer.alloc(size, 1))
    for (const size of all) one.send.history.send(Buffer.alloc(size, 2))
    for (const size of all) one.send.text.send(Buffer.alloc(size, 3))
    expect(await air.clock.runUntil(() => other.heard.length >= 12, 60_000)).toBe(true)
    await air.clock.run(5_000)
    expect(other.heard.map(({ data }) => data.byteLength)).toEqual([
      30,
      ...all,
      ...all,
      200,
      3_000,
      60_000,
    ])
    expect(one.closed + other.closed).toBe('')
  })

  test('text and a farewell still leave when it ends, however much else waits', async () => {
    air = new Air(RADIO)
    const [one, other] = await air.link()
    await air.clock.run(1_000)
    for (let n = 0; n < 50; n++) one.send.bulk.send(Buffer.alloc(20 * KB))
    one.send.text.send(Buffer.from('farewell'))
    one.connection.end('another took over')
    const over = (): boolean => one.closed !== '' && other.closed !== ''
    expect(await air.clock.runUntil(over, 5_000)).toBe(true)
    expect(other.of('text').map(({ data }) => data.toString())).toEqual(['farewell'])
    expect(one.closed).toBe('another took over')
  })

  test('who reads nothing is left, and costs no more than it may leave unread', async () => {
    air = new Air(RADIO)
    const [one] = await air.link()
    air.network.partition([['one'], ['other']], 'black-hole')
    for (let n = 0; n < 200; n++) one.send.text.send(Buffer.alloc(60 * KB))
    expect(one.connection.roomy).toBe(false)
    await air.clock.run(2_000)
    expect(one.closed).toBe('the peer reads nothing')
  })

  test('a peer that sends pieces without an end is left', async () => {
    air = new Air({})
    const [one, other] = await air.link()
    const { mux } = other.connection
    const channel = mux._local.find((each) => each?.protocol === 'porchlight/pieces/1')!
    const number = mux._local.indexOf(channel) + 1
    for (let n = 0; n < 100 && one.closed === ''; n++) {
      const piece = Buffer.concat([Buffer.from([number, 0, 8]), Buffer.alloc(60 * KB)])
      mux.stream.write(piece)
      await air.clock.run(10)
    }
    expect(one.closed).not.toBe('')
  })

  const NESTED: [string, (piece: Buffer) => Buffer][] = [
    ['alone', (piece) => piece],
    ['in a batch', (piece) => batchOf(piece, piece)],
    ['9,000 deep', (piece) => Buffer.concat([...Array<Buffer>(9_000).fill(piece), piece])],
  ]

  test.each(NESTED)(
    'a frame in pieces that holds a piece itself is malformed: %s',
    async (_, of) => {
      air = new Air({})
      const [one, other] = await air.link()
      const { mux } = other.connection
      const channel = mux._local.find((each) => each?.protocol === 'porchlight/pieces/1')!
      // The whole of a frame, of which nothing came before.
      const piece = Buffer.from([mux._local.indexOf(channel) + 1, 0, 1])
      const errors: unknown[] = []
      one.connection.mux.stream.on('error', (error: unknown) => void errors.push(error))
      NoiseSecretStream.prototype.write.call(mux.stream, Buffer.concat([piece, of(piece)]))
      await air.clock.runUntil(() => one.closed !== '', 5_000)
      expect(errors).toEqual([expect.objectContaining({ code: 'MALFORMED' })])
    },
  )

  test('a batch of batches, each in the one before, is malformed', async () => {
    air = new Air({})
    const [one, other] = await air.link()
    const errors: unknown[] = []
    one.connection.mux.stream.on('error', (error: unknown) => void errors.push(error))
    // As long as the rest at most, a batch, on the control channel.
    const within = Buffer.from([0xfd, 0xff, 0xff, 0, 0])
    const frame = Buffer.concat([Buffer.alloc(3), ...Array<Buffer>(10_000).fill(within)])
    NoiseSecretStream.prototype.write.call(other.connection.mux.stream, frame)
    await air.clock.runUntil(() => one.closed !== '', 5_000)
    expect(errors).toEqual([expect.objectContaining({ code: 'MALFORMED' })])
  })

  test('a live peer stutters for seconds and is not given up; silence is', async () => {
    air = new Air(RADIO)
    const [one, other] = await air.link()
    air.network.partition([['one'], ['other']], 'black-hole')
    await air.clock.run(7_000)
    expect(air.ends.map(({ connection }) => connection.silent)).toEqual([false, false])
    await air.clock.run(1_500)
    expect(one.connection.silent).toBe(true)
    await air.clock.run(8_000)
    expect([one.closed, other.closed]).toEqual(Array(2).fill('nothing was heard from the peer'))
  })
})
