import { describe, expect, test } from '@jest/globals'
import type { DhtConnection } from 'hyperdht'
import { Duplex } from 'streamx'
import { systemClock } from '../../core/clock.ts'
import { encodeData, encodeGrant } from '../../transports/dht/frame.ts'
import { LinkStream } from '../../transports/dht/link-stream.ts'
import { Throttle } from '../../transports/dht/throttle.ts'
import { until } from '../compliance/until.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const MIB = 1024 * 1024

/** One end of a connection that keeps messages whole, as a secret stream does, and takes in whatever comes. */
class End extends Duplex {
  other: End | null = null
  longest = 0
  carried = 0

  override _write(data: unknown, done: (error: Error | null) => void): void {
    const bytes = data as Uint8Array
    this.longest = Math.max(this.longest, bytes.byteLength)
    this.carried += bytes.byteLength
    this.other?.push(bytes)
    done(null)
  }

  override _final(done: (error: Error | null) => void): void {
    this.other?.push(null)
    done(null)
  }

  override _predestroy(): void {
    this.other?.destroy()
  }
}

function ends(): [End, End] {
  const [a, b] = [new End(), new End()]
  a.other = b
  b.other = a
  return [a, b]
}

const asConnection = (end: End): DhtConnection => end as unknown as DhtConnection
const free = new Throttle(systemClock, 0)

function link(throttle = free): { a: LinkStream; b: LinkStream; ends: [End, End] } {
  const pair = ends()
  const [a, b] = pair.map((end) => new LinkStream(asConnection(end), throttle))
  for (const stream of [a!, b!]) stream.on('error', () => {})
  return { a: a!, b: b!, ends: pair }
}

describe('a link over the DHT', () => {
  test('what is written leaves in short pieces and arrives whole', async () => {
    const { a, b, ends } = link()
    const got: Uint8Array[] = []
    b.on('data', (data) => got.push(data as Uint8Array))
    const sent = Buffer.from(Array.from({ length: MIB }, (_, i) => i % 251))
    a.write(sent)
    await until('all of it', () => Buffer.concat(got).byteLength === MIB)
    expect(Buffer.concat(got).equals(sent)).toBe(true)
    expect(ends[0].longest).toBeLessThanOrEqual(64 * 1024)
  })

  test('a reader that does not read stops the writer', async () => {
    const { a, b, ends } = link()
    const piece = Buffer.alloc(MIB)
    for (let i = 0; i < 16; i++) a.write(piece)
    await until('the writer to be stopped', () => ends[0].carried >= 4 * MIB)
    await new Promise((resolve) => setImmediate(resolve))
    expect(ends[0].carried).toBeLessThan(5 * MIB)
    let got = 0
    b.on('data', (data) => (got += (data as Uint8Array).byteLength))
    await until('the rest', () => got === 16 * MIB)
  })

  test.each([
    ['more than was granted', Array<Buffer>(80).fill(encodeData(Buffer.alloc(64 * 1024)))],
    ['room that it was never given', [encodeGrant(1)]],
    ['nothing that it could mean', [Buffer.of(9)]],
    ['no data', [Buffer.of(0)]],
    ['two ends', [Buffer.of(2), Buffer.of(2)]],
    ['data after its end', [Buffer.of(2), encodeData(Buffer.of(1))]],
  ])('who sends %s is cut off', async (_, frames) => {
    const [mine, theirs] = ends()
    theirs.on('error', () => {})
    const stream = new LinkStream(asConnection(mine), free)
    const errors: string[] = []
    stream.on('error', (error) => errors.push((error as Error & { code: string }).code))
    for (const frame of frames) theirs.write(frame)
    await until('the end', () => stream.destroyed && mine.destroyed)
    expect(errors).toEqual(['TOO_LARGE'])
  })

  test('when both said their end, what was under way arrives, and both close', async () => {
    const { a, b } = link()
    const got: Uint8Array[] = []
    b.on('data', (data) => got.push(data as Uint8Array))
    a.on('data', () => {})
    a.write(Buffer.from('last words'))
    a.end()
    b.end()
    await until('both to close', () => a.destroyed && b.destroyed)
    expect(Buffer.concat(got).toString()).toBe('last words')
  })

  test.each([0, 1])('either end closes both: %i', async (which) => {
    const { a, b } = link()
    const closing = [a, b][which]!
    closing.write(Buffer.of(1))
    closing.destroy()
    await until('both to close', () => a.destroyed && b.destroyed)
    expect([a.destroyed, b.destroyed]).toEqual([true, true])
  })

  test('a rate holds for what leaves', async () => {
    const clock = new VirtualClock()
    const { a, b, ends } = link(new Throttle(clock, MIB))
    let got = 0
    b.on('data', (data) => (got += (data as Uint8Array).byteLength))
    a.write(Buffer.alloc(4 * MIB))
    await clock.run(1_000)
    expect(ends[0].carried).toBeGreaterThan(MIB)
    expect(ends[0].carried).toBeLessThan(2.5 * MIB)
    await clock.run(10_000)
    expect(got).toBe(4 * MIB)
  })
})
