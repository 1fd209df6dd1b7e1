import { describe, expect, test } from '@jest/globals'
import { EMPTY_ROOM } from '../../core/control/room-state.ts'
import type { KnownLog, RoomState } from '../../core/control/room-state.ts'
import { hash } from '../../core/crypto/hash.ts'
import { cutOf, devicesOf } from '../../core/room/known-cut.ts'
import { checkSettings } from '../../core/room/settings.ts'

function keyOf(name: string): Buffer {
  return hash([Buffer.from(name)])
}

/** A device each, with a control log and some content logs. */
function roomOf(persons: Record<string, { devices: string[]; logs: number }>): RoomState {
  const devices = new Map<
    string,
    RoomState['devices'] extends ReadonlyMap<string, infer T> ? T : never
  >()
  const writers = new Map<string, string>()
  const logs = new Map<string, KnownLog>()
  for (const [person, { devices: theirs, logs: count }] of Object.entries(persons)) {
    for (const device of theirs) {
      const entry = {
        person,
        writer: '',
        logs: [],
        standing: 'in',
        dropped: false,
        since: 0,
      } as const
      devices.set(device, entry)
      writers.set(keyOf(`writer ${device}`).toString('hex'), device)
      for (let n = 0; n < count; n++) {
        const key = keyOf(`log ${device} ${n}`)
        const log = { key, publicKey: key, device, person, end: null, silenced: [] }
        logs.set(key.toString('hex'), log)
      }
    }
  }
  return { ...EMPTY_ROOM, devices, writers, logs }
}

describe('a cut', () => {
  const state = roomOf({
    ann: { devices: ['a1', 'a2'], logs: 2 },
    bob: { devices: ['b1'], logs: 1 },
  })
  const heads = ['a1', 'a2', 'b1'].map((device, n) => ({
    key: keyOf(`writer ${device}`),
    length: n + 1,
  }))

  test('names how far the logs of a person’s devices are known, and no others', () => {
    const lengths = new Map([
      [keyOf('log a1 0').toString('hex'), 7],
      [keyOf('log a2 1').toString('hex'), 9],
      [keyOf('log b1 0').toString('hex'), 5],
    ])
    const reach = (log: string): number => lengths.get(log) ?? 0
    const cut = cutOf({ state, heads, reach }, devicesOf(state, 'ann'))
    expect(cut).toEqual({
      control: [
        { log: keyOf('writer a2').subarray(0, 8), length: 2 },
        { log: keyOf('writer a1').subarray(0, 8), length: 1 },
      ],
      // What is not named counts up to nothing.
      content: [
        { log: keyOf('log a2 1').subarray(0, 8), length: 9 },
        { log: keyOf('log a1 0').subarray(0, 8), length: 7 },
      ],
    })
    expect(cutOf({ state, heads, reach }, new Set(['b1'])).content).toHaveLength(1)
  })

  test('names as many as an entry may hold, the longest', () => {
    const devices = Array.from({ length: 16 }, (_, n) => `d${n}`)
    const crowded = roomOf({ ann: { devices, logs: 64 } })
    const reach = (log: string): number => 1 + Number.parseInt(log.slice(0, 6), 16)
    const { content } = cutOf({ state: crowded, heads: [], reach }, devicesOf(crowded, 'ann'))
    expect(content).toHaveLength(512)
    const all = [...crowded.logs.keys()].map(reach).sort((a, b) => b - a)
    expect(content.map(({ length }) => length)).toEqual(all.slice(0, 512))
  })
})

describe('settings', () => {
  const good = { history: 'all', rotateEvery: null, keepFor: null, disappearAfter: null } as const

  test('that a room can have pass as they are', () => {
    for (const change of [
      {},
      { history: 'joined' },
      { rotateEvery: 3_600_000 },
      { rotateEvery: 3_600_000, keepFor: 60_000 },
      { disappearAfter: 1_000 },
    ] as const) {
      expect(checkSettings({ ...good, ...change })).toEqual({ ...good, ...change })
    }
  })

  test('others are refused in words', () => {
    for (const change of [
      { history: 'none' },
      { rotateEvery: 3_599_999 },
      { rotateEvery: NaN },
      { rotateEvery: 1e15 },
      { rotateEvery: '1' },
      { keepFor: 3_600_000 },
      { disappearAfter: -1 },
      { disappearAfter: 1.5 },
    ]) {
      expect(() => checkSettings({ ...good, ...change } as never)).toThrow(/Nothing was changed/)
    }
  })
})
