import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addressBucket, hostBucket } from '../../core/address-bucket.ts'
import { expired, giveWay } from '../../core/mirror/policy/eviction.ts'
import { DEFAULT_QUOTA, roomFor } from '../../core/mirror/policy/quota.ts'
import { REFUSED, REFUSED_WORDS } from '../../core/mirror/policy/refusals.ts'
import { restAfter } from '../../core/mirror/policy/rest.ts'
import { flow, KINDS } from '../../core/mirror/policy/roles.ts'
import { firstWant, nextWant } from '../../core/mirror/policy/want-size.ts'
import { MAX_WHOLE_BYTES } from '../../core/mirror/range/prove.ts'
import { leaveFirst } from '../../core/session/acquaintance-choice.ts'

const MB = 1024 * 1024
const NOTHING = {
  total: 0,
  unpaired: 0,
  depositor: 0,
  address: 0,
  members: 0,
  loose: 0,
  evictable: 0,
}

describe('an address', () => {
  test('A16: counts with all that its owner has beside it', () => {
    const same = [
      ['192.0.2.7', '192.0.2.200', '192.0.2.9:4000', '::ffff:192.0.2.1'],
      ['2001:db8::1', '2001:db8:0:0:ffff::9', '[2001:DB8::7]:4000', '2001:0db8:0::5'],
      ['fe80::1%eth0', '[fe80::2%wlan0]:80'],
    ]
    for (const addresses of same) {
      expect(new Set(addresses.map((each) => addressBucket('lan', each))).size).toBe(1)
    }
    const different = ['192.0.2.7', '192.0.3.7', '2001:db8::1', '2001:db8:0:1::1', 'fe80::1']
    expect(new Set(different.map((each) => addressBucket('lan', each))).size).toBe(5)
  })

  test('A13: of a host counts with those that one host has, not with its neighbours’', () => {
    const of = (addresses: string[]): number =>
      new Set(addresses.map((each) => hostBucket('lan', each))).size
    expect(of(['192.0.2.7', '192.0.2.7:4000', '::ffff:192.0.2.7'])).toBe(1)
    expect(of(['192.0.2.7', '192.0.2.8'])).toBe(2)
    expect(of(['2001:db8::1', '2001:db8:0:0:ffff::9', '[2001:db8::7]:4000'])).toBe(1)
    expect(of(['2001:db8::1', '2001:db8:0:1::1', 'fe80::1%eth0', 'fe80::2%eth0'])).toBe(4)
    expect(of(['memory:ann', 'memory:bob'])).toBe(2)
  })

  test('of another kind counts whole, and by its transport', () => {
    expect(addressBucket('ble', 'aa:bb:cc:dd:ee:ff')).toBe('ble:aa:bb:cc:dd:ee:ff')
    expect(addressBucket('memory', 'memory:ann')).not.toBe(addressBucket('ble', 'memory:ann'))
  })

  test('may be anything', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (address) => {
        expect(addressBucket('lan', address).length).toBeLessThanOrEqual(160)
      }),
    )
  })
})

describe('what passes', () => {
  test('members need nothing, holders everything, carriers only what is handed to them', () => {
    const both = { gives: true, takes: true }
    const none = { gives: false, takes: false }
    expect(flow('mirror', 'room', 'room')).toEqual(none)
    expect(flow('mirror', 'room', 'held')).toEqual(both)
    expect(flow('mirror', 'held', 'held')).toEqual(both)
    expect(flow('carry', 'room', 'held')).toEqual(none)
    expect(flow('carry', 'carried', 'carried')).toEqual(none)
  })

  test('under the carriers’ key what one gives the other takes, and a carrier takes nothing by itself', () => {
    for (const ours of KINDS) {
      for (const theirs of KINDS) {
        expect(flow('carry', ours, theirs).gives).toBe(flow('carry', theirs, ours).takes)
        expect(flow('mirror', ours, theirs).gives).toBe(flow('mirror', theirs, ours).takes)
      }
      expect(flow('carry', 'carried', ours).takes).toBe(false)
      expect(flow('carry', 'room', ours).gives).toBe(false)
    }
  })
})

const used = fc.record({
  total: fc.nat(2 * DEFAULT_QUOTA.total),
  unpaired: fc.nat(DEFAULT_QUOTA.total),
  depositor: fc.nat(64 * MB),
  address: fc.nat(128 * MB),
  members: fc.nat(DEFAULT_QUOTA.total),
  loose: fc.nat(64 * MB),
  evictable: fc.nat(DEFAULT_QUOTA.total),
})

describe('room for a depositor', () => {
  test('A16: is bounded by its key, its address and what is kept for others', () => {
    expect(roomFor(false, NOTHING, DEFAULT_QUOTA)).toEqual({ bytes: 32 * MB, refused: 'share' })
    const address = { ...NOTHING, address: 60 * MB }
    expect(roomFor(false, address, DEFAULT_QUOTA)).toEqual({ bytes: 4 * MB, refused: 'address' })
    const unpaired = { ...NOTHING, total: 511 * MB, unpaired: 511 * MB }
    expect(roomFor(false, unpaired, DEFAULT_QUOTA)).toEqual({ bytes: MB, refused: 'full' })
    expect(roomFor(true, unpaired, DEFAULT_QUOTA).bytes).toBe(513 * MB)
  })

  test('A17: others give way to who shares a room until it has half, with all at its address', () => {
    const full = { ...NOTHING, total: 1024 * MB, unpaired: 300 * MB, evictable: 300 * MB }
    expect(roomFor(true, { ...full, members: 400 * MB }, DEFAULT_QUOTA).bytes).toBe(112 * MB)
    expect(roomFor(true, { ...full, depositor: 600 * MB }, DEFAULT_QUOTA).bytes).toBe(0)
    const free = { ...full, total: 1000 * MB, depositor: 600 * MB }
    expect(roomFor(true, free, DEFAULT_QUOTA).bytes).toBe(24 * MB)
  })

  test('is never less for who shares a room, and never below nothing', () => {
    fc.assert(
      fc.property(used, (facts) => {
        const sound = { ...facts, evictable: facts.evictable + facts.loose }
        const strange = roomFor(false, sound, DEFAULT_QUOTA).bytes
        expect(strange).toBeGreaterThanOrEqual(0)
        expect(roomFor(true, sound, DEFAULT_QUOTA).bytes).toBeGreaterThanOrEqual(strange)
        expect(facts.unpaired + strange).toBeLessThanOrEqual(
          Math.max(facts.unpaired, DEFAULT_QUOTA.total / 2),
        )
      }),
    )
  })
})

