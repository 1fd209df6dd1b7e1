import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { silentLogger } from '../../core/logger.ts'
import { seededRandom } from '../../core/random.ts'
import type {
  ChildOptions,
  ChildPort,
  ChildPortEvents,
} from '../../transports/ble/driver/child-port.ts'
import { ChildRadio } from '../../transports/ble/driver/child-radio.ts'
import { CAME_BACK } from '../../transports/ble/driver/ipc-codec.ts'
import type { Message } from '../../transports/ble/driver/ipc-codec.ts'
import type { RadioChannel } from '../../transports/ble/radio.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const ABILITIES = { bothRoles: true, rotatesAddress: true, dialled: 4, accepted: 7, links: 7 }
const PEER = '4a:01:02:03:04:05/random'
const PAYLOAD = Buffer.alloc(13, 9)

/** A child process without a process. */
class FakeChild extends EventEmitter<ChildPortEvents> implements ChildPort {
  readonly pid = undefined
  readonly told: Message[] = []
  readonly options: ChildOptions
  killed = false
  /** Answers pings, and ends when told to. */
  lively = true
  #gone = false

  constructor(options: ChildOptions) {
    super()
    this.options = options
  }

  tell(message: Message): void {
    this.told.push(message)
    if (!this.lively) return
    if (message.kind === 'ping')
      queueMicrotask(() => this.says({ kind: 'pong', count: message.count }))
    if (message.kind === 'stop') queueMicrotask(() => this.ends(0))
  }

  kill(): void {
    this.killed = true
    queueMicrotask(() => this.ends(null))
  }

