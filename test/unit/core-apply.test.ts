import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { logPrefix } from '../../core/control/log-prefix.ts'
import type { Operation } from '../../core/control/operation.ts'
import { logKey } from '../../core/control/statement.ts'
import type { DeviceKeys } from '../../core/identity/device-keys.ts'
import { Room } from './core-control-room.ts'
import {
  AT,
  joinStatement,
  logOf,
  logStatement,
  pairOf,
  people,
  ROOM,
  writerOf,
} from './core-people.ts'

const [open, once, dated, forReaders] = ['open', 'once', 'dated', 'readers'].map(pairOf)
let ann: DeviceKeys
let bob: DeviceKeys
let cat: DeviceKeys
let room: Room

/** The creator's control log is the room itself. */
const admin = ROOM
const hex = (data: Buffer): string => data.toString('hex')
const deviceId = (keys: DeviceKeys): string => hex(keys.device.publicKey)

function inviteOf(key: Buffer, over: Partial<Operation & { type: 'invite' }> = {}): Operation {
  return { type: 'invite', invite: key, role: 2, uses: null, expiresAt: null, ...over }
}

const admit = (statement: Buffer): Operation => ({
  type: 'admit',
  statement,
  epoch: 0,
  keys: Buffer.alloc(0),
})

async function isIn(keys: DeviceKeys): Promise<boolean> {
  const device = (await room.state()).devices.get(deviceId(keys))
  return device?.standing === 'in'
}

beforeAll(async () => {
  ;[ann, bob, cat] = (await people(3)) as [DeviceKeys, DeviceKeys, DeviceKeys]
})

beforeEach(async () => {
  room = new Room()
  const statement = joinStatement(ann, null, { writer: ROOM, name: 'Ann' })
  await room.take(admin, { type: 'create', name: 'Porch', statement, ephemeral: ROOM })
  await room.take(admin, inviteOf(open!.publicKey))
  await room.take(admin, inviteOf(once!.publicKey, { uses: 1 }))
  await room.take(admin, inviteOf(dated!.publicKey, { expiresAt: AT }))
  await room.take(admin, inviteOf(forReaders!.publicKey, { role: 3 }))
})

describe('a room', () => {
  test('begins with its creator as admin', async () => {
    const state = await room.state()
    expect(state.name).toBe('Porch')
    expect([...state.persons.values()]).toMatchObject([{ name: 'Ann', role: 'admin' }])
    expect(state.invites.size).toBe(4)
    expect(state.logs.get(hex(logKey(logOf(ann))))).toMatchObject({ device: deviceId(ann) })
  })

  test('is not created twice, nor by another writer', async () => {
    const before = room.dump()
    const statement = joinStatement(bob, null, { writer: ROOM })
    await room.take(admin, { type: 'create', name: 'Mine', statement, ephemeral: ROOM })
    expect(room.dump()).toBe(before)
    const fresh = new Room()
    const own = joinStatement(bob, null)
    await fresh.take(writerOf(bob), {
      type: 'create',
      name: 'Mine',
      statement: own,
      ephemeral: ROOM,
    })
    expect(fresh.dump()).toBe(new Room().dump())
  })
})

describe('who is let in', () => {
  test('a joiner with a good invite, as what the invite says, and may write', async () => {
    await room.take(admin, admit(joinStatement(bob, open!, { name: 'Bob' })))
    const state = await room.state()
    expect(state.persons.get(hex(bob.person))).toMatchObject({ name: 'Bob', role: 'member' })
    expect(state.writers.get(hex(writerOf(bob)))).toBe(deviceId(bob))
    expect(room.writers).toContain(hex(writerOf(bob)))
    await room.take(admin, admit(joinStatement(cat, forReaders!)))
    expect((await room.state()).persons.get(hex(cat.person))!.role).toBe('reader')
  })

  test('a join that two members write down counts once', async () => {
    await room.take(admin, admit(joinStatement(bob, once!)))
    const before = await room.state()
    await room.take(admin, admit(joinStatement(bob, once!)))
    expect(await room.state()).toEqual(before)
  })

  test('nobody by an invite that is used up, except who it let in', async () => {
    await room.take(admin, admit(joinStatement(bob, once!)))
    await room.take(admin, admit(joinStatement(cat, once!)))
    expect([await isIn(bob), await isIn(cat)]).toEqual([true, false])
  })

  test('nobody by an invite that had expired, or that is not the room’s', async () => {
    await room.take(admin, admit(joinStatement(bob, dated!, { at: AT + 1 })))
    await room.take(admin, admit(joinStatement(bob, pairOf('unheard of'))))
    await room.take(admin, admit(joinStatement(bob, null)))
    expect(await isIn(bob)).toBe(false)
    await room.take(admin, admit(joinStatement(bob, dated!)))
    expect(await isIn(bob)).toBe(true)
  })

  test('A7: nobody by a statement made for another room', async () => {
    const room2 = pairOf('another room').publicKey
    await room.take(admin, admit(joinStatement(bob, open!, { room: room2 })))
    expect(await isIn(bob)).toBe(false)
  })

  test('A2: a forged statement lets nobody in', async () => {
    const statement = joinStatement(bob, open!)
    const before = await room.state()
    for (let at = 0; at < statement.byteLength; at += 3) {
      const forged = Buffer.from(statement)
      forged[at]! ^= 0x10
      await room.take(admin, admit(forged))
    }
    expect(await room.state()).toEqual(before)
    expect(room.writers).toEqual([])
  })

  test('who is not in can write nothing at all', async () => {
    const before = room.dump()
    const stranger = writerOf(cat)
    await room.take(stranger, admit(joinStatement(cat, open!)))
    await room.take(stranger, inviteOf(pairOf('own').publicKey))
    await room.take(stranger, { type: 'profile', name: 'Admin' })
    await room.take(stranger, { type: 'leave' })
    expect(room.dump()).toBe(before)
  })
})

