import { describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { seededRandom } from '../../core/random.ts'
import {
  CROWD,
  HEAD_START_MS,
  SETTLED_MS,
  STALE_MS,
  chooseDial,
  mostPromising,
  retryDelay,
} from '../../transports/ble/dial-policy.ts'
import type { Candidate, DialFacts } from '../../transports/ble/dial-policy.ts'
import { chooseDuty, scanShare } from '../../transports/ble/duty-policy.ts'
import type { DutyFacts, Phase } from '../../transports/ble/duty-policy.ts'
import { chooseLink } from '../../transports/ble/link-choice.ts'
import { MAX_SIGHTINGS, Sightings } from '../../transports/ble/sightings.ts'
import {
  MAX_OPENING,
  PATIENCE_MS,
  TURN_MS,
  admit,
  admitDial,
  chooseSwap,
  settle,
  slotLimits,
} from '../../transports/ble/slots-policy.ts'
import type { Slot } from '../../transports/ble/slots-policy.ts'
import { ABLE, FEW, SIMPLE } from '../ble/fake-air.ts'

const NOW = 1_000_000

describe('whom to dial', () => {
  const someone = (more: Partial<Candidate> = {}): Candidate => ({
    id: 'bb',
    contact: null,
    firstSeen: NOW - 100,
    seen: NOW,
    wantedSince: NOW - 100,
    failures: 0,
    notBefore: 0,
    ...more,
  })
  const choose = (
    candidates: Candidate[],
    more: Partial<DialFacts<Candidate>> = {},
  ): ReturnType<typeof chooseDial> =>
    chooseDial({
      now: NOW,
      ownId: 'aa',
      headStart: true,
      candidates,
      strangers: candidates.length,
      contactsWelcome: true,
      strangersWelcome: true,
      chance: 0,
      ...more,
    })

  test('the smaller id dials at once, the other after four seconds without a link', () => {
    expect(choose([someone()]).dial).toBeDefined()
    const larger = choose([someone()], { ownId: 'cc' })
    expect(larger).toEqual({ at: NOW - 100 + HEAD_START_MS })
    expect(choose([someone()], { ownId: 'cc', headStart: false }).dial).toBeDefined()
    expect(choose([someone()], { ownId: 'cc', now: NOW - 100 + HEAD_START_MS }).dial).toBeDefined()
  })

  test('of equals it is half the time the one that came last, else any', () => {
    const [last, first] = [someone({ id: 'b1' }), someone({ id: 'b2', firstSeen: NOW - 900 })]
    const picks = [0, 0.49, 0.5, 0.74, 0.75, 0.99].map(
      (chance) => choose([last, first], { chance }).dial,
    )
    expect(picks).toEqual([last, last, last, last, first, first])
  })

  test('known devices come first, then those with fewer failures', () => {
    const known = someone({ id: 'dd', contact: 'x', failures: 9 })
    const failed = someone({ id: 'cc', failures: 1 })
    const [one, two] = [someone({ id: 'b1' }), someone({ id: 'b2' })]
    expect(choose([failed, one, known, two]).dial).toBe(known)
    expect(choose([failed, one, two]).dial).toBe(one)
    expect(choose([failed, one, two], { chance: 0.9 }).dial).toBe(two)
    expect(choose([failed]).dial).toBe(failed)
  })

  test('who is not heard any more, has to wait, or has no room is not dialled', () => {
    expect(choose([someone({ seen: NOW - STALE_MS })])).toEqual({ at: Infinity })
    expect(choose([someone({ notBefore: NOW + 5 })])).toEqual({ at: NOW + 5 })
    expect(choose([someone()], { strangersWelcome: false })).toEqual({ at: Infinity })
    expect(choose([someone({ contact: 'x' })], { strangersWelcome: false }).dial).toBeDefined()
    expect(choose([someone({ contact: 'x' })], { contactsWelcome: false })).toEqual({
      at: Infinity,
    })
  })

  test('in a crowd only strangers that stayed are dialled, and known devices as ever', () => {
    const fresh = someone()
    const stayed = someone({ id: 'cc', firstSeen: NOW - SETTLED_MS })
    const crowd = { strangers: CROWD + 1, chance: 0.99 }
    expect(choose([fresh], crowd)).toEqual({ at: Infinity })
    expect(choose([stayed, fresh, fresh], crowd).dial).toBe(stayed)
    expect(choose([fresh, someone({ contact: 'x' })], crowd).dial?.contact).toBe('x')
  })

  test('of those not worked out the first are those heard twice, then those heard last', () => {
    const heard = (firstSeen: number, seen: number): { firstSeen: number; seen: number } => ({
      firstSeen,
      seen,
    })
    const flood = [heard(1, 1), heard(2, 2)]
    const stayed = [heard(0, 1), heard(0, 2)]
    expect(mostPromising([...stayed, ...flood])).toEqual([stayed[1], stayed[0], flood[1], flood[0]])
  })

  test('failures cost a stranger up to ten minutes and a known device half one', () => {
    expect(retryDelay('stranger', 1, false, 0)).toBe(600_000)
    expect(retryDelay('silent', 1, false, 0.5)).toBe(15_000)
    expect(retryDelay('silent', 2, false, 0)).toBe(600_000)
    expect(retryDelay('unreachable', 1, false, 0.5)).toBe(500)
    expect(retryDelay('unreachable', 30, false, 0.5)).toBe(600_000)
    expect(retryDelay('silent', 30, true, 0.5)).toBe(30_000)
  })
})

describe('how much to look and to be seen', () => {
  const facts = (more: Partial<DutyFacts> = {}): DutyFacts => ({
    now: NOW,
    power: undefined,
    abilities: ABLE,
    inbound: 0,
    outbound: 0,
    seekUntil: 0,
    changedAt: NOW,
    hidden: false,
    busy: false,
    phase: undefined,
    chance: 0.5,
    ...more,
  })
  const MINUTE = 60_000

  test('it looks all the time for somebody who was lost, and less and less when nothing happens', () => {
    const seeking = scanShare(facts({ seekUntil: NOW + 1 }))
    const calm = [0, 5, 60].map((minutes) =>
      scanShare(facts({ changedAt: NOW - minutes * MINUTE })),
    )
    expect(seeking).toBe(1)
    expect([seeking, ...calm]).toEqual([1, ...calm].sort((a, b) => b - a))
    expect(new Set(calm).size).toBe(3)
    expect(scanShare(facts({ busy: true, seekUntil: NOW + 1 }))).toBeLessThan(0.1)
  })

  test('on battery it looks less, and still less when that is nearly empty', () => {
    const shares = [
      undefined,
      { onBattery: false, level: 0.1 },
      { onBattery: true, level: 0.9 },
      { onBattery: true, level: null },
      { onBattery: true, level: 0.1 },
    ].map((power) => scanShare(facts({ power })))
    expect(shares).toEqual([0.5, 0.5, 0.25, 0.25, 0.125])
  })

  test('full, it is not to be found; a radio of one role never does both', () => {
    expect(chooseDuty(facts()).duty).toMatchObject({ advertise: true })
    expect(chooseDuty(facts({ inbound: 7 })).duty.advertise).toBe(false)
    expect(chooseDuty(facts({ abilities: FEW, inbound: 1 })).duty.advertise).toBe(false)
    expect(chooseDuty(facts({ hidden: true })).duty.advertise).toBe(false)
    for (const [inbound, outbound] of [
      [0, 0],
      [0, 1],
      [1, 0],
    ] as const) {
      const { duty } = chooseDuty(facts({ abilities: SIMPLE, inbound, outbound }))
      expect(duty.advertise && duty.scan > 0).toBe(false)
    }
  })

  test('two radios of one role come to look and to be seen at the same time, soon', () => {
    const random = seededRandom(3)
    const met: number[] = []
    for (let round = 0; round < 200; round++) {
      const phases: (Phase | undefined)[] = [undefined, undefined]
      for (let now = 0; ; now += 20) {
        const duties = phases.map((phase, i) => {
          const choice = chooseDuty(
            facts({ now, changedAt: now, abilities: SIMPLE, phase, chance: random.float() }),
          )
          phases[i] = choice.phase
          return choice.duty
        })
        const [a, b] = duties as [(typeof duties)[0], (typeof duties)[0]]
        if ((a.advertise && b.scan > 0) || (b.advertise && a.scan > 0)) {
          met.push(now)
          break
        }
      }
    }
    met.sort((x, y) => x - y)
    expect(met[100]).toBeLessThan(1_000)
    expect(met.at(-1)).toBeLessThan(20_000)
  })

  test('with little power a radio of one role rests between', () => {
    let phase: Phase | undefined
    const roles = new Set<string>()
    for (let now = 0; now < 10 * MINUTE; now = phase!.until) {
      const power = { onBattery: true, level: 0.1 }
      phase = chooseDuty(facts({ now, changedAt: 0, power, abilities: SIMPLE, phase })).phase
      roles.add(phase!.role)
    }
    expect([...roles].sort()).toEqual(['look', 'rest', 'show'])
  })
})

describe('who gets a place', () => {
  const slot = (more: Partial<Slot> = {}): Slot => ({
    stage: 'stranger',
    likely: false,
    side: 'acceptor',
    since: NOW - 1_000,
    busy: false,
    ...more,
  })
  const limits = slotLimits(ABLE)
  const times = (count: number, more: Partial<Slot> = {}): Slot[] =>
    Array.from({ length: count }, () => slot(more))

  test('two strangers at once may be about to say who they are; one that is slow gives way', () => {
    const opening = times(MAX_OPENING, { stage: 'opening' })
    expect(admit(opening.slice(1), false, limits, NOW).verdict).toBe('in')
    expect(admit(opening, false, limits, NOW).verdict).toBe('out')
    const slow = slot({ stage: 'opening', since: NOW - PATIENCE_MS })
    expect(admit([opening[0]!, slow], false, limits, NOW)).toEqual({
      verdict: 'instead',
      ends: slow,
    })
    // One that comes from where a known device was heard does not wait for them.
    expect(admit(opening, true, limits, NOW).verdict).toBe('in')
    expect(admit(times(2, { stage: 'opening', likely: true }), false, limits, NOW).verdict).toBe(
      'in',
    )
  })

  test('what may be a known device takes the place of the stranger that had a turn, busy or not, and of none that had not', () => {
    const first = slot({ since: NOW - TURN_MS, busy: true })
    const slots = [slot(), first, ...times(5)]
    expect(admit(slots, true, limits, NOW)).toEqual({ verdict: 'instead', ends: first })
    expect(admit(slots, false, limits, NOW).verdict).toBe('out')
    expect(admit(times(7), true, limits, NOW).verdict).toBe('out')
    const slow = slot({ stage: 'opening', since: NOW - PATIENCE_MS })
    expect(admit([...times(6), slow], true, limits, NOW)).toEqual({
      verdict: 'instead',
      ends: slow,
    })
  })

  test('strangers have four places, and change there after two minutes when others wait', () => {
    expect(settle(times(3), false, limits, NOW).verdict).toBe('in')
    expect(settle(times(4), false, limits, NOW).verdict).toBe('out')
    expect(settle(times(4), true, limits, NOW).verdict).toBe('in')
    const long = slot({ since: NOW - TURN_MS })
    expect(settle([...times(3), long], false, limits, NOW)).toEqual({
      verdict: 'instead',
      ends: long,
    })
    const busy = slot({ since: NOW - TURN_MS, busy: true })
    expect(settle([...times(3), busy], false, limits, NOW).verdict).toBe('out')
  })

  test('known devices give way to known devices alone, after their turn', () => {
    const contacts = times(7, { stage: 'contact' })
    expect(admit(contacts, true, limits, NOW).verdict).toBe('out')
    const long = slot({ stage: 'contact', since: NOW - TURN_MS })
    const slots = [...contacts.slice(1), long]
    expect(admit(slots, true, limits, NOW)).toEqual({ verdict: 'instead', ends: long })
    expect(admit(slots, false, limits, NOW).verdict).toBe('out')
  })

  test('what this device dials has a bound of its own', () => {
    const dialled = times(4, { side: 'dialler', stage: 'contact' })
    expect(admit(dialled, true, limits, NOW).verdict).toBe('in')
    expect(admitDial(dialled, true, limits, NOW).verdict).toBe('out')
    expect(
      admitDial([...dialled.slice(1), slot({ stage: 'contact' })], true, limits, NOW).verdict,
    ).toBe('in')
  })

  test('who can not be dialled any more dials a peer that can, and lets go what that one dialled', () => {
    const settled = slot({ since: NOW - 10_000 })
    const heard = (): number => 100
    expect(chooseSwap([settled], FEW, NOW, heard)).toBe(settled)
    expect(chooseSwap([settled], FEW, NOW, () => Infinity)).toBeUndefined()
    expect(chooseSwap([settled], ABLE, NOW, heard)).toBeUndefined()
    expect(chooseSwap([slot()], FEW, NOW, heard)).toBeUndefined()
    expect(chooseSwap([slot({ side: 'dialler' })], FEW, NOW, heard)).toBeUndefined()
    expect(chooseSwap([{ ...settled, busy: true }], FEW, NOW, heard)).toBeUndefined()
  })
})

describe('which of two connections lives', () => {
  const [earlier, later] = [randomBytes(32), randomBytes(32)]

  test.each([
    [true, true, 'earlier'],
    [true, false, 'later'],
    [false, true, 'later'],
  ])('shown here %s, shown there %s: the %s one, at both ends', (here, there, lives) => {
    const own = chooseLink({ shownByUs: here, shownByThem: there, earlier, later })
    const other = chooseLink({ shownByUs: there, shownByThem: here, earlier, later })
    expect([own, other]).toEqual([lives, lives])
  })

  test('of two dialled at once the same one lives, in whichever order they come', () => {
    const atOnce = { shownByUs: false, shownByThem: false }
    const own = chooseLink({ ...atOnce, earlier, later })
    const other = chooseLink({ ...atOnce, earlier: later, later: earlier })
    expect(new Set([own, other]).size).toBe(2)
  })
})

describe('who was heard', () => {
  const heard = (table: Sightings, peer: string, now: number): ReturnType<Sightings['heard']> =>
    table.heard(
      { peer, address: peer, rssi: null, payload: new Uint8Array(13) },
      { id: peer.padStart(12, '0'), tag: Buffer.alloc(6) },
      now,
    )

  test('is kept within a bound; known devices stay when strangers come in any number', () => {
    const table = new Sightings()
    heard(table, 'known', 0).contact = 'x'
    heard(table, 'there', 0)
    for (let i = 0; i < 3 * MAX_SIGHTINGS; i++) {
      heard(table, `s${i}`, i).contact = null
      heard(table, 'there', i)
    }
    const all = [...table.all()]
    expect(all).toHaveLength(MAX_SIGHTINGS)
    expect(all.some(({ peer }) => peer === 'known')).toBe(true)
    expect(all.find(({ peer }) => peer === 'there')?.firstSeen).toBe(0)
    for (let i = 0; i < 2 * MAX_SIGHTINGS; i++) heard(table, `c${i}`, i).contact = 'y'
    expect([...table.all()]).toHaveLength(MAX_SIGHTINGS)
  })

  test('under another identifier it is somebody else, who takes nothing from the first', () => {
    const table = new Sightings()
    heard(table, 'a', 0).failures = 3
    const same = heard(table, 'a', 5)
    expect([same.failures, same.firstSeen, same.seen]).toEqual([3, 0, 5])
    const other = table.heard(
      { peer: 'a', address: 'a', rssi: null, payload: new Uint8Array(13) },
      { id: 'ffffffffffff', tag: Buffer.alloc(6) },
      6,
    )
    expect([other.failures, other.firstSeen]).toEqual([0, 6])
    const again = heard(table, 'a', 7)
    expect([again.failures, again.firstSeen, again.wantedSince, again.seen]).toEqual([3, 0, 0, 7])
  })
})
