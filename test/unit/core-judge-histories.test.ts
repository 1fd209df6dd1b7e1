import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Judge, judge } from '../../core/control/judge.ts'
import { ROLES } from '../../core/control/roles.ts'
import type { RoomState } from '../../core/control/room-state.ts'
import { device, hex, logOf, NOBODY, person, roleOf, within, World } from './core-judge-world.ts'
import type { Side } from './core-judge-world.ts'

const NAMES = ['ann', 'bob', 'cat', 'dan', 'eve', 'fay', 'bob/2', 'cat/2']
const INVITES = ['open', 'moderators', 'readers', 'of bob', 'of cat']
const SIDES = 3

/** One thing that happens: somebody says something on some side, or sides meet. */
interface Step {
  readonly act: number
  readonly who: number
  readonly whom: number
  readonly side: number
  readonly x: number
}

const steps = (min: number, max: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.record({
      act: fc.nat(21),
      who: fc.nat(NAMES.length - 1),
      whom: fc.nat(NAMES.length - 1),
      side: fc.nat(SIDES - 1),
      x: fc.nat(40),
    }),
    { minLength: min, maxLength: max },
  )

/** Says anything at all, allowed or not; with `lie`, as if nothing had been known. */
function say(side: Side, step: Step, others: readonly Side[], epochs: number[]): void {
  const { act, x } = step
  const [who, whom] = [NAMES[step.who]!, NAMES[step.whom]!]
  const lie = x % 5 === 0
  const cut = lie ? NOBODY : side.cut(whom, { [whom]: x })
  switch (act) {
    case 0:
    case 1:
      return void side.learn(others[x % others.length]!)
    case 2:
      return void side.invite(who, `${INVITES[x % 5]}`, { as: ROLES[x % 4]!, uses: x % 3 || null })
    case 3:
    case 4:
    case 5:
      return void side.admit(who, whom, INVITES[x % 5]!, { log: x % 3, keys: x % 2 })
    case 6:
      return void side.admit(who, whom, null, { log: x % 3, chain: x % 2 ? [NAMES[x % 8]!] : [] })
    case 7:
      return void side.role(who, whom, ROLES[x % 4]!, cut)
    case 8:
    case 9:
      return void side.remove(who, whom, { ban: x % 4 === 0, cut })
    case 10:
      return void side.mute(who, whom, x % 2 === 0, { [whom]: x })
    case 11:
      return void side.drop(who, whom, cut)
    case 12:
      return void side.revoke(who, INVITES[x % 5]!, lie ? [] : NAMES)
    case 13:
      return void side.say(who, { type: 'leave' })
    case 14:
      return void side.say(who, { type: 'title', name: who })
    case 15:
      return void side.say(who, { type: 'hide', log: logOf(whom), seq: x, on: x % 2 })
    case 16:
      return void side.say(who, { type: 'unban', person: device(whom).person })
    case 17:
      return void epochs.push(side.rotate(who, epochs[x % epochs.length]!, NAMES.slice(x % 8), x))
    case 18:
      return void side.grant(who, whom, epochs[x % epochs.length]!)
    case 20:
    case 21:
      return void side.mirror(who, `node ${x % 20}`, act === 20, x % 3 === 0 ? whom : null)
    default:
      return void side.declare(who, whom, x % 4)
  }
}

function played(history: readonly Step[]): World {
  const { world, all } = World.open()
  all.invite('ann', 'open')
  all.invite('ann', 'moderators', { as: 'moderator' })
  all.admit('ann', 'bob', 'moderators')
  all.admit('ann', 'cat', 'open')
  all.admit('ann', 'dan', 'open')
  all.role('ann', 'dan', 'admin')
  const sides = [all, all.split(), all.split()]
  const epochs = [0]
  for (const step of history) say(sides[step.side]!, step, sides, epochs)
  return world
}

