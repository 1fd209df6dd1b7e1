import { describe, expect, test } from '@jest/globals'
import { opens } from '../../core/control/epoch-readers.ts'
import type { EpochEntry } from '../../core/control/room-state.ts'

const LINK = Buffer.alloc(72)

function epoch(id: number, depth: number, links: number[], looked = (): void => {}): EpochEntry {
  const holders = new Set([`device ${id}`])
  return {
    id,
    depth,
    parent: null,
    at: 0,
    get holders() {
      looked()
      return holders
    },
    ephemeral: LINK,
    boxes: new Map(),
    links: links.map((older) => ({ epoch: older, link: LINK })),
  }
}

const byId = (entries: EpochEntry[]): Map<number, EpochEntry> =>
  new Map(entries.map((entry) => [entry.id, entry]))

describe('who opens an epoch', () => {
  const epochs = byId([epoch(0, 0, []), epoch(1, 1, [0]), epoch(2, 2, [1]), epoch(3, 2, [2, 9])])

  test('is who holds its key, or that of one which leads back to it', () => {
    const opened = (device: number): number[] =>
      [0, 1, 2, 3].filter((id) => opens(epochs, `device ${device}`, id))
    expect([0, 1, 2, 3].map(opened)).toEqual([[0], [0, 1], [0, 1, 2], [3]])
    expect(opens(epochs, 'device 0', 9)).toBe(false)
  })

  test('is found by looking at each epoch once, however they are linked', () => {
    let looks = 0
    const look = (): void => void looks++
    const linked = Array.from({ length: 1_000 }, (_, n) => {
      const links = Array.from({ length: 8 }, (__, back) => n - 1 - back)
      return epoch(n, n, links, look)
    })
    const ring = Array.from({ length: 1_000 }, (_, n) =>
      epoch(2_000 + n, 5, [2_000 + ((n + 1) % 1_000)], look),
    )
    const all = byId([...linked, ...ring])
    expect(opens(all, 'device 999', 0)).toBe(true)
    expect(looks).toBeLessThanOrEqual(1_000)
    expect(opens(all, 'device 2000', 2_001)).toBe(false)
    expect(looks).toBeLessThanOrEqual(1_001)
  })
})
