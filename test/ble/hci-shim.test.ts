import { afterEach, describe, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { bluetoothEnvironment } from './shim-env.ts'
import { Stack } from './stack.ts'
import type { Family } from './stack.ts'

let stack: Stack
afterEach(() => stack.close())

// What the native parts of each family do, by their sources; what neither reports as a state is the driver's to notice.
const CASES: readonly [Family, 'none' | 'unsupported' | 'eperm' | 'off', readonly string[]][] = [
  ['stoprocent', 'none', ['noble unsupported']],
  ['stoprocent', 'unsupported', ['noble unsupported']],
  ['stoprocent', 'eperm', ['noble errno 1']],
  ['stoprocent', 'off', ['noble poweredOff']],
  ['abandonware', 'none', ['warning']],
  ['abandonware', 'unsupported', ['threw']],
  ['abandonware', 'eperm', ['noble errno 1', 'noble unauthorized']],
  ['abandonware', 'off', ['noble poweredOff']],
]

describe('a computer without usable Bluetooth', () => {
  test.each(CASES)('%s, %s', async (family, missing, wanted) => {
    stack = new Stack(family, { missing })
    for (const what of wanted) await stack.heard(what)
    expect(stack.told.map(({ what }) => what)).not.toContain('noble poweredOn')
  })
})

test('without its variables it changes nothing', async () => {
  const { NODE_OPTIONS } = bluetoothEnvironment({ missing: 'none' })
  const program = "console.log(require('@stoprocent/bluetooth-hci-socket').name)"
  const env = { ...process.env, NODE_OPTIONS: NODE_OPTIONS! }
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], { env })
  expect(stdout.trim()).toBe('BluetoothHciSocketWrapped')
})
