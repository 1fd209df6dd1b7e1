/**
 * What every transport must do, whatever carries its bytes. A transport's own test file calls
 * `runTransportSuite` with a function that makes three fresh transports on one medium.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import type { Transport } from '../../core/transport.ts'
import { converge } from './engine-convergence.ts'
import { engines } from './engines.ts'
import { TransportProbe } from './link-probe.ts'
import type { LinkProbe } from './link-probe.ts'
import { settled, until } from './until.ts'

export interface TransportSetup {
  /** Stopped transports of three devices that can all reach each other. */
  readonly transports: readonly [Transport, Transport, Transport]
  /** Called after the suite stopped all three. */
  teardown(): void | Promise<void>
  /** Breaks what links the first two, as a pulled cable does; without it, one end destroys its stream. */
  sever?(): void | Promise<void>
  /** A fresh transport on a machine that lacks the hardware. */
  unavailable(): Transport | Promise<Transport>
}

export interface TransportSuiteOptions {
  /** Bytes that a writer may get rid of before a reader that does not read stops it; default 32 MiB. */
  readonly buffered?: number
  /** False where whoever is in reach is found, announced or not; default true. */
  readonly hidesLookers?: boolean
  /** Links that two devices may make before they have settled on those that stay; default 4. */
  readonly crossing?: number
}

const KIB = 1024
const MIB = 1024 * KIB
const QUIET_MS = 1_000

