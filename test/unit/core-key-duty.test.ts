import { afterEach, describe, expect, test } from '@jest/globals'
import { silentLogger } from '../../core/logger.ts'
import type { Operation } from '../../core/control/operation.ts'
import { seededRandom } from '../../core/random.ts'
import { dutyDelay, keyDuty } from '../../core/room/epochs/key-duty.ts'
import type { Duty } from '../../core/room/epochs/key-duty.ts'
import { KeyKeeper } from '../../core/room/epochs/key-keeper.ts'
import { KeyRing } from '../../core/room/epochs/key-ring.ts'
import { until } from '../compliance/until.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { deviceOf, EpochRoom, FIRST, idOf, ROOM, START } from './core-epoch-room.ts'

const HOUR = 3_600_000

function duty(
  room: EpochRoom,
  name: string,
  over: { now?: number; keyless?: number; asking?: ReadonlySet<string> } = {},
): Duty {
  return keyDuty({
    state: room.state,
    device: idOf(name),
    keyless: null,
    asking: new Set(),
    now: START,
    ...over,
  })
}

describe('what a device owes the room’s keys', () => {
  test('nothing while all who are in have the key, and nobody else', () => {
    expect(duty(new EpochRoom('ann', 'bob'), 'ann')).toEqual({ do: 'nothing', at: null })
  })

  test('a rotation when someone who is out has the key: for everyone in but readers', () => {
    const room = new EpochRoom('ann', 'bob', 'eve')
    room.enter('rita', 'reader')
    room.remove('eve')
    for (const name of ['ann', 'bob']) {
      expect(duty(room, name)).toEqual({ do: 'rotate', why: 'outsider' })
    }
    for (const name of ['rita', 'eve', 'nobody']) expect(duty(room, name).do).toBe('nothing')
  })

  test('a rotation when its time has come; before that it says when', () => {
    const room = new EpochRoom('ann', 'bob')
    room.settings = { ...room.settings, rotateEvery: HOUR }
    expect(duty(room, 'bob')).toEqual({ do: 'nothing', at: START + HOUR })
    expect(duty(room, 'bob', { now: START + HOUR })).toEqual({ do: 'rotate', why: 'due' })
  })

  test('a rotation that claims the far future does not put off the next one', () => {
    const room = new EpochRoom('ann', 'bob')
    room.settings = { ...room.settings, rotateEvery: HOUR }
    room.epochs.set(0, { ...room.epochs.get(0)!, at: START + 1_000_000 * HOUR })
    expect(duty(room, 'bob')).toEqual({ do: 'rotate', why: 'due' })
  })

  test('history all: a grant to who lacks the key, by those who have it', () => {
    const room = new EpochRoom('ann', 'bob')
    room.enter('cleo', 'reader')
    expect(duty(room, 'bob')).toEqual({ do: 'grant', device: idOf('cleo') })
    expect(duty(room, 'bob', { keyless: 0 }).do).toBe('nothing')
  })

  test('a grant to who says that it lacks the key, whatever the control log tells', () => {
    const room = new EpochRoom('ann', 'bob', 'cleo')
    const asking = new Set([idOf('cleo'), idOf('nobody')])
    expect(duty(room, 'bob', { asking })).toEqual({ do: 'grant', device: idOf('cleo') })
    room.remove('cleo')
    room.epochs.set(0, { ...room.epochs.get(0)!, holders: new Set([idOf('ann'), idOf('bob')]) })
    expect(duty(room, 'bob', { asking }).do).toBe('nothing')
  })

  test('A20: a rotation by a moderator that waits for a key in vain: perhaps nobody has it', () => {
    const room = new EpochRoom('ann', 'bob')
    const early = duty(room, 'ann', { keyless: 20_000 })
    expect(early).toEqual({ do: 'nothing', at: START + 40_000 })
    expect(duty(room, 'ann', { keyless: 60_000 })).toEqual({ do: 'rotate', why: 'keyless' })
    expect(duty(room, 'bob', { keyless: 60_000 }).do).toBe('nothing')
  })

  test('history joined: a rotation instead, so that nothing of before is read', () => {
    const room = new EpochRoom('ann', 'bob')
    room.settings = { ...room.settings, history: 'joined' }
    room.enter('cleo')
    expect(duty(room, 'bob')).toEqual({ do: 'rotate', why: 'newcomer' })
  })

  test('of a device whose control log is nearly full comes after all others’', () => {
    const room = new EpochRoom('ann', 'eve')
    room.remove('eve')
    const [rotation, random] = [duty(room, 'ann'), seededRandom(4)]
    expect(dutyDelay(rotation, room.state, random, 0.89)).toBeLessThan(1_001)
    expect(dutyDelay(rotation, room.state, random, 0.9)).toBeGreaterThan(2 * 1_000)
  })

  test('of many devices that see the same, few are quick, and none waits long', () => {
    const random = seededRandom(3)
    for (const devices of [2, 20, 500]) {
      const room = new EpochRoom('ann', 'eve')
      for (let n = 2; n < devices; n++) room.enter(`d${n}`)
      room.remove('eve')
      const rotation = duty(room, 'ann')
      const rounds = 30
      let quick = 0
      for (let round = 0; round < rounds; round++) {
        const delays = Array.from({ length: devices }, () =>
          dutyDelay(rotation, room.state, random),
        )
        for (const delay of delays) expect(delay >= 0 && delay <= 1_000).toBe(true)
        const first = Math.min(...delays)
        // Word of the first one takes a tenth of a second.
        quick += delays.filter((delay) => delay < first + 100).length
      }
      expect(quick / rounds).toBeLessThan(4)
    }
  })
})

