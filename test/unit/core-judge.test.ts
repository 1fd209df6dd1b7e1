import { beforeEach, describe, expect, test } from '@jest/globals'
import { admission, doorOf } from '../../core/control/admission.ts'
import {
  NOBODY,
  Side,
  World,
  device,
  hex,
  joinOf,
  logOf,
  person,
  prefixOf,
  roleOf,
  within,
} from './core-judge-world.ts'
import { ClaimBook } from '../../core/control/cut.ts'
import { EpochBook } from '../../core/control/epoch-book.ts'

const NAMES = ['ann', 'bob', 'cat', 'dan', 'eve', 'fay']

let world: World
let all: Side

const present = (names = NAMES): string[] => within(world.state, names)
const messageOf = (name: string, seq: number): string =>
  `${logOf(name).subarray(0, 8).toString('hex')}-${seq}`

/** Ann is admin, Bob moderator, Cat and Dan are members, Eve is a reader. */
beforeEach(() => {
  ;({ world, all } = World.open())
  all.invite('ann', 'open')
  all.invite('ann', 'moderators', { as: 'moderator' })
  all.invite('ann', 'readers', { as: 'reader' })
  all.admit('ann', 'bob', 'moderators')
  all.admit('ann', 'cat', 'open')
  all.admit('cat', 'dan', 'open')
  all.admit('bob', 'eve', 'readers')
})

describe('roles', () => {
  test('each has the role of its invite, and its place in the order of coming', () => {
    const { persons } = world.state
    const told = ['ann', 'bob', 'cat', 'dan', 'eve'].map((name) => {
      const { role, seniority } = persons.get(person(name))!
      return [role, seniority]
    })
    expect(told).toEqual([
      ['admin', 0],
      ['moderator', 1],
      ['member', 2],
      ['member', 3],
      ['reader', 4],
    ])
  })

  test('only an admin changes title, settings and roles', () => {
    for (const [n, name] of ['eve', 'dan', 'bob', 'ann'].entries()) {
      all.say(name, { type: 'title', name: `by ${name}` })
      all.set(name, { disappearAfter: n })
      all.role(name, 'cat', 'moderator')
      const { name: title, settings } = world.state
      const allowed = name === 'ann'
      expect(title).toBe(allowed ? 'by ann' : 'Porch')
      expect(settings.disappearAfter).toBe(allowed ? 3 : null)
      expect(roleOf(world.state, 'cat')).toBe(allowed ? 'moderator' : 'member')
    }
  })

  test.each([
    ['ann', ['bob', 'cat', 'eve'], []],
    ['bob', ['cat', 'eve'], ['ann']],
    ['cat', [], ['ann', 'bob', 'dan', 'eve', 'cat']],
    ['eve', [], ['ann', 'bob', 'dan']],
  ])('%s removes only whom the role allows', (by, can, cannot) => {
    for (const who of cannot) all.remove(by, who)
    expect(present()).toEqual(['ann', 'bob', 'cat', 'dan', 'eve'])
    for (const who of can) all.remove(by, who)
    expect(present(can)).toEqual([])
  })

  test('admins may act on each other; nobody on themselves', () => {
    all.role('ann', 'bob', 'admin')
    all.remove('ann', 'ann')
    all.mute('ann', 'ann', true)
    all.remove('bob', 'ann')
    expect(present(['ann', 'bob'])).toEqual(['bob'])
  })

  test('a reader does nothing but for itself', () => {
    all.invite('eve', 'of eve', { as: 'reader' })
    all.admit('eve', 'fay', 'open')
    all.rotate('eve', 0, [])
    all.say('eve', { type: 'profile', name: 'Eva' })
    all.admit('eve', 'eve/2', null)
    expect(present(['fay', 'eve/2'])).toEqual(['eve/2'])
    expect(world.state).toMatchObject({ epoch: 0 })
    expect(world.state.persons.get(person('eve'))!.name).toBe('Eva')
  })

  test('a role that an act gave is not changed by another invite', () => {
    all.role('ann', 'cat', 'reader')
    all.admit('ann', 'cat/2', 'open')
    expect(roleOf(world.state, 'cat')).toBe('reader')
    all.say('cat', { type: 'leave' })
    all.say('cat/2', { type: 'leave' })
    all.admit('ann', 'cat', 'open', { log: 1 })
    expect(present(['cat'])).toEqual(['cat'])
    expect(roleOf(world.state, 'cat')).toBe('reader')
  })

  test('who leaves and comes back has the role of the invite, not the old one', () => {
    all.say('bob', { type: 'leave' })
    all.admit('ann', 'bob', 'open', { log: 1 })
    expect(roleOf(world.state, 'bob')).toBe('member')
  })
})