/** What holds of a room whatever was said. */
function check(state: RoomState): void {
  const { devices, persons, logs, epochs, epoch, invites, mirrors } = state
  const inside = [...devices.values()].filter(({ standing }) => standing === 'in')
  const present = new Map(inside.map((entry) => [entry.person, persons.get(entry.person)!]))
  const ruled = [...present.values()].some(({ role }) => role === 'admin')
  expect(ruled || present.size === 0).toBe(true)
  for (const { removed, banned } of present.values())
    expect([removed, banned]).toEqual([false, false])
  for (const entry of devices.values()) {
    expect(entry.standing === 'in' && entry.dropped).toBe(false)
    expect(entry.logs.length).toBeLessThanOrEqual(64)
    expect(new Set(entry.logs).size).toBe(entry.logs.length)
  }
  const ranks = [...persons.values()].map(({ seniority }) => seniority)
  expect(new Set(ranks).size).toBe(ranks.length)
  for (const { device: id, end } of logs.values()) {
    expect(end === null && devices.get(id)!.dropped).toBe(false)
  }
  for (const { uses, used } of invites.values())
    expect(used.length).toBeLessThanOrEqual(uses ?? Infinity)
  expect(epochs.has(epoch)).toBe(true)
  expect(mirrors.size).toBeLessThanOrEqual(16)
  for (const { by } of mirrors.values()) expect(persons.has(by)).toBe(true)
}

test('any history: never throws, one verdict however it arrives, and what must hold of a room holds', () => {
  fc.assert(
    fc.property(
      steps(5, 80),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (history, gulps) => {
        const { entries } = played(history)
        const whole = judge(entries)
        check(whole)
        expect(judge(entries)).toEqual(whole)
        const bitwise = new Judge()
        for (let at = 0, n = 0; at < entries.length; n++) {
          const gulp = gulps[n % gulps.length]!
          bitwise.hear(entries.slice(at, (at += gulp)))
        }
        expect(bitwise.state()).toEqual(whole)
      },
    ),
    { numRuns: 400 },
  )
})

test('a member with helpers, who say and link whatever they like, gain nothing', () => {
  const hostile = ['cat', 'cat/2', 'eve', 'fay']
  fc.assert(
    fc.property(steps(5, 60), fc.nat(60), (history, when) => {
      const { world, all } = World.open()
      all.invite('ann', 'open')
      all.admit('ann', 'bob', 'open')
      all.admit('ann', 'cat', 'open')
      for (const n of [1, 2]) all.mirror(['ann', 'bob'][n - 1]!, `node ${n}`, true, 'its own')
      const { mirrors } = world.state
      const [shadow, other] = [all.split(), all.split()]
      const epochs = [0]
      for (const [n, step] of history.entries()) {
        // The admin throws them out at some time, as far as it knows them.
        if (n === when) all.remove('ann', 'cat')
        const by = { ...step, who: NAMES.indexOf(hostile[step.who % 4]!) }
        say(step.side === 0 ? shadow : other, by, [shadow, other, all], epochs)
      }
      const { state } = world
      check(state)
      expect(within(state, ['ann', 'bob'])).toEqual(['ann', 'bob'])
      expect([roleOf(state, 'ann'), roleOf(state, 'bob')]).toEqual(['admin', 'member'])
      expect(state.name).toBe('Porch')
      expect([state.hidden.size, state.pinned.length]).toEqual([0, 0])
      for (const [node, entry] of mirrors) expect(state.mirrors.get(node)).toEqual(entry)
      for (const name of ['ann', 'bob']) {
        expect(state.persons.get(person(name))).toMatchObject({ muted: false, banned: false })
        expect(state.logs.get(hex(logOf(name)))).toMatchObject({ end: null, silenced: [] })
      }
      for (const { role } of state.persons.values())
        expect(['admin', 'member', 'reader']).toContain(role)
      expect([...state.persons.values()].filter(({ role }) => role === 'admin')).toHaveLength(1)
      const thrownOut = when < history.length
      expect(thrownOut && within(state, hostile).length > 0).toBe(false)
    }),
    { numRuns: 400 },
  )
})

test('A22: whatever someone removed says afterwards, knowing it or not, adds nothing', () => {
  fc.assert(
    fc.property(steps(1, 40), (history) => {
      const { world, all } = World.open()
      all.invite('ann', 'open')
      for (const name of ['bob', 'cat', 'dan']) all.admit('ann', name, 'open')
      all.admit('cat', 'cat/2', null)
      const away = all.split()
      all.remove('ann', 'cat')
      const { devices, persons, invites, name, logs, mirrors } = world.state
      const own = ['cat', 'cat/2']
      for (const step of history) {
        // A declaration proves itself, whoever passes it on.
        if (step.act === 19) continue
        const by = { ...step, who: NAMES.indexOf(own[step.who % 2]!) }
        say(step.side === 0 ? away : all, by, [away, all], [0])
      }
      const after = world.state
      expect(after.mirrors).toEqual(mirrors)
      expect([after.devices, after.persons, after.invites, after.name, after.logs]).toEqual([
        devices,
        persons,
        invites,
        name,
        logs,
      ])
    }),
    { numRuns: 500 },
  )
})
