import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { FilePolicyChange, FileReason } from '../../core/files/api.ts'
import { evictionOrder, expired } from '../../core/files/policy/eviction.ts'
import type { Tenant } from '../../core/files/policy/eviction.ts'
import {
  autoFetchSize,
  changedChoice,
  checkQuota,
  DEFAULT_POLICY,
  mayAutoFetch,
  policyOf,
} from '../../core/files/policy/policy.ts'
import {
  isDeclined,
  MAX_DECLINED,
  readSavedFiles,
  setDeclined,
} from '../../core/files/policy/saved-files.ts'
import type { SavedFiles } from '../../core/files/policy/saved-files.ts'
import { secondsLeft } from '../../core/files/policy/seconds-left.ts'
import { REASON_WORDS } from '../../core/files/words.ts'

const DAY = 24 * 60 * 60_000
const ROOT = 'ab'.repeat(32)
const ROOM = 'cd'.repeat(16)

describe('what is fetched by itself', () => {
  test('goes by the transport and the size; a transport without a limit of its own is another', () => {
    const may = (transport: string, size: number): boolean =>
      mayAutoFetch(DEFAULT_POLICY, transport, size)
    expect([may('lan', 100_000_000), may('lan', 100_000_001)]).toEqual([true, false])
    expect([may('dht', 25_000_000), may('dht', 25_000_001)]).toEqual([true, false])
    expect([may('ble', 64_000), may('ble', 64_001)]).toEqual([true, false])
    expect([may('pigeon', 25_000_000), may('pigeon', 25_000_001)]).toEqual([true, false])
    for (const name of ['toString', '__proto__', 'constructor', '']) {
      expect([may(name, 25_000_000), may(name, 25_000_001)]).toEqual([true, false])
    }
    expect(mayAutoFetch(policyOf({ autoFetch: { lan: 0 } }, DEFAULT_POLICY), 'lan', 1)).toBe(false)
  })

  test('counts each file of a folder as what it takes of a disk', () => {
    expect(autoFetchSize({ size: 5, contents: 0, files: 1 })).toBe(5)
    expect(autoFetchSize({ size: 600_000, contents: 600_000, files: 100_000 })).toBe(410_200_000)
  })

  test('in a room goes by what was decided there, else by the device', () => {
    const device = policyOf({ autoFetch: { lan: 5, ble: 6 }, keepFor: DAY }, DEFAULT_POLICY)
    const room = policyOf({ autoFetch: { lan: 7 } }, device)
    expect(room).toEqual({
      autoFetch: { lan: 7, dht: 25_000_000, ble: 6, other: 25_000_000 },
      keepFor: DAY,
    })
    expect(policyOf({ keepFor: null }, device).keepFor).toBeNull()
    expect(policyOf(undefined, device)).toEqual(device)
  })
})