const held = fc.array(
  fc.record({
    id: fc.nat(9_999).map(String),
    bytes: fc.nat(100),
    until: fc.nat(100),
    paired: fc.boolean(),
    since: fc.nat(50),
    address: fc.constantFrom('192.0.2', '198.51.100'),
  }),
  { maxLength: 30 },
)

describe('who gives way', () => {
  test('A17: what is over, then strangers’, the oldest first, and no more than it takes', () => {
    const mirror = (id: string, since: number, paired = false, until = 100) => {
      return { id, since, paired, until, bytes: 10, address: id }
    }
    const all = [
      mirror('young', 9),
      mirror('old', 1),
      mirror('member', 0, true),
      mirror('over', 5, true, 3),
    ]
    expect(giveWay(all, 15, 4).map(({ id }) => id)).toEqual(['over', 'old'])
    expect(giveWay(all, 1_000, 4).map(({ id }) => id)).toEqual(['over', 'old', 'young'])
    expect(giveWay(all, 0, 4)).toEqual([])
  })

  test('A17: of strangers, those of the address that has most here go first', () => {
    const mirror = (id: string, since: number, address: string) => {
      return { id, since, address, paired: false, until: 100, bytes: 10 }
    }
    const crowd = [5, 6, 7].map((since) => mirror(`crowd ${since}`, since, '198.51.100'))
    const gone = giveWay([mirror('first', 1, '192.0.2'), ...crowd], 30, 4)
    expect(gone.map(({ id }) => id)).toEqual(['crowd 5', 'crowd 6', 'first'])
  })

  test('A17: nothing of who shares a room goes before its time', () => {
    fc.assert(
      fc.property(held, fc.nat(400), fc.nat(100), (all, need, now) => {
        const gone = giveWay(all, need, now)
        expect(gone.every(({ paired, until }) => !paired || until <= now)).toBe(true)
        const freed = gone.slice(0, -1).reduce((sum, { bytes }) => sum + bytes, 0)
        expect(gone.length === 0 || freed < need).toBe(true)
        expect(expired(all, now).every(({ until }) => until <= now)).toBe(true)
      }),
    )
  })
})

describe('asking', () => {
  test('for more, when there was no range of so many bytes, ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (blocks) => {
        let steps = 0
        let last = 0
        for (let max: number | null = firstWant(blocks); max !== null; max = nextWant(max)) {
          expect(max).toBeGreaterThan(last)
          last = max
          steps++
        }
        expect([last, steps <= 4]).toEqual([MAX_WHOLE_BYTES, true])
      }),
    )
  })

  test('rests longer after each failure, and never for good', () => {
    fc.assert(
      fc.property(fc.nat(10_000), (failures) => {
        expect(restAfter(failures + 1)).toBeGreaterThanOrEqual(restAfter(failures))
        expect(restAfter(failures)).toBeLessThanOrEqual(300_000)
      }),
    )
  })
})

test('every refusal says what a person can do', () => {
  for (const reason of REFUSED) expect(REFUSED_WORDS[reason].length).toBeGreaterThan(20)
})

describe('of too many acquaintances', () => {
  test('those go first that only say that they are nodes, the idlest first', () => {
    const one = (name: string, matching: boolean, activeAt: number) => ({
      name,
      matching,
      activeAt,
      address: name,
      age: 0,
    })
    const all = [
      one('busy', true, 9),
      one('idle', true, 1),
      one('node', false, 5),
      one('new', false, 8),
    ]
    expect(leaveFirst(all, 4)).toEqual([])
    expect(leaveFirst(all, 1).map(({ name }) => name)).toEqual(['node', 'new', 'idle'])
  })

  test('A14: a crowd of one address takes no place of others, and one of many addresses none of those that were there', () => {
    const HOUR = 3_600_000
    const many = (n: number, name: (i: number) => string) =>
      Array.from({ length: n }, (_, i) => ({
        address: name(i),
        matching: true,
        age: 1_000 - i,
        activeAt: 100 + i,
      }))
    const honest = Array.from({ length: 40 }, (_, i) => ({
      address: `home ${i}`,
      matching: true,
      age: i < 20 ? HOUR : 2_000,
      activeAt: 0,
    }))
    const beside = leaveFirst([...honest, ...many(300, () => 'flood')], 256)
    expect(beside).toHaveLength(84)
    expect(beside.every(({ address }) => address === 'flood')).toBe(true)
    const wide = leaveFirst([...honest, ...many(1_000, (i) => `flood ${i}`)], 256)
    expect(wide.filter(({ age }) => age === HOUR)).toEqual([])
    // A whole street behind one address stays while there is room for all.
    expect(
      leaveFirst(
        many(256, () => 'street'),
        256,
      ),
    ).toEqual([])
  })
})
