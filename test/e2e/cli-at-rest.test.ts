import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { readdir } from 'node:fs/promises'
import type { Status } from '../../node-app/api/schemas.ts'
import { Place } from './cli-process.ts'
import { until } from './until.ts'

const PORCHLIGHT_PASSPHRASE = 'correct horse battery'

let place: Place

beforeEach(async () => {
  place = await Place.make()
})
afterEach(() => place.close())

const status = (): Promise<Status> => place.json<Status>('status')

test('a passphrase outlives the process: the next start is locked, or unlocked by the environment', async () => {
  const first = await place.start(['--name', 'Ada'])
  await place.ok('room', 'create', 'harbour')
  const { device } = await status()
  const set = place.call(['passphrase', 'set'], {}, `${PORCHLIGHT_PASSPHRASE}\n`)
  expect(await set.ended).toBe(0)
  await place.ok('stop')
  await first.ended

  const locked = await place.start()
  expect(JSON.parse(locked.lines[0]!)).toMatchObject({ ready: true, locked: true })
  expect(await status()).toMatchObject({ locked: true, device: '' })
  const refused = place.call(['room', 'list'])
  expect([await refused.ended, refused.err]).toEqual([1, expect.stringContaining('LOCKED')])
  const unlock = place.call(['unlock'], { PORCHLIGHT_PASSPHRASE })
  expect(await unlock.ended).toBe(0)
  expect(await status()).toMatchObject({ locked: false, device, name: 'Ada', rooms: 1 })
  await place.ok('lock')
  expect(await status()).toMatchObject({ locked: true })
  await place.ok('stop')
  await locked.ended

  const wrong = place.call(['start'], { PORCHLIGHT_PASSPHRASE: 'another one' })
  expect([await wrong.ended, wrong.err]).toEqual([1, expect.stringContaining('WRONG_PASSPHRASE')])
  const open = await place.start([], { PORCHLIGHT_PASSPHRASE })
  expect(JSON.parse(open.lines[0]!)).toMatchObject({ locked: false })
  expect(await status()).toMatchObject({ device })
  // A dozen processes, and Argon2id as dear as it is for people.
})

test('A25: wiping a running node ends its process and leaves an empty directory', async () => {
  const node = await place.start(['--name', 'Ada'])
  await place.ok('room', 'create', 'harbour')
  expect(await place.ok('wipe', '--yes')).toContain('erased')
  expect(await node.ended).toBe(0)
  await until(async () => (await readdir(place.dir)).length === 0)
})