describe('the last admin', () => {
  test('leaves: the highest of those who stay, longest there, becomes admin', () => {
    all.say('ann', { type: 'leave' })
    expect(roleOf(world.state, 'bob')).toBe('admin')
    all.say('bob', { type: 'leave' })
    expect(roleOf(world.state, 'cat')).toBe('admin')
    all.say('cat', { type: 'leave' })
    all.say('dan', { type: 'leave' })
    expect(roleOf(world.state, 'eve')).toBe('admin')
  })

  test('leaves: who left and came back has not been there for longest', () => {
    const { world: room, all: they } = World.open()
    they.invite('ann', 'open')
    for (const name of ['bob', 'cat']) they.admit('ann', name, 'open')
    they.say('bob', { type: 'leave' })
    they.admit('ann', 'bob', 'open', { log: 1 })
    they.say('ann', { type: 'leave' })
    expect([roleOf(room.state, 'bob'), roleOf(room.state, 'cat')]).toEqual(['member', 'admin'])
  })

  test('steps down: another takes over; alone it stays', () => {
    all.role('ann', 'ann', 'member')
    expect([roleOf(world.state, 'ann'), roleOf(world.state, 'bob')]).toEqual(['member', 'admin'])
    const { world: two, all: both } = World.open()
    both.invite('ann', 'readers', { as: 'reader' })
    both.admit('ann', 'eve', 'readers')
    both.role('ann', 'ann', 'member')
    expect([roleOf(two.state, 'ann'), roleOf(two.state, 'eve')]).toEqual(['member', 'admin'])
    const { world: alone, all: only } = World.open()
    only.role('ann', 'ann', 'reader')
    expect(roleOf(alone.state, 'ann')).toBe('admin')
  })

  test('a muted one takes over only where there is no other', () => {
    all.mute('ann', 'bob', true)
    all.say('ann', { type: 'leave' })
    expect(roleOf(world.state, 'cat')).toBe('admin')
  })
})

describe('removal', () => {
  test('takes all devices, ends the logs where they were known, and the invites', () => {
    all.admit('cat', 'cat/2', null)
    all.invite('cat', 'of cat')
    all.remove('ann', 'cat', { cut: all.cut('cat', { cat: 7 }) })
    all.admit('dan', 'fay', 'of cat')
    const { logs, persons } = world.state
    expect(present(['cat', 'cat/2', 'fay'])).toEqual([])
    expect(logs.get(hex(logOf('cat')))!.end).toBe(7)
    expect(logs.get(hex(logOf('cat/2')))!.end).toBe(0)
    expect(logs.get(hex(logOf('dan')))!.end).toBeNull()
    expect(persons.get(person('cat'))).toMatchObject({ removed: true, banned: false })
  })

  test('A22: what a removed writer says later counts for nothing', () => {
    all.role('ann', 'cat', 'admin')
    all.remove('ann', 'cat')
    const before = world.state
    all.say('cat', { type: 'title', name: 'Mine' })
    all.invite('cat', 'late')
    all.admit('cat', 'fay', 'open', { keys: 0 })
    all.admit('cat', 'cat/2', null, { keys: 0 })
    all.remove('cat', 'ann')
    all.role('cat', 'cat', 'admin')
    all.mute('cat', 'dan', true)
    all.say('cat', { type: 'profile', name: 'Ghost' })
    all.say('cat', { type: 'unban', person: device('cat').person })
    all.declare('cat', 'cat', 3)
    expect(world.state).toEqual(before)
  })

  test.each(['before', 'after'])(
    'A22: what a removed one did unknown to the remover, %s it in the order, is void',
    (place) => {
      const away = all.split()
      const act = (): void => {
        away.invite('cat', 'of cat')
        away.admit('cat', 'fay', 'of cat')
        away.admit('cat', 'fay/2', 'open')
        away.say('fay', { type: 'profile', name: 'Fay' })
      }
      if (place === 'before') act()
      all.remove('ann', 'cat')
      if (place === 'after') act()
      expect(present()).toEqual(['ann', 'bob', 'dan', 'eve'])
      expect(within(world.state, ['fay/2'])).toEqual([])
      // Another member lets them in by an invite that stands.
      all.learn(away).admit('dan', 'fay', 'open')
      expect(present(['fay'])).toEqual(['fay'])
    },
  )

  test('what the remover knew of stays', () => {
    all.admit('cat', 'fay', 'open')
    all.remove('ann', 'cat')
    expect(present(['fay'])).toEqual(['fay'])
  })

  test.each(['old', 'new'])('a removed one comes back only by a new invite (%s)', (which) => {
    all.remove('ann', 'cat')
    all.admit('dan', 'cat', 'open', { log: 1 })
    all.admit('dan', 'cat/2', 'open')
    all.admit('dan', 'cat/3', null)
    expect(present(['cat', 'cat/2', 'cat/3'])).toEqual([])
    if (which === 'old') return
    all.invite('dan', 'again')
    all.admit('dan', 'cat', 'again')
    expect(present(['cat'])).toEqual([])
    all.admit('dan', 'cat', 'again', { log: 1 })
    expect(present(['cat'])).toEqual(['cat'])
    expect(world.state.persons.get(person('cat'))).toMatchObject({ removed: false, seniority: 5 })
    all.invite('cat', 'of cat')
    expect(world.state.invites.size).toBe(5)
  })

  test.each([0, 1])(
    'an invite whose maker did not know of the removal lets nobody back in (order %i)',
    (order) => {
      const away = all.split()
      const acts = [() => away.invite('dan', 'again'), () => all.remove('ann', 'cat')]
      acts[order]!()
      acts[1 - order]!()
      away.admit('dan', 'cat', 'again', { log: 1 })
      expect(present(['cat'])).toEqual([])
      all.learn(away).admit('bob', 'cat', 'again', { log: 1 })
      expect(present(['cat'])).toEqual([])
    },
  )

  test('an invite lets back in after the removal that its maker knew of, not after another', () => {
    all.remove('ann', 'cat')
    all.invite('dan', 'again')
    all.admit('dan', 'cat', 'again', { log: 1 })
    all.remove('ann', 'cat')
    all.admit('dan', 'cat', 'again', { log: 2 })
    expect(present(['cat'])).toEqual([])
  })

  test('who comes back begins anew, in the role of the invite', () => {
    all.role('ann', 'cat', 'reader')
    all.remove('ann', 'cat')
    all.invite('dan', 'again')
    all.admit('dan', 'cat', 'again', { log: 1 })
    expect(roleOf(world.state, 'cat')).toBe('member')
    all.admit('bob', 'cat/2', 'moderators')
    expect(roleOf(world.state, 'cat')).toBe('moderator')
  })

  test('whoever knew of a removal adds nothing to it', () => {
    all.remove('ann', 'cat', { cut: all.cut('cat', { cat: 5 }) })
    all.remove('bob', 'cat', { cut: NOBODY })
    expect(world.state.logs.get(hex(logOf('cat')))!.end).toBe(5)
    expect(present(['dan'])).toEqual(['dan'])
  })

  test('a banned one comes back by no invite, until unbanned', () => {
    all.remove('bob', 'cat', { ban: true })
    all.invite('ann', 'again')
    all.admit('ann', 'cat', 'again', { log: 1 })
    all.say('cat', { type: 'unban', person: device('cat').person })
    all.say('dan', { type: 'unban', person: device('cat').person })
    all.admit('ann', 'cat', 'again', { log: 1 })
    expect(present(['cat'])).toEqual([])
    all.say('bob', { type: 'unban', person: device('cat').person })
    all.admit('ann', 'cat', 'again', { log: 1 })
    expect(present(['cat'])).toEqual(['cat'])
  })

  test('an unban does not lift a ban it did not know of', () => {
    all.remove('bob', 'cat', { ban: true })
    const away = all.split()
    away.remove('bob', 'cat', { ban: true })
    all.say('ann', { type: 'unban', person: device('cat').person })
    expect(world.state.persons.get(person('cat'))!.banned).toBe(true)
  })
})

