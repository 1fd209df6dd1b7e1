import { describe, expect, test } from '@jest/globals'
import { seededRandom } from '../../core/random.ts'
import type { GattLink } from '../../transports/ble/link/gatt-link.ts'
import { linkWorld } from '../ble/link-figures.ts'
import type { AirConditions } from '../ble/fake-channel.ts'

const LONG = 600_000

/** What arrives at an end. */
function reading(link: GattLink): { bytes: () => Buffer; ended: boolean; closed: boolean } {
  const got: Buffer[] = []
  const seen = { bytes: () => Buffer.concat(got), ended: false, closed: false }
  link.on('data', (data) => got.push(Buffer.from(data as Uint8Array)))
  link.on('end', () => (seen.ended = true))
  link.on('close', () => (seen.closed = true))
  return seen
}

/** Bytes in writes of all sizes. */
function writes(seed: number, total: number): Buffer[] {
  const random = seededRandom(seed)
  const pieces: Buffer[] = []
  for (let left = total; left > 0; left -= pieces.at(-1)!.byteLength)
    pieces.push(random.bytes(Math.min(left, 1 + Math.floor(random.float() ** 4 * 9_000))))
  return pieces
}

/** Writes piece by piece as the link drains, then ends. */
function send(link: GattLink, pieces: readonly Buffer[]): void {
  let at = 0
  const on = (): void => {
    while (at < pieces.length) if (!link.write(pieces[at++]!)) return
    link.end()
    at = Infinity
  }
  link.on('drain', () => {
    if (at <= pieces.length) on()
  })
  on()
}

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
      const [there, back] = [writes(1, 30_000), writes(2, 30_000)]
      const [a, b] = [reading(central), reading(peripheral)]
      send(central, there)
      send(peripheral, back)
      expect(await clock.runUntil(() => a.closed && b.closed, LONG)).toBe(true)
      expect(b.bytes().equals(Buffer.concat(there))).toBe(true)
      expect(a.bytes().equals(Buffer.concat(back))).toBe(true)
      expect([a.ended, b.ended]).toEqual([true, true])
    }
  })
})