describe('what roles allow', () => {
  test('nobody invites above themselves, or as admin; a reader invites nobody', async () => {
    await room.take(admin, admit(joinStatement(bob, open!)))
    await room.take(admin, admit(joinStatement(cat, forReaders!)))
    const attempts: [Buffer, number, boolean][] = [
      [admin, 0, false],
      [admin, 1, true],
      [writerOf(bob), 0, false],
      [writerOf(bob), 1, false],
      [writerOf(bob), 2, true],
      [writerOf(bob), 3, true],
      [writerOf(cat), 3, false],
    ]
    for (const [n, [writer, role, allowed]] of attempts.entries()) {
      const key = pairOf(`attempt ${n}`).publicKey
      await room.take(writer, inviteOf(key, { role }))
      expect((await room.state()).invites.has(hex(key))).toBe(allowed)
    }
  })

  test('an invite that exists is not widened by a second of the same key', async () => {
    await room.take(admin, admit(joinStatement(bob, open!)))
    await room.take(writerOf(bob), inviteOf(once!.publicKey, { uses: null }))
    expect((await room.state()).invites.get(hex(once!.publicKey))!.uses).toBe(1)
  })

  test('a person who joins again by a lesser invite keeps the higher role and the name', async () => {
    await room.take(admin, admit(joinStatement(bob, open!, { name: 'Bob' })))
    const again = joinStatement(bob, forReaders!, { name: 'Robert' })
    await room.take(admin, admit(again))
    expect((await room.state()).persons.get(hex(bob.person))).toMatchObject({
      name: 'Bob',
      role: 'member',
    })
  })
})

describe('taking over', () => {
  test('another device’s control log is refused', async () => {
    await room.take(admin, admit(joinStatement(bob, open!)))
    await room.take(admin, admit(joinStatement(cat, open!, { writer: writerOf(bob) })))
    await room.take(admin, admit(joinStatement(cat, open!, { writer: ROOM })))
    expect(await isIn(cat)).toBe(false)
    expect((await room.state()).writers.get(hex(writerOf(bob)))).toBe(deviceId(bob))
  })

  test('another device’s content log is refused, by joining and by declaring', async () => {
    await room.take(admin, admit(joinStatement(bob, open!)))
    await room.take(admin, admit(joinStatement(cat, open!, { log: logOf(bob) })))
    expect(await isIn(cat)).toBe(false)
    await room.take(admin, admit(joinStatement(cat, open!)))
    await room.take(writerOf(cat), declared(cat, logOf(bob)))
    expect((await room.state()).devices.get(deviceId(cat))!.logs).toEqual([hex(logOf(cat))])
  })

  test('a fresh log is added, for its own device, once', async () => {
    await room.take(admin, admit(joinStatement(bob, open!)))
    await room.take(admin, declared(bob, logOf(bob, 1)))
    await room.take(admin, declared(bob, logOf(bob, 1)))
    await room.take(admin, declared(cat, logOf(cat, 1)))
    const state = await room.state()
    expect(state.devices.get(deviceId(bob))!.logs).toEqual([hex(logOf(bob)), hex(logOf(bob, 1))])
    expect(state.devices.has(deviceId(cat))).toBe(false)
  })

  test('no device has more than 16 logs', async () => {
    await room.take(admin, admit(joinStatement(bob, open!)))
    for (let n = 1; n < 80; n++) await room.take(admin, declared(bob, logOf(bob, n)))
    expect((await room.state()).devices.get(deviceId(bob))!.logs).toHaveLength(16)
  })
})