describe('acts at once, apart', () => {
  test.each([0, 1])('A21: two removals of two people both stand (order %i)', (order) => {
    const away = all.split()
    const acts = [() => all.remove('ann', 'cat'), () => away.remove('bob', 'dan')]
    acts[order]!()
    acts[1 - order]!()
    expect(present()).toEqual(['ann', 'bob', 'eve'])
  })

  test.each([0, 1])('two admins remove each other: who came first stays (order %i)', (order) => {
    all.role('ann', 'dan', 'admin')
    all.role('ann', 'bob', 'admin')
    const away = all.split()
    const acts = [() => all.remove('bob', 'dan'), () => away.remove('dan', 'bob')]
    acts[order]!()
    acts[1 - order]!()
    expect(present(['bob', 'dan'])).toEqual(['bob'])
  })

  test.each([0, 1])('demotion wins over what the demoted did as before (order %i)', (order) => {
    all.role('ann', 'cat', 'admin')
    const away = all.split()
    const acts = [
      () => all.role('ann', 'cat', 'member'),
      () => {
        away.say('cat', { type: 'title', name: 'Mine' })
        away.role('cat', 'dan', 'admin')
        away.remove('cat', 'eve')
        away.invite('cat', 'of cat')
      },
    ]
    acts[order]!()
    acts[1 - order]!()
    expect(world.state.name).toBe('Porch')
    expect([roleOf(world.state, 'cat'), roleOf(world.state, 'dan')]).toEqual(['member', 'member'])
    expect(present(['eve'])).toEqual(['eve'])
    expect(world.state.invites.size).toBe(4)
  })

  test.each([0, 1])('lowering wins over raising (order %i)', (order) => {
    all.role('ann', 'dan', 'admin')
    const away = all.split()
    const acts = [() => all.role('ann', 'bob', 'member'), () => away.role('dan', 'bob', 'admin')]
    acts[order]!()
    acts[1 - order]!()
    expect(roleOf(world.state, 'bob')).toBe('member')
  })

  test.each([0, 1])('muting wins over lifting a mute (order %i)', (order) => {
    all.mute('ann', 'cat', true, { cat: 5 })
    const away = all.split()
    const acts = [() => all.mute('bob', 'cat', false), () => away.mute('ann', 'cat', true)]
    acts[order]!()
    acts[1 - order]!()
    expect(world.state.persons.get(person('cat'))!.muted).toBe(true)
  })

  test.each([0, 1])(
    'what someone senior did against others stands, though removed meanwhile (order %i)',
    (order) => {
      for (const name of ['bob', 'dan']) all.role('ann', name, 'admin')
      const away = all.split()
      const acts = [
        () => {
          away.remove('bob', 'cat')
          away.mute('bob', 'eve', true)
          away.say('bob', { type: 'title', name: 'Mine' })
        },
        () => all.remove('dan', 'bob'),
      ]
      acts[order]!()
      acts[1 - order]!()
      expect(present()).toEqual(['ann', 'dan', 'eve'])
      expect(world.state.persons.get(person('eve'))!.muted).toBe(true)
      expect(world.state.name).toBe('Porch')
    },
  )

  test('someone senior who knows of the removal does nothing more', () => {
    all.role('ann', 'bob', 'admin')
    all.remove('bob', 'ann')
    all.remove('ann', 'bob')
    all.mute('ann', 'cat', true)
    expect(present(['ann', 'bob'])).toEqual(['bob'])
    expect(world.state.persons.get(person('cat'))!.muted).toBe(false)
  })

  test.each([0, 1])(
    'someone senior who is demoted meanwhile keeps what was done against others (order %i)',
    (order) => {
      for (const name of ['bob', 'dan']) all.role('ann', name, 'admin')
      const away = all.split()
      const acts = [() => away.remove('bob', 'cat'), () => all.role('dan', 'bob', 'member')]
      acts[order]!()
      acts[1 - order]!()
      expect(present(['bob', 'cat'])).toEqual(['bob'])
      expect(roleOf(world.state, 'bob')).toBe('member')
      all.learn(away).remove('bob', 'eve')
      expect(present(['eve'])).toEqual(['eve'])
    },
  )

  test('who left does nothing more, though removed afterwards', () => {
    for (const name of ['bob', 'dan']) all.role('ann', name, 'admin')
    all.admit('bob', 'bob/2', null)
    all.say('bob', { type: 'leave' })
    const away = all.split()
    all.remove('dan', 'bob')
    away.remove('bob', 'cat')
    expect(present(['bob', 'cat'])).toEqual(['cat'])
  })

  test('three admins remove each other in a ring: the room goes on, alike everywhere', () => {
    for (const name of ['bob', 'cat']) all.role('ann', name, 'admin')
    const [a, b] = [all.split(), all.split()]
    all.remove('cat', 'ann')
    a.remove('ann', 'bob')
    b.remove('bob', 'cat')
    const { persons } = world.state
    expect(present(['ann', 'bob', 'cat'])).toEqual(['cat'])
    expect(
      [...persons.values()].filter(({ role, removed }) => role === 'admin' && !removed),
    ).toHaveLength(1)
  })
})