export function runTransportSuite(
  name: string,
  setup: () => TransportSetup | Promise<TransportSetup>,
  { buffered = 32 * MIB, hidesLookers = true, crossing = 4 }: TransportSuiteOptions = {},
): void {
  describe(`transport compliance: ${name}`, () => {
    let fixture: TransportSetup
    let a: TransportProbe
    let b: TransportProbe
    let c: TransportProbe
    let topic: Buffer

    beforeEach(async () => {
      fixture = await setup()
      const [first, second, third] = fixture.transports
      a = new TransportProbe(first, 0)
      b = new TransportProbe(second, 1)
      c = new TransportProbe(third, 2)
      topic = randomBytes(32)
    })

    afterEach(async () => {
      for (const transport of fixture.transports) await transport.stop()
      await fixture.teardown()
    })

    const start = async (...probes: TransportProbe[]): Promise<void> => {
      for (const probe of probes) probe.transport.join(topic)
      await Promise.all(probes.map((probe) => probe.transport.start()))
    }

    test('starting and stopping twice is the same as once, and it starts again', async () => {
      const states: string[] = []
      a.transport.on('status', ({ state }) => states.push(state))
      expect(a.transport.status.state).toBe('off')
      await a.transport.stop()
      await Promise.all([a.transport.start(), a.transport.start()])
      await a.transport.start()
      await until('the state on', () => a.transport.status.state === 'on')
      await Promise.all([a.transport.stop(), a.transport.stop()])
      await a.transport.stop()
      expect(a.transport.status.state).toBe('off')
      expect(states.filter((state) => state === 'on')).toHaveLength(1)
      expect(states.filter((state) => state === 'off')).toHaveLength(1)
      await start(a, b)
      await a.linkedWith(b)
    })

    test('is silent before it is started', async () => {
      b.transport.join(topic)
      await start(a, c)
      // The link of the other two shows that b had time to be found.
      await a.linkedWith(c)
      expect(b.links).toHaveLength(0)
      expect(b.transport.status.state).toBe('off')
      await b.transport.start()
      await a.linkedWith(b)
    })

    test('is silent after it was stopped: its links close and none is made', async () => {
      await start(a, b)
      const [ownEnd, otherEnd] = await a.linkedWith(b)
      await b.transport.stop()
      await until('both ends to close', () => ownEnd.closed && otherEnd.closed)
      const before = b.links.length
      await start(c)
      await a.linkedWith(c)
      expect(b.links).toHaveLength(before)
      expect(a.pairWith(b)).toBeUndefined()
      await b.transport.start()
      await a.linkedWith(b)
    })

    test('links those with a topic in common, and no others', async () => {
      c.transport.join(randomBytes(32))
      await c.transport.start()
      await start(a, b)
      await a.linkedWith(b)
      expect(c.links).toHaveLength(0)
      c.transport.join(topic)
      await a.linkedWith(c)
      await b.linkedWith(c)
    })

    test('a topic joined after the start, or left before it, counts', async () => {
      c.transport.join(topic)
      c.transport.leave(topic)
      await Promise.all([a.transport.start(), b.transport.start(), c.transport.start()])
      a.transport.join(topic)
      b.transport.join(topic)
      b.transport.join(topic)
      await a.linkedWith(b)
      expect(c.links).toHaveLength(0)
      c.transport.join(topic)
      await b.linkedWith(c)
    })

    test('who only looks for a topic links with those that announce it', async () => {
      a.transport.join(topic, { announce: false })
      b.transport.join(topic)
      await Promise.all([a.transport.start(), b.transport.start()])
      await a.linkedWith(b)
    })

    if (hidesLookers) {
      test('two that only look do not link; the last join of a topic counts', async () => {
        a.transport.join(topic)
        a.transport.join(topic, { announce: false })
        b.transport.join(topic, { announce: false })
        await Promise.all([a.transport.start(), b.transport.start()])
        await start(c)
        // The links of both to the third show that they had time to find each other.
        await Promise.all([a.linkedWith(c), b.linkedWith(c)])
        expect(a.linksTo(b)).toHaveLength(0)
        b.transport.join(topic)
        await a.linkedWith(b)
      })
    }

    test('a link says what it is, and exactly one side dialled', async () => {
      await start(a, b)
      const [own, other] = await a.linkedWith(b)
      expect(own.link.initiator).not.toBe(other.link.initiator)
      for (const { link } of [own, other]) {
        expect(link.transport).toBe(a.transport.id)
        expect(link.cost).toBeGreaterThan(0)
        expect(link.address).not.toBe('')
      }
    })

    test('small, large and many writes arrive whole and in order, both ways', async () => {
      await start(a, b)
      const [own, other] = await a.linkedWith(b)
      const small = [randomBytes(1), randomBytes(100)]
      const many = Array.from({ length: 3_000 }, (_, i) => randomBytes((i % 97) + 1))
      for (const pieces of [small, [randomBytes(MIB)], many]) {
        const both = [transfer(own, other, pieces), transfer(other, own, pieces)]
        expect(await Promise.all(both)).toEqual([true, true])
      }
    })

    test('a reader that does not read stops the writer within a bound, and nothing is lost', async () => {
      await start(a, b)
      const [own, other] = await a.linkedWith(b)
      other.stopReading()
      const piece = randomBytes(64 * KIB)
      const total = buffered + 4 * MIB
      let accepted = 0
      const writing = own.write(
        repeat(piece, total / piece.byteLength),
        (bytes) => (accepted += bytes),
      )
      await settled('the writer to stop', () => accepted, QUIET_MS)
      expect(accepted).toBeLessThanOrEqual(buffered)
      other.readOn()
      await writing
      for (let left = total; left > 0; left -= piece.byteLength) {
        const arrived = await other.read(piece.byteLength)
        if (!arrived.equals(piece)) throw new Error('bytes were lost or changed')
      }
      expect(other.received).toBe(total)
    })

    test.each(['initiator', 'other'])('destroying the %s end closes both', async (side) => {
      await start(a, b)
      const ends = await a.linkedWith(b)
      const end = ends.find(({ link }) => link.initiator === (side === 'initiator'))!
      end.link.stream.destroy()
      expect(await until('both ends to close', () => ends.every(({ closed }) => closed))).toBe(true)
    })

    test('destroying one end closes the other even where it had not read everything', async () => {
      await start(a, b)
      const [own, other] = await a.linkedWith(b)
      other.stopReading()
      own.link.stream.write(randomBytes(64 * KIB))
      own.link.stream.destroy()
      other.readOn()
      expect(await until('both ends to close', () => own.closed && other.closed)).toBe(true)
    })

    test('devices that dial each other at the same moment settle', async () => {
      a.transport.join(topic)
      b.transport.join(topic)
      await Promise.all([a.transport.start(), b.transport.start()])
      await a.linkedWith(b)
      await settled('links to stop changing', () => a.links.length + b.links.length, QUIET_MS)
      await until('bytes both ways', () => carries(a, b))
      expect(a.linksTo(b).filter(({ closed }) => !closed).length).toBeLessThanOrEqual(2)
      expect(a.links.length).toBeLessThanOrEqual(crossing)
    })

    test('a severed link is made again and works', async () => {
      await start(a, b)
      for (let round = 0; round < 3; round++) {
        const ends = await a.linkedWith(b)
        if (fixture.sever === undefined) ends[round % 2]!.link.stream.destroy()
        else await fixture.sever()
        await until('both ends to close', () => ends.every(({ closed }) => closed))
        const [own, other] = await a.linkedWith(b)
        expect(await transfer(own, other, [randomBytes(KIB)])).toBe(true)
        expect(await transfer(other, own, [randomBytes(KIB)])).toBe(true)
      }
    })

    test('a third device links to both', async () => {
      await start(a, b, c)
      const links = await Promise.all([a.linkedWith(b), b.linkedWith(c), c.linkedWith(a)])
      expect(new Set(links.flat()).size).toBe(6)
    })

    test('without its hardware it is unavailable with a reason, and never throws', async () => {
      const transport = await fixture.unavailable()
      transport.join(topic)
      await transport.start()
      await until('the state unavailable', () => transport.status.state === 'unavailable')
      expect(transport.status.reason).toMatch(/\w/)
      await transport.stop()
      expect(transport.status.state).toBe('off')
    })

    test.each([
      [0, 1],
      [1, 0],
    ])('two engines show the same messages: device %i invites device %i', async (host, guest) => {
      for (const probe of [a, b, c]) probe.release()
      const { transports } = fixture
      const outcome = await converge(engines, transports[host]!, transports[guest]!)
      expect(outcome.sameRoom).toBe(true)
      expect(outcome.guestShows).toEqual(outcome.hostShows)
      expect(new Set(outcome.hostShows).size).toBe(11)
    })
  })
}

/** Whether what was written at one end arrived at the other, byte for byte. */
async function transfer(from: LinkProbe, to: LinkProbe, pieces: Buffer[]): Promise<boolean> {
  const sent = Buffer.concat(pieces)
  const [, received] = await Promise.all([from.write(pieces), to.read(sent.byteLength)])
  return received.equals(sent)
}

/** Whether a link that is open now carries bytes both ways; false when it is closed meanwhile, as one too many is. */
async function carries(a: TransportProbe, b: TransportProbe): Promise<boolean> {
  const [own, other] = await a.linkedWith(b)
  const piece = [randomBytes(KIB)]
  try {
    return (await transfer(own, other, piece)) && (await transfer(other, own, piece))
  } catch (error) {
    if (own.closed || other.closed) return false
    throw error
  }
}

function* repeat(piece: Buffer, times: number): Iterable<Buffer> {
  for (let i = 0; i < times; i++) yield piece
}
