import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type {
  DeviceView,
  MemberView,
  PairingState,
  RoomView,
  Status,
} from '../../node-app/api/schemas.ts'
import { Place, type Call } from './cli-process.ts'
import { until } from './until.ts'

let laptop: Place
let phone: Place

beforeAll(async () => {
  laptop = await Place.make()
  phone = await Place.make()
  await laptop.start(['--name', 'Ada'])
  await phone.start()
  await laptop.json('room', 'create', 'harbour')
  await laptop.json('send', 'harbour', 'from', 'the', 'laptop')
})
afterAll(async () => {
  await laptop.close()
  await phone.close()
})

const states = (call: Call): PairingState[] =>
  call.lines
    .map((line) => JSON.parse(line) as PairingState)
    .filter(({ state }) => state !== undefined)
const digitsOf = (call: Call): string | undefined =>
  states(call).find(({ digits }) => digits !== undefined)?.digits
const personOf = async (place: Place): Promise<string> =>
  (await place.json<Status>('status')).person

/** A device that shows a code, and the one that uses it; ended when both are. */
async function pair(): Promise<{ host: Call; guest: Call }> {
  const host = laptop.call(['device', 'pair', '--json'])
  await until(() => host.lines.length > 0)
  const { code, expiresAt } = JSON.parse(host.lines[0]!) as { code: string; expiresAt: number }
  expect([code.slice(0, 16), expiresAt > Date.now()]).toEqual(['porchlight-pair:', true])
  const guest = phone.call(['device', 'pair', code, '--name', 'phone', '--json'])
  expect([await guest.ended, guest.err]).toEqual([0, ''])
  expect([await host.ended, host.err]).toEqual([0, ''])
  return { host, guest }
}

describe('own devices, by two nodes on loopback', () => {
  test('A9: a new device shows the same digits, and becomes the person', async () => {
    const { host, guest } = await pair()
    expect(digitsOf(host)).toMatch(/^\d{6}$/)
    expect(digitsOf(guest)).toBe(digitsOf(host))
    expect(states(host).at(-1)).toMatchObject({ state: 'paired' })
    expect(states(guest).at(-1)).toMatchObject({ state: 'paired' })
    expect(await personOf(phone)).toBe(await personOf(laptop))
    await until(async () => (await laptop.json<DeviceView[]>('device', 'list')).length === 2)
    const devices = await laptop.json<DeviceView[]>('device', 'list')
    expect(devices.map(({ name, here }) => [name, here])).toContainEqual(['phone', false])
  })

  test('it gets the rooms, and writes as the same person', async () => {
    await until(async () => {
      const [room] = await phone.json<RoomView[]>('room', 'list')
      return room?.name === 'harbour' && room.state === 'joined' && room.messages === 1
    })
    await phone.json('send', 'harbour', 'from', 'the', 'phone')
    await until(async () => (await laptop.json<RoomView[]>('room', 'list'))[0]!.messages === 2)
    const members = await laptop.json<MemberView[]>('member', 'list', 'harbour')
    expect(members).toMatchObject([{ self: true, devices: [{}, {}] }])
  })

  test('a lost one is cut off', async () => {
    const gone = await laptop.json<DeviceView>('device', 'remove', 'phone')
    expect(gone).toMatchObject({ name: 'phone', here: false })
    await until(async () => (await laptop.json<DeviceView[]>('device', 'list')).length === 1)
    await laptop.json('send', 'harbour', 'not', 'for', 'the', 'phone')
    await until(async () => {
      const rooms = await phone.json<RoomView[]>('room', 'list')
      return rooms.every(({ state }) => state === 'removed')
    })
    expect(await phone.ok('messages', 'harbour', '--json').catch(() => '')).not.toContain(
      'not for the phone',
    )
  })
})