describe('own devices', () => {
  test('come in without an invite while their person is in', () => {
    all.admit('dan', 'cat/2', null, { chain: ['cat'] })
    all.admit('dan', 'fay', null)
    expect(present(['cat/2', 'fay'])).toEqual(['cat/2'])
    expect(world.state.persons.size).toBe(5)
    all.say('cat', { type: 'leave' })
    expect(present(['cat', 'cat/2'])).toEqual(['cat/2'])
    all.say('cat/2', { type: 'leave' })
    all.admit('dan', 'cat/3', null)
    expect(present(['cat/3'])).toEqual([])
  })

  test('one drops another, which never comes back', () => {
    all.admit('cat', 'cat/2', null)
    all.drop('dan', 'cat')
    all.drop('cat/2', 'cat', all.cut('cat', { cat: 3 }))
    all.invite('ann', 'again')
    all.admit('ann', 'cat', 'again', { log: 1 })
    const { devices, logs } = world.state
    expect(present(['cat', 'cat/2'])).toEqual(['cat/2'])
    expect(devices.get(hex(device('cat').id))).toMatchObject({ standing: 'removed', dropped: true })
    expect(logs.get(hex(logOf('cat')))!.end).toBe(3)
    expect(logs.get(hex(logOf('cat/2')))!.end).toBeNull()
  })

  test.each([0, 1])(
    'what a dropped one vouches for, unknown or later, is void (order %i)',
    (order) => {
      all.admit('cat', 'cat/2', null, { chain: ['cat'] })
      const away = all.split()
      const acts = [
        () => all.drop('cat/2', 'cat'),
        () => away.admit('dan', 'cat/3', null, { chain: ['cat'] }),
      ]
      acts[order]!()
      acts[1 - order]!()
      // The second was known to the first when it was cut off, by itself.
      expect(within(world.state, ['cat', 'cat/2', 'cat/3'])).toEqual(['cat/2'])
      all.learn(away).admit('dan', 'cat/3', null)
      expect(within(world.state, ['cat/3'])).toEqual(['cat/3'])
    },
  )

  test('two that drop a third at once: the earlier cut counts; later ones add nothing', () => {
    for (const name of ['cat/2', 'cat/3']) all.admit('cat', name, null)
    const away = all.split()
    all.drop('cat/2', 'cat', all.cut('cat', { cat: 9 }))
    away.drop('cat/3', 'cat', away.cut('cat', { cat: 6 }))
    all.learn(away).drop('cat/3', 'cat', NOBODY)
    expect(world.state.logs.get(hex(logOf('cat')))!.end).toBe(6)
  })

  test('at most 16 of a person, and 16 logs of a device', () => {
    for (let n = 2; n < 20; n++) all.admit('dan', `cat/${n}`, null)
    expect(
      [...world.state.devices.values()].filter((d) => d.person === person('cat')),
    ).toHaveLength(16)
    for (let n = 1; n < 40; n++) all.declare('dan', 'bob', n)
    expect(world.state.devices.get(hex(device('bob').id))!.logs).toHaveLength(16)
  })

  test('at most 32 logs of a person, however many devices come and go', () => {
    const logs = (name: string): number =>
      [...world.state.logs.values()].filter((log) => log.person === person(name)).length
    for (let n = 2; n < 10; n++) {
      all.admit('dan', `cat/${n}`, null)
      for (let log = 1; log < 9; log++) all.declare('dan', `cat/${n}`, log)
    }
    expect(logs('cat')).toBe(32)
    all.drop('cat', 'cat/2')
    all.admit('dan', 'cat/20', null)
    expect(world.state.devices.has(hex(device('cat/20').id))).toBe(false)
    all.admit('dan', 'bob/2', null)
    expect(logs('bob')).toBe(2)
  })
})

