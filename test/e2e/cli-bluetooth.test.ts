/** A computer whose Bluetooth can not be used, as its owner meets it. */
import { afterEach, expect, test } from '@jest/globals'
import { bluetoothEnvironment } from '../ble/shim-env.ts'
import { Place } from './cli-process.ts'
import { until } from './until.ts'

interface Way {
  readonly state: string
  readonly reason?: string
}

let place: Place

afterEach(() => place.close())

const ble = async (): Promise<Way> =>
  (await place.json<{ transports: Record<string, Way> }>('status')).transports['ble']!

test.each([
  ['no adapter', 'none', /adapter/i],
  ['no Bluetooth in the kernel', 'unsupported', /Bluetooth/],
  ['no permission', 'eperm', /setcap cap_net_raw,cap_net_admin\+eip/],
  ['an adapter that is switched off', 'off', /off/],
] as const)('%s: the node starts, says why, and all else works', async (_what, missing, reason) => {
  place = await Place.make()
  await place.start(['--ble'], bluetoothEnvironment({ missing }))
  await until(async () => (await ble()).state === 'unavailable')
  expect((await ble()).reason).toMatch(reason)
  expect(await place.json('room', 'create', 'harbour')).toMatchObject({ state: 'joined' })
  expect(await place.ok('status')).toMatch(/ble is unavailable: /)
})

test('it is switched off and on while the node runs, and stays off where config.json says so', async () => {
  place = await Place.make({ ble: false })
  await place.start([], bluetoothEnvironment({ missing: 'none' }))
  expect((await ble()).state).toBe('off')
  const on = await place.json<Way>('transport', 'on', 'ble')
  expect(on).toMatchObject({ state: 'unavailable', reason: expect.any(String) })
  expect(await place.json('transport', 'off', 'ble')).toMatchObject({ state: 'off' })
})

test('a driver that does not exist is refused by its line', async () => {
  place = await Place.make({ bleDriver: 'bluez' })
  const call = place.call(['start'])
  expect(await call.ended).toBe(1)
  expect(call.err).toMatch(/^error: BAD_CONFIG .*one of stoprocent, abandonware/)
})