describe('a change of a policy', () => {
  test('changes what it names, and can fall back again', () => {
    let choice = changedChoice(undefined, { autoFetch: { lan: 5 } })
    choice = changedChoice(choice, { autoFetch: { dht: 6 }, keepFor: DAY })
    expect(choice).toEqual({ autoFetch: { lan: 5, dht: 6 }, keepFor: DAY })
    choice = changedChoice(choice, { autoFetch: null })
    expect(choice).toEqual({ keepFor: DAY })
    expect(changedChoice(choice, { keepFor: null })).toEqual({ keepFor: null })
    expect(changedChoice(choice, { keepFor: 'default' })).toEqual({})
    expect(changedChoice(choice, {})).toEqual(choice)
  })

  test.each<[string, unknown, RegExp]>([
    ['a limit below nothing', { autoFetch: { lan: -1 } }, /limit for lan/],
    ['half a byte', { autoFetch: { ble: 0.5 } }, /limit for ble/],
    ['no number', { autoFetch: { lan: '5' } }, /limit for lan/],
    ['too many bytes', { autoFetch: { lan: 2 ** 53 } }, /limit for lan/],
    ['a transport that has none', { autoFetch: { wan: 5 } }, /no limit for “wan”/],
    ['a moment', { keepFor: 1_000 }, /a minute at the least/],
    ['for ages', { keepFor: 1e15 }, /ten years/],
    ['half a ms', { keepFor: 100_000.5 }, /minute/],
    ['no time', { keepFor: NaN }, /minute/],
    ['words', { keepFor: 'soon' }, /minute/],
  ])('that asks for %s is refused with words', (_, change, words) => {
    const act = (): unknown => changedChoice(undefined, change as FilePolicyChange)
    expect(act).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
    expect(act).toThrow(words)
  })

  test('a quota is bytes or none', () => {
    for (const good of [null, 0, 5e9]) expect(() => checkQuota(good)).not.toThrow()
    for (const bad of [-1, 0.5, NaN, Infinity]) {
      expect(() => checkQuota(bad)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
    }
  })
})

function tenant(change: Partial<Tenant> & { name: string }): Tenant & { name: string } {
  const usual = { kind: 'received', asked: false, busy: false } as const
  return { ...usual, addedAt: 0, usedAt: 0, bytes: 10, ...change }
}

describe('what is kept', () => {
  test('for a time goes after it, if nobody asked for it', () => {
    const items = [
      tenant({ name: 'over' }),
      tenant({ name: 'newer', addedAt: 1 }),
      tenant({ name: 'asked for', asked: true }),
      tenant({ name: 'being read', busy: true }),
      tenant({ name: 'sent', kind: 'shared' }),
      tenant({ name: 'for others', kind: 'held' }),
    ]
    const names = (keepFor: number | null, now: number): string[] =>
      expired(items, { keepFor }, now).map(({ name }) => name)
    expect(names(DAY, DAY - 1)).toEqual([])
    expect(names(DAY, DAY)).toEqual(['over'])
    expect(names(DAY, DAY + 1)).toEqual(['over', 'newer'])
    expect(names(null, 1e15)).toEqual([])
  })
})

describe('what makes room', () => {
  test('is for others first, then what nobody opened, then what was opened longest ago', () => {
    const items = [
      tenant({ name: 'asked for', asked: true, bytes: 1_000 }),
      tenant({ name: 'sent', kind: 'shared', bytes: 1_000 }),
      tenant({ name: 'being read', busy: true, bytes: 1_000 }),
      tenant({ name: 'elsewhere', bytes: 0 }),
      tenant({ name: 'opened lately', addedAt: 1, usedAt: 9 }),
      tenant({ name: 'opened long ago', addedAt: 8, usedAt: 8 }),
      tenant({ name: 'unopened, new', addedAt: 7 }),
      tenant({ name: 'unopened, old', addedAt: 2 }),
      tenant({ name: 'for others, new', kind: 'held', addedAt: 6, usedAt: 1 }),
      tenant({ name: 'for others, old', kind: 'held', addedAt: 3, usedAt: 5 }),
    ]
    const order = [
      'for others, old',
      'for others, new',
      'unopened, old',
      'unopened, new',
      'opened long ago',
      'opened lately',
    ]
    const names = (bytes: number): string[] => evictionOrder(items, bytes).map(({ name }) => name)
    expect(names(1e9)).toEqual(order)
    expect(names(21)).toEqual(order.slice(0, 3))
    expect(names(20)).toEqual(order.slice(0, 2))
    expect([names(0), names(-5)]).toEqual([[], []])
  })

  test('is never more than needed, nor less while there is some that may go', () => {
    const items = fc.array(
      fc.record({
        name: fc.constant(''),
        kind: fc.constantFrom('shared' as const, 'received' as const, 'held' as const),
        asked: fc.boolean(),
        busy: fc.boolean(),
        addedAt: fc.nat(100),
        usedAt: fc.nat(100),
        bytes: fc.nat(1_000),
      }),
    )
    fc.assert(
      fc.property(items, fc.nat(5_000), (all, needed) => {
        const chosen = evictionOrder(all, needed)
        const sum = (list: readonly Tenant[]): number =>
          list.reduce((bytes, item) => bytes + item.bytes, 0)
        const stays = ({ kind, asked, busy }: Tenant): boolean => kind === 'shared' || asked || busy
        expect(chosen.some(stays)).toBe(false)
        expect(sum(chosen)).toBeGreaterThanOrEqual(
          Math.min(needed, sum(evictionOrder(all, Infinity))),
        )
        expect(sum(chosen.slice(0, -1))).toBeLessThan(Math.max(1, needed))
      }),
    )
  })
})

describe('what is kept of decisions', () => {
  test('is read as it was written', () => {
    const saved: SavedFiles = {
      policy: { autoFetch: { lan: 5 }, keepFor: DAY },
      rooms: { [ROOM]: { keepFor: null } },
      quota: 5e9,
      declined: [ROOT],
    }
    expect(readSavedFiles(JSON.parse(JSON.stringify(saved)))).toEqual(saved)
  })

  test('is read without whatever makes no sense', () => {
    const stored = {
      policy: { autoFetch: { lan: 'x' } },
      rooms: { [ROOM]: { keepFor: DAY }, '../x': { keepFor: DAY }, [`${ROOM.slice(2)}ff`]: 5 },
      quota: -1,
      declined: [ROOT, 'x', 5],
    }
    expect(readSavedFiles(stored)).toEqual({
      rooms: { [ROOM]: { keepFor: DAY } },
      declined: [ROOT],
    })
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (all, part) => {
        readSavedFiles(all)
        const read = readSavedFiles({ policy: part, rooms: { [ROOM]: part }, declined: part })
        expect(readSavedFiles(read)).toEqual(read)
      }),
    )
  })

  test('of declined items the newest are remembered', () => {
    const saved: SavedFiles = {}
    expect(setDeclined(saved, ROOT, false)).toBe(false)
    expect([setDeclined(saved, ROOT, true), setDeclined(saved, ROOT, true)]).toEqual([true, false])
    expect(isDeclined(saved, ROOT)).toBe(true)
    for (let n = 0; n < MAX_DECLINED; n++) {
      setDeclined(saved, n.toString(16).padStart(64, '0'), true)
    }
    expect([isDeclined(saved, ROOT), saved.declined!.length]).toEqual([false, MAX_DECLINED])
    expect(setDeclined(saved, '0'.repeat(64), false)).toBe(true)
    expect(isDeclined(saved, '0'.repeat(64))).toBe(false)
  })
})

test('the time left is told while it can be', () => {
  expect([secondsLeft(0, 0), secondsLeft(1, 1_000), secondsLeft(2_001, 1_000)]).toEqual([0, 1, 3])
  expect([secondsLeft(1, 0), secondsLeft(1e15, 1)]).toEqual([null, null])
})

test('each reason has words that say what is safe and what to do', () => {
  const reasons: readonly FileReason[] = [
    'no-source',
    'disk-full',
    'quota',
    'source-changed',
    'source-gone',
    'damaged',
    'lost-here',
    'not-stored',
  ]
  expect(Object.keys(REASON_WORDS).sort()).toEqual([...reasons].sort())
  for (const words of Object.values(REASON_WORDS)) {
    expect(words).toMatch(/kept|safe|verified/)
    expect(words).toMatch(/goes on|go on|try again|ask the sender|fetch/)
  }
})