describe('invites', () => {
  test('R11: the same one let in by two members at once is one membership', () => {
    all.invite('ann', 'once', { uses: 1 })
    const away = all.split()
    all.admit('cat', 'fay', 'once')
    away.admit('dan', 'fay', 'once')
    expect(present(['fay'])).toEqual(['fay'])
    expect([...world.state.invites.values()].at(-1)!.used).toHaveLength(1)
    all.learn(away).say('fay', { type: 'profile', name: 'Fay' })
    expect(world.state.persons.get(person('fay'))!.name).toBe('Fay')
  })

  test('one use lets in one of two', () => {
    all.invite('ann', 'once', { uses: 1 })
    all.admit('cat', 'fay', 'once')
    all.admit('dan', 'fay/2', 'once')
    all.admit('dan', 'gus', 'once')
    expect(present(['fay', 'fay/2', 'gus'])).toEqual(['fay'])
  })

  test('an expired one lets in only who asked before', () => {
    all.invite('ann', 'dated', { expiresAt: 100 })
    all.admit('cat', 'fay', 'dated', { at: 101 })
    expect(present(['fay'])).toEqual([])
    all.admit('cat', 'fay', 'dated', { at: 100 })
    expect(present(['fay'])).toEqual(['fay'])
  })

  test.each([0, 1])('a revoked one wins over who is let in elsewhere (order %i)', (order) => {
    all.admit('cat', 'fay', 'open')
    const away = all.split()
    const acts = [() => all.revoke('ann', 'open', ['fay']), () => away.admit('dan', 'gus', 'open')]
    acts[order]!()
    acts[1 - order]!()
    expect(present(['cat', 'dan', 'fay', 'gus'])).toEqual(['cat', 'dan', 'fay'])
    all.admit('ann', 'hal', 'open')
    expect(present(['hal'])).toEqual([])
  })

  test('a revocation keeps whom it names, and whom its author knew', () => {
    const away = all.split()
    away.admit('dan', 'fay', 'open')
    away.admit('dan', 'gus', 'open')
    all.revoke('ann', 'open', ['gus'])
    expect(present(['cat', 'dan', 'fay', 'gus'])).toEqual(['cat', 'dan', 'gus'])
  })

  test('members revoke their own; moderators those of lower ones', () => {
    all.invite('cat', 'of cat')
    const open = (): number => [...world.state.invites.values()].filter((i) => !i.revoked).length
    for (const name of ['dan', 'eve', 'fay']) all.revoke(name, 'of cat')
    for (const name of ['bob', 'cat']) all.revoke(name, 'open')
    expect(open()).toBe(4)
    all.revoke('cat', 'of cat')
    expect(open()).toBe(3)
    all.invite('dan', 'of dan')
    all.revoke('bob', 'of dan')
    expect(open()).toBe(3)
  })

  test('nobody has more than 64 open: the oldest ends', () => {
    for (let n = 0; n < 70; n++) all.invite('cat', `n ${n}`)
    const own = [...world.state.invites.values()].filter(({ by }) => by === person('cat'))
    expect(own.map(({ revoked }) => revoked)).toEqual([
      ...Array(6).fill(true),
      ...Array(64).fill(false),
    ])
  })

  test('a demoted moderator’s invites for moderators end', () => {
    all.invite('bob', 'more', { as: 'moderator' })
    all.invite('bob', 'members')
    all.role('ann', 'bob', 'member')
    all.admit('ann', 'fay', 'more')
    all.admit('ann', 'gus', 'members')
    expect(present(['fay', 'gus'])).toEqual(['gus'])
  })
})