function declared(keys: DeviceKeys, log: Buffer): Operation {
  return { type: 'log', statement: logStatement(keys, log) }
}

describe('leaving', () => {
  beforeEach(async () => {
    await room.take(admin, admit(joinStatement(bob, open!)))
    await room.take(writerOf(bob), { type: 'leave' })
  })

  test('ends what the device may do', async () => {
    expect(await isIn(bob)).toBe(false)
    const before = await room.state()
    await room.take(writerOf(bob), { type: 'profile', name: 'Ghost' })
    await room.take(writerOf(bob), inviteOf(pairOf('late').publicKey))
    await room.take(admin, declared(bob, logOf(bob, 1)))
    expect(await room.state()).toEqual(before)
  })

  test('A6: the old statement, replayed, does not bring the device back', async () => {
    await room.take(admin, admit(joinStatement(bob, open!)))
    expect(await isIn(bob)).toBe(false)
  })

  test('the device comes back with fresh logs', async () => {
    const fresh = { writer: writerOf(bob, 1), log: logOf(bob, 1) }
    await room.take(admin, admit(joinStatement(bob, open!, fresh)))
    expect(await isIn(bob)).toBe(true)
    await room.take(writerOf(bob, 1), { type: 'profile', name: 'Bob again' })
    expect((await room.state()).persons.get(hex(bob.person))!.name).toBe('Bob again')
  })
})

describe('what one control log may hold', () => {
  test('a flood of it ends, and takes nothing from others', async () => {
    await room.take(admin, admit(joinStatement(bob, open!)))
    for (let n = 0; n < 8_200; n++) {
      await room.take(writerOf(bob), { type: 'profile', name: `Bob ${n}` })
    }
    const name = async (): Promise<string> =>
      (await room.state()).persons.get(hex(bob.person))!.name
    expect(await name()).toBe('Bob 8191')
    await room.take(admin, admit(joinStatement(cat, open!)))
    expect(await isIn(cat)).toBe(true)
  })

  test('large ones end sooner', async () => {
    const boxes = Array.from({ length: 2_048 }, () => ({
      device: Buffer.alloc(8),
      box: Buffer.alloc(48),
    }))
    const ephemeral = Buffer.alloc(32, 1)
    for (let n = 0; n < 400; n++) {
      await room.take(admin, {
        type: 'rotate',
        epoch: n,
        parent: 0,
        at: 0,
        ephemeral,
        boxes,
        links: [],
      })
    }
    expect(room.dump().length).toBeLessThan(64 * 1024 * 1024)
    await room.take(admin, { type: 'title', name: 'small' })
    expect((await room.state()).name).toBe('small')
  })

  test('forged statements use it up too', async () => {
    const forged = Buffer.from(joinStatement(bob, open!))
    forged[100]! ^= 1
    for (let n = 0; n < 8_200; n++) await room.take(admin, admit(forged))
    await room.take(admin, { type: 'title', name: 'late' })
    expect((await room.state()).name).toBe('Porch')
  })
})

describe('whose control logs may speak', () => {
  test('each is let in once, by whatever statement and whoever wrote it down', async () => {
    for (const by of [admin, admin, writerOf(bob)]) {
      await room.take(by, admit(joinStatement(bob, open!)))
      await room.take(by, admit(joinStatement(bob, open!, { log: logOf(bob, 1) })))
    }
    expect(room.writers).toEqual([hex(writerOf(bob))])
  })

  test('the creator’s is never added again', async () => {
    await room.take(admin, { type: 'leave' })
    await room.take(admin, admit(joinStatement(ann, open!, { writer: ROOM, log: logOf(ann, 1) })))
    expect(room.writers).toEqual([])
  })

  test('none by an invite that nobody made, or by a stranger', async () => {
    await room.take(admin, admit(joinStatement(bob, pairOf('unheard of'))))
    await room.take(writerOf(cat), admit(joinStatement(cat, open!)))
    expect(room.writers).toEqual([])
  })

  test('one that can not be told from another by its beginning is refused', async () => {
    await room.take(admin, admit(joinStatement(bob, open!, { writer: ROOM })))
    expect(room.writers).toEqual([])
    expect(await isIn(bob)).toBe(false)
  })
})

