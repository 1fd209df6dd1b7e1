import { beforeEach, describe, expect, test } from '@jest/globals'
import type { ControlLog } from '../../core/control/control-log.ts'
import type { Operation } from '../../core/control/operation.ts'
import type { DeviceKeys } from '../../core/identity/device-keys.ts'
import { seededRandom } from '../../core/random.ts'
import type { KeyRing } from '../../core/room/epochs/key-ring.ts'
import { Membership } from '../../core/room/membership.ts'
import type { RoomRecord } from '../../core/room/room-record.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { Room } from './core-control-room.ts'
import { joinStatement, logOf, logStatement, pairOf, people, ROOM } from './core-people.ts'

const open = pairOf('open')
const idOf = (keys: DeviceKeys): string => keys.device.publicKey.toString('hex')
const [ann, bob, cat] = (await people(3)) as [DeviceKeys, DeviceKeys, DeviceKeys]

let room: Room
let control: { usedUp: number; state: ControlLog['state']; written: Operation[] }
let membership: Membership
let clock: VirtualClock

const admit = (keys: DeviceKeys): Operation => ({
  type: 'admit',
  statement: joinStatement(keys, open),
  epoch: 0,
  keys: Buffer.alloc(0),
})

/** Ann's device, which is in a room with Bob's. */
beforeEach(async () => {
  room = new Room()
  const statement = joinStatement(ann, null, { writer: ROOM })
  const ephemeral = Buffer.alloc(32, 1)
  await room.take(ROOM, { type: 'create', name: 'Porch', statement, ephemeral })
  const invite = open.publicKey
  await room.take(ROOM, { type: 'invite', invite, role: 2, uses: null, expiresAt: null })
  await room.take(ROOM, admit(bob))
  const written: Operation[] = []
  clock = new VirtualClock()
  const fake = {
    key: ROOM,
    writable: true,
    usedUp: 0,
    state: await room.state(),
    written,
    append: async (op: Operation) => {
      written.push(op)
      await room.take(ROOM, op)
      fake.state = await room.state()
    },
  }
  control = fake
  membership = new Membership({
    record: {} as RoomRecord,
    keys: ann,
    control: fake as unknown as ControlLog,
    ring: { size: 1, keys: new Map(), writing: () => null } as unknown as KeyRing,
    clock,
    random: seededRandom(1),
  })
})

describe('what is written down for others', () => {
  const write = (keys: DeviceKeys, n: number, by = keys): Promise<void> =>
    membership.writeDown(logStatement(keys, logOf(keys, n)), idOf(by))

  test('is what they say of themselves, once each', async () => {
    await Promise.all([write(bob, 1), write(bob, 1), write(bob, 2)])
    await write(bob, 1)
    expect(control.written).toHaveLength(2)
    expect(control.state.devices.get(idOf(bob))!.logs).toHaveLength(3)
  })

  test('is nothing that they say of others, or of who is not in', async () => {
    await write(ann, 1, bob)
    await write(bob, 1, ann)
    await write(cat, 1)
    const forged = logStatement(bob, logOf(bob, 1))
    forged[forged.byteLength - 10]! ^= 1
    await membership.writeDown(forged, idOf(bob))
    expect(control.written).toEqual([])
  })

  test('ends where it would count for nothing, also of many at once', async () => {
    await Promise.all(Array.from({ length: 200 }, (_, n) => write(bob, n + 1)))
    const { logs } = control.state.devices.get(idOf(bob))!
    expect(control.written).toHaveLength(logs.length - 1)
    await write(bob, 300)
    expect(control.written).toHaveLength(logs.length - 1)
  })

  test('leaves a quarter of this device’s log for itself', async () => {
    control.usedUp = 0.75
    await write(bob, 1)
    expect(await letIn(cat)).toBe('unknown')
    expect(control.written).toEqual([])
    await write(ann, 1)
    expect(control.written).toHaveLength(1)
    control.usedUp = 0.74
    await write(bob, 1)
    expect(await letIn(cat)).toBe('member')
  })

  async function letIn(keys: DeviceKeys): Promise<string> {
    const judged = membership.judge(idOf(keys), joinStatement(keys, open))
    await clock.run(2_000)
    return judged
  }
})