describe('silence', () => {
  const silenced = (name: string, n = 0): unknown =>
    world.state.logs.get(hex(logOf(name, n)))!.silenced

  test('a muted one’s records show nothing from the cut to where it was lifted', () => {
    all.mute('bob', 'cat', true, { cat: 5 })
    all.declare('dan', 'cat', 1)
    expect([silenced('cat'), silenced('cat', 1)]).toEqual([[[5, null]], [[0, null]]])
    all.mute('bob', 'cat', false, { cat: 9, 'cat:1': 2 })
    expect([silenced('cat'), silenced('cat', 1)]).toEqual([[[5, 9]], [[0, 2]]])
    all.mute('ann', 'cat', true, { cat: 12 })
    expect(silenced('cat')).toEqual([
      [5, 9],
      [12, null],
    ])
    expect(silenced('dan')).toEqual([])
  })

  test('a reader’s records show nothing, from the cut where it was made one', () => {
    expect(silenced('eve')).toEqual([[0, null]])
    all.role('ann', 'eve', 'member', all.cut('eve', { eve: 3 }))
    expect(silenced('eve')).toEqual([[0, 3]])
    all.role('ann', 'eve', 'reader', all.cut('eve', { eve: 8 }))
    expect(silenced('eve')).toEqual([
      [0, 3],
      [8, null],
    ])
  })

  test('the earlier of two cuts counts', () => {
    const away = all.split()
    all.mute('ann', 'cat', true, { cat: 9 })
    away.mute('bob', 'cat', true, { cat: 5 })
    expect(silenced('cat')).toEqual([[5, null]])
    all.remove('ann', 'dan', { cut: all.cut('dan', { dan: 4 }) })
    away.remove('bob', 'dan', { cut: away.cut('dan', { dan: 6 }) })
    expect(world.state.logs.get(hex(logOf('dan')))!.end).toBe(4)
  })

  test('hiding wins over showing again', () => {
    const hide = (side: typeof all, by: string, on: number): unknown =>
      side.say(by, { type: 'hide', log: logOf('cat'), seq: 1, on })
    const away = all.split()
    hide(all, 'bob', 1)
    hide(away, 'ann', 0)
    expect(world.state.hidden.size).toBe(1)
    hide(all.learn(away), 'ann', 0)
    expect(world.state.hidden.size).toBe(0)
  })

  test('hiding and pinning are a moderator’s, on whom they may act', () => {
    const hide = (by: string, of: string, seq: number, on = 1): unknown =>
      all.say(by, { type: 'hide', log: logOf(of), seq, on })
    hide('cat', 'dan', 1)
    hide('bob', 'ann', 2)
    hide('bob', 'cat', 3)
    hide('ann', 'bob', 4)
    hide('bob', 'bob', 4, 0)
    hide('bob', 'nobody', 5)
    expect([...world.state.hidden]).toEqual([messageOf('cat', 3), messageOf('bob', 4)])
    hide('cat', 'cat', 3, 0)
    expect(world.state.hidden.size).toBe(2)
    hide('ann', 'cat', 3, 0)
    expect([...world.state.hidden]).toEqual([messageOf('bob', 4)])
    const pin = (by: string, seq: number, on = 1): unknown =>
      all.say(by, { type: 'pin', log: logOf('cat'), seq, on })
    pin('cat', 0)
    for (let seq = 1; seq < 70; seq++) pin('bob', seq)
    pin('bob', 69, 0)
    const pins = Array.from({ length: 63 }, (_, n) => messageOf('cat', n + 6))
    expect(world.state.pinned).toEqual(pins)
  })
})