describe('whoever is let in counts', () => {
  const branchOf = (keys: DeviceKeys, time = 0): string => logPrefix(writerOf(keys, time))
  const used = (branch: string): unknown => room.stored(`used/${branch}`)

  test('with whom an admin let in, however many came in between', async () => {
    const [dan, eve] = (await people(5)).slice(3) as [DeviceKeys, DeviceKeys]
    await room.take(admin, admit(joinStatement(bob, open!)))
    await room.take(writerOf(bob), admit(joinStatement(cat, open!)))
    await room.take(writerOf(cat), admit(joinStatement(dan, open!)))
    expect(used(branchOf(bob))).toMatchObject({ writers: 3, strays: 0 })
    const cut = { control: [], content: [] }
    await room.take(admin, { type: 'role', person: cat.person, role: 1, cut })
    await room.take(writerOf(cat), admit(joinStatement(eve, open!)))
    expect(used(branchOf(eve))).toMatchObject({ writers: 1 })
    expect(used(branchOf(bob))).toMatchObject({ writers: 3 })
    expect(used('room')).toMatchObject({ writers: 4 })
  })

  test('with its person’s first device, whoever lets it in again', async () => {
    await room.take(admin, admit(joinStatement(bob, open!)))
    await room.take(writerOf(bob), { type: 'leave' })
    const fresh = { writer: writerOf(bob, 1), log: logOf(bob, 1) }
    await room.take(admin, admit(joinStatement(bob, open!, fresh)))
    expect(await isIn(bob)).toBe(true)
    expect(used(branchOf(bob))).toMatchObject({ writers: 2 })
    expect(used(branchOf(bob, 1))).toBeNull()
  })

  test('as one of a few where no act that counts let it in, and says little', async () => {
    const crowd = (await people(80)).slice(3)
    await room.take(admin, admit(joinStatement(bob, open!)))
    const cut = { control: [], content: [] }
    await room.take(admin, { type: 'remove', person: bob.person, ban: 0, cut })
    for (const keys of crowd) await room.take(writerOf(bob), admit(joinStatement(keys, open!)))
    expect(room.writers).toHaveLength(1 + 64)
    const [first] = crowd
    const before = room.dump().length
    for (let n = 0; n < 500; n++) {
      await room.take(writerOf(first!), { type: 'profile', name: `${n}` })
    }
    expect(room.stored(`writer/${branchOf(first!)}`)).toMatchObject({ entries: 64 })
    expect(room.dump().length - before).toBeLessThan(64 * 1_024)
  })

  test('the same where a merge put entries in another order', async () => {
    await room.take(admin, admit(joinStatement(bob, open!)))
    const back = room.mark()
    const cut = { control: [], content: [] }
    await room.take(admin, { type: 'role', person: bob.person, role: 1, cut })
    await room.take(writerOf(bob), admit(joinStatement(cat, open!)))
    expect(used(branchOf(cat))).toMatchObject({ writers: 1 })
    back()
    await room.take(writerOf(bob), admit(joinStatement(cat, open!)))
    expect(used(branchOf(cat))).toBeNull()
    expect(used(branchOf(bob))).toMatchObject({ writers: 2 })
  })

  test('the same after a restart', async () => {
    await room.take(admin, admit(joinStatement(bob, open!)))
    const cut = { control: [], content: [] }
    await room.take(admin, { type: 'role', person: bob.person, role: 1, cut })
    room.restart()
    await room.take(writerOf(bob), admit(joinStatement(cat, open!)))
    expect(used(branchOf(cat))).toMatchObject({ writers: 1, strays: 0 })
  })

  test('of an entry’s heads a bounded number is kept, and paid for', async () => {
    await room.take(admin, admit(joinStatement(bob, open!)))
    const heads = Array.from({ length: 500 }, (_, n) => ({ key: Buffer.alloc(32, n), length: 1 }))
    const before = room.dump().length
    await room.take(writerOf(bob), { type: 'profile', name: 'B' }, heads)
    expect(room.dump().length - before).toBeLessThan(4_096)
    const { bytes } = room.stored(`writer/${branchOf(bob)}`) as { bytes: number }
    expect(bytes).toBeGreaterThan(64 * 24)
  })
})

describe('whatever an entry holds', () => {
  test('apply never throws, and garbage of a member lets nobody in', async () => {
    await room.take(admin, admit(joinStatement(bob, open!)))
    const kinds = fc.nat(7).map((kind) => [1, kind])
    const start = fc.oneof(kinds, fc.constant<number[]>([]))
    const garbage = fc
      .tuple(start, fc.uint8Array({ maxLength: 300 }))
      .map(([head, data]) => Buffer.concat([Buffer.from(head), data]))
    await fc.assert(
      fc.asyncProperty(garbage, async (value) => {
        await room.take(writerOf(cat), value)
        await room.take(writerOf(bob), value)
        expect((await room.state()).devices.size).toBe(2)
      }),
      { numRuns: 2_000 },
    )
  })
})
