import { expect, test } from '@jest/globals'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { judgePower, readPower } from '../../node-app/power.ts'

const battery = { type: 'Battery', scope: '', status: 'Discharging', capacity: '42' }
const mains = { type: 'Mains', scope: '', status: '', capacity: '' }

test.each([
  ['a desktop', [], { onBattery: false, level: null }],
  ['a laptop away from the wall', [mains, battery], { onBattery: true, level: 0.42 }],
  [
    'a laptop at the wall',
    [mains, { ...battery, status: 'Charging' }],
    { onBattery: false, level: 0.42 },
  ],
  [
    'two batteries, one in use',
    [battery, { ...battery, status: 'Not charging', capacity: '90' }],
    { onBattery: true, level: 0.9 },
  ],
  ['a mouse with a battery', [{ ...battery, scope: 'Device' }], { onBattery: false, level: null }],
  [
    'a battery that tells nonsense',
    [{ ...battery, capacity: '-3' }],
    { onBattery: true, level: null },
  ],
  ['one that tells too much', [{ ...battery, capacity: '250' }], { onBattery: true, level: null }],
])('the power of %s', (_what, supplies, expected) => {
  expect(judgePower(supplies)).toEqual(expected)
})

test('it is read from sysfs, and a system without it is taken to be plugged in', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'porchlight-power-'))
  await mkdir(join(dir, 'BAT0'))
  await writeFile(join(dir, 'BAT0', 'type'), 'Battery\n')
  await writeFile(join(dir, 'BAT0', 'status'), 'Discharging\n')
  await writeFile(join(dir, 'BAT0', 'capacity'), '80\n')
  expect(readPower(dir)).toEqual({ onBattery: true, level: 0.8 })
  expect(readPower(join(dir, 'none'))).toEqual({ onBattery: false, level: null })
  await rm(dir, { recursive: true })
})