describe('epochs', () => {
  const current = ['ann', 'bob', 'cat', 'dan', 'eve']

  test('begin with one; a member’s rotation counts only where it is needed', () => {
    const early = all.rotate('cat', 0, current)
    expect(world.state.epoch).toBe(0)
    expect(world.state.epochs.has(early)).toBe(true)
    all.remove('ann', 'dan')
    const next = all.rotate('cat', 0, ['ann', 'bob', 'cat', 'eve'])
    expect(world.state.epoch).toBe(next)
    expect(world.state.epochs.get(next)).toMatchObject({ depth: 1, parent: 0 })
    expect([...world.state.epochs.get(next)!.holders].sort()).toEqual(
      ['ann', 'bob', 'cat', 'eve'].map((name) => hex(device(name).id)).sort(),
    )
    all.rotate('cat', next, ['cat'])
    expect(world.state.epoch).toBe(next)
  })

  test('a moderator’s counts always, unless others are deeper', () => {
    const one = all.rotate('bob', 0, current)
    const two = all.rotate('ann', one, current)
    expect(world.state.epoch).toBe(two)
    all.rotate('bob', 0, current)
    expect(world.state.epoch).toBe(two)
    const beside = all.rotate('bob', one, current)
    expect(world.state.epoch).toBe(beside)
  })

  test('an id that is not its key’s, taken, or without a parent, is none', () => {
    const id = all.rotate('ann', 0, current)
    const op = world.entries.at(-1)!.op
    if (op.type !== 'rotate') throw new Error('no rotation')
    all.say('ann', { ...op, parent: id })
    all.say('ann', { ...op, epoch: 0 })
    all.say('ann', { ...op, epoch: 12_345 })
    all.rotate('ann', 77, current)
    expect([...world.state.epochs.keys()]).toEqual([0, id])
    expect(world.state.epochs.get(id)!.parent).toBe(0)
  })

  test('A20: whoever was removed takes the id of no fresh key, by copying or by finding its like', () => {
    const away = all.split()
    all.remove('ann', 'dan')
    const honest = all.split()
    const id = honest.rotate('ann', 0, ['ann', 'bob', 'cat', 'eve'])
    const { op } = world.entries.pop()!
    if (op.type !== 'rotate') throw new Error('no rotation')
    away.say('dan', { ...op, boxes: [] })
    all.say('ann', op)
    expect(world.state.epoch).toBe(id)
    expect(world.state.epochs.get(id)!.boxes.size).toBe(4)

    const book = new EpochBook()
    const [ann, dan] = ['ann', 'dan'].map((name) => hex(device(name).id)) as [string, string]
    book.begin(ann, 0, op.ephemeral)
    book.rotate({ ...op, boxes: [] }, dan, false)
    book.rotate(op, ann, true)
    expect([book.current, book.has(id, ann), book.has(id, dan)]).toEqual([id, true, false])
    book.rotate({ ...op, boxes: [] }, dan, true)
    expect(book.has(id, dan)).toBe(false)
  })

  test('by time, for any member, whatever the clock of the one before claimed', () => {
    all.set('ann', { rotateEvery: 1_000 })
    expect(world.state.settings.rotateEvery).toBe(3_600_000)
    const early = all.rotate('cat', 0, current, 3_599_999)
    expect(world.state.epoch).toBe(0)
    const due = all.rotate('cat', early, current, 1_000_000_000)
    expect(world.state.epoch).toBe(due)
    const again = all.rotate('dan', due, current, 5_000)
    expect(world.state.epoch).toBe(again)
  })

  test('for a newcomer, where history begins with joining', () => {
    all.set('ann', { history: 1 })
    all.rotate('cat', 0, current)
    expect(world.state.epoch).toBe(0)
    all.admit('cat', 'fay', 'open', { keys: 0 })
    const next = all.rotate('cat', 0, [...current, 'fay'])
    expect(world.state.epoch).toBe(next)
  })

  test('A21: after two removals at once a rotation that leaves out both counts', () => {
    const away = all.split()
    all.remove('ann', 'cat')
    const one = all.rotate('ann', 0, ['ann', 'bob', 'dan', 'eve'])
    away.remove('bob', 'dan')
    const two = away.rotate('bob', 0, ['ann', 'bob', 'cat', 'eve'])
    expect(world.state.epoch).toBe(two)
    all.learn(away)
    const both = all.rotate('bob', two, ['ann', 'bob', 'eve'])
    expect(world.state.epoch).toBe(both)
    expect(world.state.epochs.get(both)!.holders.size).toBe(3)
    expect([...world.state.epochs.keys()]).toEqual([0, one, two, both])
  })

  test('A20: who was let in by a void act and handed the key makes a rotation needed', () => {
    const away = all.split()
    away.admit('cat', 'fay', 'open')
    all.remove('ann', 'cat')
    const first = all.rotate('ann', 0, ['ann', 'bob', 'dan', 'eve'])
    away.rotate('dan', 0, ['dan', 'fay'])
    expect(world.state.epochs.get(0)!.holders).toContain(hex(device('fay').id))
    all.grant('ann', 'cat', first)
    expect(world.state.epochs.get(first)!.holders).toContain(hex(device('cat').id))
    const next = all.rotate('dan', first, ['ann', 'bob', 'dan', 'eve'])
    expect(world.state.epoch).toBe(next)
  })

  test('a rotation of someone removed meanwhile does not count, and is still known', () => {
    const away = all.split()
    all.remove('ann', 'bob')
    const void1 = away.rotate('bob', 0, current)
    expect(world.state.epoch).toBe(0)
    expect(world.state.epochs.has(void1)).toBe(true)
  })

  test('a rotation of someone who knows to be out is none', () => {
    all.remove('ann', 'bob')
    const id = all.rotate('bob', 0, current)
    expect(world.state.epochs.has(id)).toBe(false)
  })

  test('a key is handed on only by who has it', () => {
    const id = all.rotate('ann', 0, ['ann', 'cat'])
    all.grant('dan', 'bob', id)
    expect(world.state.epochs.get(id)!.holders.has(hex(device('bob').id))).toBe(false)
    all.grant('cat', 'bob', id)
    expect(world.state.epochs.get(id)!.holders.has(hex(device('bob').id))).toBe(true)
    const keys = world.state.sealedKeys.get(hex(device('bob').id))!
    expect(keys.at(-1)).toEqual(Buffer.alloc(1, 7))
  })
})

test('of a log that a cut names twice the lesser length counts', () => {
  const away = all.split()
  away.invite('cat', 'of cat')
  const log = Buffer.from(prefixOf('cat'), 'hex')
  const cut = { control: [1, 9].map((length) => ({ log, length })), content: [] }
  all.remove('ann', 'cat', { cut })
  expect(world.state.invites.size).toBe(3)
})