  says(message: Message): void {
    if (!this.#gone) this.emit('message', message)
  }

  ends(code: number | null): void {
    if (this.#gone) return
    this.#gone = true
    this.emit('gone', code)
  }

  last<K extends Message['kind']>(kind: K): Extract<Message, { kind: K }> {
    return this.told.findLast((one) => one.kind === kind) as Extract<Message, { kind: K }>
  }
}

describe('a radio that is a child process', () => {
  let clock: VirtualClock
  let radio: ChildRadio
  let children: FakeChild[]
  let full: boolean

  beforeEach(() => {
    clock = new VirtualClock()
    children = []
    full = false
    radio = new ChildRadio({
      driver: 'stoprocent',
      clock,
      random: seededRandom(1),
      logger: silentLogger,
      spawn: (options) => {
        if (full) throw new Error('spawn ENOMEM')
        const child = new FakeChild(options)
        children.push(child)
        return child
      },
    })
  })
  afterEach(async () => radio.stop())

  const child = (): FakeChild => children.at(-1)!
  const states = (): string[] => {
    const seen: string[] = []
    radio.on('status', ({ state }) => seen.push(state))
    return seen
  }

  async function on(): Promise<void> {
    const started = radio.start()
    child().says({ kind: 'on', abilities: ABILITIES })
    await started
  }

  async function link(): Promise<RadioChannel> {
    const made = radio.connect(PEER, new AbortController().signal)
    const { attempt } = child().last('connect')
    const address = '4a:01:02:03:04:05'
    child().says({ kind: 'opened', attempt, channel: 1, address, maxPacket: 100 })
    return made
  }

  test('tells each child who it is and what to do, also one that comes later', async () => {
    radio.setDuty({ advertise: true, scan: 0.5 })
    await radio.identify(PAYLOAD)
    await on()
    expect(radio.status.state).toBe('on')
    expect(radio.abilities).toEqual(ABILITIES)
    const before = child().last('identify')
    expect(before.payload).toEqual(PAYLOAD)
    expect(child().last('duty')).toMatchObject({ advertise: true, scan: 0.5 })
    child().ends(null)
    await clock.run(1_000)
    expect(children).toHaveLength(2)
    expect(child().last('identify')).toEqual(before)
    expect(child().last('duty')).toMatchObject({ advertise: true, scan: 0.5 })
    await radio.identify(PAYLOAD)
    expect(child().last('identify').address).not.toBe(before.address)
  })

  test('starts and stops once, however often it is told', async () => {
    const seen = states()
    await on()
    await radio.start()
    expect(children).toHaveLength(1)
    await Promise.all([radio.stop(), radio.stop()])
    expect(seen).toEqual(['starting', 'on', 'off'])
    await on()
    expect(children).toHaveLength(2)
  })

  test('told to start while it stops, it waits for the child that ends', async () => {
    await on()
    child().lively = false
    const stopped = radio.stop()
    const started = radio.start()
    expect(children).toHaveLength(1)
    children[0]!.ends(0)
    await stopped
    expect(children).toHaveLength(2)
    child().says({ kind: 'on', abilities: ABILITIES })
    await started
    expect(radio.status.state).toBe('on')
    await clock.run(60_000)
    expect(children).toHaveLength(2)
    expect(child().killed).toBe(false)
  })

  test('an abort ends the start, and the child with it', async () => {
    const abort = new AbortController()
    const started = radio.start(abort.signal)
    abort.abort()
    await started
    expect(radio.status.state).toBe('off')
    expect(child().last('stop')).toBeDefined()
  })

  test('kills a child that does not end when told to', async () => {
    await on()
    child().lively = false
    const stopped = radio.stop()
    await clock.run(5_000)
    await stopped
    expect(child().killed).toBe(true)
    expect(radio.status.state).toBe('off')
  })

  test('replaces a child that does not answer, with a reset of the controller', async () => {
    await on()
    const seen = states()
    const channel = await link()
    const over = new Promise<void>((resolve) => channel.once('close', resolve))
    expect(child().options.reset).toBe(false)
    child().lively = false
    await clock.run(9_000)
    expect(child().killed).toBe(false)
    await clock.run(5_000)
    await over
    expect(children[0]!.killed).toBe(true)
    expect(children).toHaveLength(2)
    expect(child().options.reset).toBe(true)
    child().says({ kind: 'on', abilities: ABILITIES })
    expect(seen).toEqual(['starting', 'on'])
  })

  test('a child that ends again and again is started ever more seldom', async () => {
    await on()
    for (let n = 0; n < 12; n++) {
      child().ends(1)
      await clock.run(60_000)
    }
    expect(children).toHaveLength(13)
    expect(radio.status).toEqual({
      state: 'unavailable',
      reason: expect.stringContaining('does not answer'),
    })
    child().ends(1)
    await clock.run(30_000)
    expect(children).toHaveLength(13)
  })

  test('where no child can be started, it is tried again until one can', async () => {
    full = true
    const started = radio.start()
    await clock.run(60_000)
    await started
    expect(radio.status.state).toBe('unavailable')
    full = false
    await clock.run(60_000)
    expect(children).toHaveLength(1)
    child().says({ kind: 'on', abilities: ABILITIES })
    expect(radio.status.state).toBe('on')
    full = true
    child().ends(1)
    await clock.run(30_000)
    full = false
    await clock.run(60_000)
    expect(children).toHaveLength(2)
  })

  test('without an adapter it costs nothing for a minute, and then looks again', async () => {
    const started = radio.start()
    child().says({ kind: 'trouble', trouble: 'adapter' })
    child().ends(0)
    await started
    expect(radio.status).toEqual({
      state: 'unavailable',
      reason: expect.stringContaining('no Bluetooth adapter'),
    })
    const seen = states()
    await clock.run(59_000)
    expect(children).toHaveLength(1)
    await clock.run(2_000)
    expect(children).toHaveLength(2)
    child().says({ kind: 'on', abilities: ABILITIES })
    expect(seen).toEqual(['on'])
  })

  test('an adapter that was off is used as soon as it is on', async () => {
    await on()
    const seen = states()
    const channel = await link()
    const over = new Promise<void>((resolve) => channel.once('close', resolve))
    child().says({ kind: 'trouble', trouble: 'off' })
    await over
    await expect(link()).rejects.toMatchObject({ code: 'UNREACHABLE' })
    child().ends(CAME_BACK)
    await clock.run(1_000)
    child().says({ kind: 'on', abilities: ABILITIES })
    expect(seen).toEqual(['unavailable', 'starting', 'on'])
  })

  test('passes on who was heard, by a name that it dials', async () => {
    await on()
    const heard: unknown[] = []
    radio.on('sighting', (sighting) => heard.push(sighting))
    const address = '4a:01:02:03:04:05'
    child().says({ kind: 'sighting', address, addressType: 'random', rssi: null, payload: PAYLOAD })
    expect(heard).toEqual([{ peer: PEER, address, rssi: null, payload: PAYLOAD }])
    await link()
    expect(child().last('connect')).toMatchObject({ address, addressType: 'random' })
  })

  test('what an attempt gets when it is too late is closed', async () => {
    await on()
    const abort = new AbortController()
    const attempt = radio.connect(PEER, abort.signal)
    abort.abort()
    await expect(attempt).rejects.toMatchObject({ code: 'UNREACHABLE' })
    const { attempt: number } = child().last('connect')
    expect(child().last('abandon')).toEqual({ kind: 'abandon', attempt: number })
    const opened = {
      kind: 'opened',
      attempt: number,
      channel: 3,
      address: '',
      maxPacket: 20,
    } as const
    child().says(opened)
    expect(child().last('close')).toEqual({ kind: 'close', channel: 3 })
  })

  test('gives up an attempt of which it hears no more', async () => {
    await on()
    const attempt = radio.connect(PEER, new AbortController().signal)
    const failure = attempt.catch((error: unknown) => error)
    await clock.run(16_000)
    expect(await failure).toMatchObject({ code: 'UNREACHABLE' })
    const refused = radio.connect(PEER, new AbortController().signal)
    child().says({ kind: 'failed', attempt: child().last('connect').attempt })
    await expect(refused).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })

  test('has little under way: send asks to wait until the controller has sent it', async () => {
    await on()
    const channel = await link()
    let drained = 0
    channel.on('drain', () => drained++)
    await clock.run(1)
    let sent = 0
    while (channel.send(Buffer.alloc(100))) sent++
    expect((sent + 1) * 100).toBeLessThanOrEqual(8_300)
    child().says({ kind: 'sent', channel: 1, bytes: 3_000 })
    expect(drained).toBe(0)
    child().says({ kind: 'sent', channel: 1, bytes: 3_000 })
    expect(drained).toBe(1)
    expect(channel.send(Buffer.alloc(100))).toBe(true)
    expect(() => channel.send(Buffer.alloc(101))).toThrow(RangeError)
    expect(() => channel.send(Buffer.alloc(0))).toThrow(RangeError)
  })

  test('holds what a link brings until somebody listens', async () => {
    await on()
    const made = radio.connect(PEER, new AbortController().signal)
    const { attempt } = child().last('connect')
    child().says({ kind: 'opened', attempt, channel: 1, address: '', maxPacket: 20 })
    child().says({ kind: 'packet', channel: 1, bytes: Buffer.from('early') })
    child().says({ kind: 'mtu', channel: 1, maxPacket: 60 })
    child().says({ kind: 'closed', channel: 1 })
    const channel = await made
    const happened: string[] = []
    channel.on('packet', (packet) => happened.push(String(packet)))
    channel.on('mtu', () => happened.push(`mtu ${channel.maxPacket}`))
    const over = new Promise<void>((resolve) => channel.on('close', resolve))
    await over
    expect(happened).toEqual(['early', 'mtu 60'])
  })

  test('a link that is closed is over in time, also when the child never says so', async () => {
    await on()
    const channel = await link()
    let closed = 0
    channel.on('close', () => closed++)
    channel.close()
    expect(child().last('close')).toEqual({ kind: 'close', channel: 1 })
    child().says({ kind: 'packet', channel: 1, bytes: Buffer.from('late') })
    await clock.run(2_900)
    expect(closed).toBe(0)
    await clock.run(200)
    expect(closed).toBe(1)
    child().says({ kind: 'closed', channel: 1 })
    expect(closed).toBe(1)
  })

  test('a child that makes no sense is ended', async () => {
    await on()
    await link()
    child().says({ kind: 'opened', attempt: 0, channel: 1, address: '', maxPacket: 20 })
    expect(child().killed).toBe(true)
    await clock.run(1_000)
    child().says({ kind: 'stop' })
    expect(child().killed).toBe(true)
  })

  test('a packet larger than its link takes is nobody’s, and links have a bound', async () => {
    await on()
    const channel = await link()
    const packets: number[] = []
    channel.on('packet', ({ length }) => packets.push(length))
    await clock.run(1)
    child().says({ kind: 'packet', channel: 1, bytes: Buffer.alloc(101) })
    child().says({ kind: 'packet', channel: 1, bytes: Buffer.alloc(100) })
    child().says({ kind: 'packet', channel: 2, bytes: Buffer.alloc(1) })
    expect(packets).toEqual([100])
    let opened = 0
    radio.on('channel', () => opened++)
    for (let n = 10; n < 60; n++) {
      child().says({ kind: 'opened', attempt: 0, channel: n, address: '', maxPacket: 20 })
    }
    expect(opened).toBe(31)
    expect(child().last('close')).toEqual({ kind: 'close', channel: 59 })
  })
})