describe('the keeper of keys', () => {
  const keepers: KeyKeeper[] = []
  afterEach(async () => {
    for (const keeper of keepers.splice(0)) await keeper.close()
  })

  /** One device's keeper on a room that heeds entries unless told otherwise. */
  function keeperOf(room: EpochRoom, name: string, heeds = true) {
    const written: Operation[] = []
    const clock = new VirtualClock({ start: START })
    const record = { epochs: { 0: FIRST.toString('hex') } }
    const ring = new KeyRing({ record, device: deviceOf(name), room: ROOM })
    ring.fill(room.state)
    let expired = 0
    const asking = new Set<string>()
    const keeper = new KeyKeeper({
      control: {
        key: ROOM,
        writable: true,
        usedUp: 0,
        get state() {
          return room.state
        },
        append: async (op: Operation) => {
          written.push(op)
          if (heeds) room.take(op)
          ring.fill(room.state)
        },
      },
      ring,
      device: idOf(name),
      clock,
      random: seededRandom(1),
      logger: silentLogger,
      asking: () => asking,
      onexpiry: () => {
        expired++
        ring.expire(room.state, clock.now())
      },
    })
    keepers.push(keeper)
    return { keeper, written, clock, ring, asking, expired: () => expired }
  }

  test('waits a little for others, and does nothing when one was quicker', async () => {
    const room = new EpochRoom('ann', 'bob', 'eve')
    const [ann, bob] = [keeperOf(room, 'ann'), keeperOf(room, 'bob')]
    room.remove('eve')
    bob.keeper.wake()
    await bob.clock.run(0)
    expect(bob.written).toEqual([])
    await ann.keeper.hurry()
    expect(ann.written.map(({ type }) => type)).toEqual(['rotate'])
    await bob.clock.run(5_000)
    expect(bob.written).toEqual([])
    room.remove('bob')
    room.enter('cleo')
    ann.keeper.wake()
    await ann.clock.run(5_000)
    expect(ann.written.map(({ type }) => type)).toEqual(['rotate', 'rotate'])
    expect(room.epochs.get(room.epoch)!.holders).toEqual(new Set([idOf('ann'), idOf('cleo')]))
  })

  test('hands the key to all who lack it, one after another', async () => {
    const room = new EpochRoom('ann')
    const ann = keeperOf(room, 'ann')
    for (const name of ['bob', 'cleo', 'dan']) room.enter(name)
    ann.keeper.wake()
    await ann.clock.run(10_000)
    expect(ann.written.map(({ type }) => type)).toEqual(['grant', 'grant', 'grant'])
    const dan = new KeyRing({ record: { epochs: {} }, device: deviceOf('dan'), room: ROOM })
    dan.fill(room.state)
    expect(dan.key(0)).toEqual(FIRST)
  })

  test('A20: grants the key to who says that it lacks it, once, and then ever more seldom', async () => {
    const room = new EpochRoom('ann', 'bob')
    const ann = keeperOf(room, 'ann')
    ann.asking.add(idOf('bob')).add(idOf('nobody'))
    ann.keeper.wake()
    await ann.clock.run(10_000)
    expect(ann.written).toMatchObject([{ type: 'grant', device: deviceOf('bob').publicKey }])
    const bob = new KeyRing({ record: { epochs: {} }, device: deviceOf('bob'), room: ROOM })
    bob.fill(room.state)
    expect(bob.key(0)).toEqual(FIRST)
    for (let minute = 0; minute < 24 * 60; minute++) {
      ann.keeper.wake()
      await ann.clock.run(60_000)
    }
    expect(ann.written).toHaveLength(5)
  })

  test('a grant that another was quicker with is not written', async () => {
    const room = new EpochRoom('ann', 'bob')
    const ann = keeperOf(room, 'ann')
    ann.asking.add(idOf('bob'))
    ann.keeper.wake()
    await ann.clock.run(0)
    ann.asking.clear()
    await ann.clock.run(10_000)
    expect(ann.written).toEqual([])
  })

  test('A20: a moderator without the key of a rotation that handed out nothing makes another', async () => {
    const room = new EpochRoom('ann', 'bob')
    const ann = keeperOf(room, 'ann')
    const { epoch: hollow, ephemeral } = { epoch: 7, ephemeral: Buffer.alloc(32, 7) }
    const boxes = ['ann', 'bob'].map((name) => ({
      device: deviceOf(name).publicKey.subarray(0, 8),
      box: Buffer.alloc(48),
    }))
    const hostile = { epoch: hollow, parent: 0, at: START, ephemeral, boxes, links: [] }
    room.take({ type: 'rotate', ...hostile })
    ann.ring.fill(room.state)
    ann.keeper.wake()
    await ann.clock.run(50_000)
    expect(ann.written).toEqual([])
    await ann.clock.run(20_000)
    expect(ann.written).toMatchObject([{ type: 'rotate', parent: hollow }])
    expect(ann.ring.key(room.epoch)).not.toBeNull()
    await ann.clock.run(HOUR)
    expect(ann.written).toHaveLength(1)
  })

  test('an entry that the room does not heed is not written over and over', async () => {
    const room = new EpochRoom('ann', 'eve')
    room.remove('eve')
    const ann = keeperOf(room, 'ann', false)
    ann.keeper.wake()
    await ann.clock.run(10_000)
    expect(ann.written).toHaveLength(1)
    for (let i = 0; i < 50; i++) ann.keeper.wake()
    await ann.clock.run(HOUR)
    expect(ann.written.length).toBeGreaterThan(2)
    expect(ann.written.length).toBeLessThan(12)
  })

  test('A23: rotates when it is time, again and again, and tells when a key is to go', async () => {
    const room = new EpochRoom('ann', 'bob')
    room.settings = { ...room.settings, rotateEvery: HOUR, keepFor: HOUR }
    const ann = keeperOf(room, 'ann')
    ann.keeper.wake()
    await ann.clock.run(3.5 * HOUR)
    expect(ann.written.map(({ type }) => type)).toEqual(['rotate', 'rotate', 'rotate'])
    expect(ann.expired()).toBe(2)
    expect(ann.ring.size).toBe(2)
    expect(ann.ring.status(0)).toBe('never')
  })

  test('two devices whose clocks are years apart do not rotate against each other without end', async () => {
    const room = new EpochRoom('ann', 'bob')
    room.settings = { ...room.settings, rotateEvery: HOUR }
    const [ann, bob] = [keeperOf(room, 'ann'), keeperOf(room, 'bob')]
    bob.clock.skew(10 * 365 * 24 * HOUR)
    for (let minute = 0; minute < 240; minute++) {
      for (const { keeper, clock } of [ann, bob]) {
        keeper.wake()
        await clock.run(60_000)
      }
    }
    await Promise.all([ann, bob].map(({ keeper }) => keeper.close()))
    const written = ann.written.length + bob.written.length
    expect(written).toBeGreaterThanOrEqual(4)
    expect(written).toBeLessThanOrEqual(18)
  })

  test('stops in the middle of a wait', async () => {
    const room = new EpochRoom('ann', 'bob', 'eve')
    const ann = keeperOf(room, 'ann')
    room.remove('eve')
    ann.keeper.wake()
    let closed = false
    const closing = ann.keeper.close().then(() => (closed = true))
    await until('it to close', () => closed)
    await closing
    await ann.clock.run(10_000)
    expect(ann.written).toEqual([])
  })
})