test('of claims that never settle all stand, and upheld is only what always was', () => {
  const [one, two] = [new ClaimBook(), new ClaimBook()]
  for (const index of [1, 2]) one.uphold(index)
  for (const index of [2, 3]) two.uphold(index)
  one.void(7)
  two.void(8)
  const all = new ClaimBook().join(one).join(two).confine(one).confine(two)
  expect([[...all.voids], [...all.upheld]]).toEqual([[7, 8], [2]])
  expect(all.print).not.toBe(new ClaimBook().join(one).join(two).print)
})

describe('the door says why', () => {
  const verdict = (name: string, invite: string | null, more = {}): string =>
    admission(doorOf(world.state), joinOf(name, invite, more))

  test('to each who is not let in', () => {
    all.invite('ann', 'once', { uses: 1, expiresAt: 100 })
    expect(verdict('fay', 'unheard of')).toBe('unknown')
    expect(verdict('fay', null)).toBe('unknown')
    expect(verdict('fay', 'once', { at: 101 })).toBe('expired')
    expect(verdict('fay', 'once')).toBe('welcome')
    all.admit('ann', 'fay', 'once')
    expect(verdict('gus', 'once')).toBe('used-up')
    all.revoke('ann', 'once', ['fay'])
    expect(verdict('gus', 'once')).toBe('revoked')
    all.say('fay', { type: 'leave' })
    expect(verdict('fay', 'open')).toBe('left')
    expect(verdict('fay', 'open', { log: 1 })).toBe('welcome')
    all.remove('ann', 'cat')
    for (const invite of ['open', null]) expect(verdict('cat/2', invite)).toBe('removed')
    expect(verdict('cat', 'open')).toBe('removed')
    all.remove('ann', 'dan', { ban: true })
    all.invite('ann', 'again')
    expect(verdict('cat', 'again', { log: 1 })).toBe('welcome')
    expect(verdict('dan', 'again', { log: 1 })).toBe('removed')
    for (let n = 2; n < 20; n++) all.admit('ann', `bob/${n}`, null)
    expect(verdict('bob/40', null)).toBe('full')
  })

  test('A2: to who claims another’s device or logs', () => {
    const stolen = (over: object): string =>
      admission(doorOf(world.state), { ...joinOf('fay', 'open'), ...over })
    expect(stolen({})).toBe('welcome')
    expect(stolen({ device: device('cat').id })).toBe('unknown')
    expect(stolen({ writer: device('cat').writer })).toBe('unknown')
    expect(stolen({ core: logOf('cat') })).toBe('unknown')
  })
})

test('a cut that says nothing was known takes back what its author can not have known', () => {
  const away = all.split()
  away.admit('cat', 'fay', 'open')
  all.remove('ann', 'cat', { cut: NOBODY })
  expect(present()).toEqual(['ann', 'bob', 'dan', 'eve'])
})

describe('an act against one person does not reach others', () => {
  beforeEach(() => {
    all.admit('cat', 'cat/2', null)
    all.admit('cat', 'fay', 'moderators')
    all.role('ann', 'fay', 'admin')
  })

  test('whom it knew to be in: a member that drops its own device by an empty cut', () => {
    all.drop('cat/2', 'cat', NOBODY)
    expect(present(['cat', 'dan', 'fay'])).toEqual(['dan', 'fay'])
    expect(roleOf(world.state, 'fay')).toBe('admin')
  })

  test('whom it knew to be in: a moderator that removes a member by an empty cut', () => {
    all.remove('bob', 'cat', { cut: NOBODY })
    expect(present(['cat', 'dan', 'fay'])).toEqual(['dan', 'fay'])
  })

  test('whom an admin gave a role, though its author claims not to know of them', () => {
    all.admit('ann', 'gus', 'moderators')
    new Side(world, new Map()).remove('gus', 'cat', { cut: NOBODY })
    expect(present(['cat', 'dan', 'fay'])).toEqual(['fay'])
  })

  test('whom an invite let in and an admin gave a role, before or after the invite was ended', () => {
    all.invite('dan', 'of dan')
    const silent = all.split()
    for (const name of ['gus', 'hal', 'ida']) all.admit('ann', name, 'of dan')
    all.role('ann', 'gus', 'moderator')
    silent.revoke('dan', 'of dan')
    expect(present(['gus', 'hal', 'ida'])).toEqual(['gus'])
    all.role('ann', 'hal', 'moderator')
    expect(present(['gus', 'hal', 'ida'])).toEqual(['gus', 'hal'])
    expect(roleOf(world.state, 'hal')).toBe('moderator')
  })

  test('but a role that is itself taken back upholds nobody', () => {
    const away = all.split()
    all.remove('ann', 'fay')
    away.admit('fay', 'gus', 'open')
    away.admit('fay', 'hal', 'open')
    away.role('fay', 'gus', 'admin')
    away.role('gus', 'hal', 'admin')
    away.role('hal', 'gus', 'member')
    away.role('hal', 'gus', 'admin')
    expect(present(['fay', 'gus', 'hal'])).toEqual([])
  })
})
