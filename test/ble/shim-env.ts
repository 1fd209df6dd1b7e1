import { join } from 'node:path'
import { packageRoot } from '../../node-app/package-root.ts'

const SHIM = join(packageRoot, 'test', 'ble', 'hci-shim.cjs')

/** Which Bluetooth a process of a test has: the controller behind a unix socket, or none that it could use. */
export type TestBluetooth =
  { readonly socket: string } | { readonly missing: 'none' | 'unsupported' | 'eperm' | 'off' }

/** The environment variables that give a process that Bluetooth instead of this computer's. */
export function bluetoothEnvironment(bluetooth: TestBluetooth): Record<string, string> {
  const options = `${process.env.NODE_OPTIONS ?? ''} --require ${JSON.stringify(SHIM)}`.trim()
  if ('socket' in bluetooth) return { NODE_OPTIONS: options, PORCHLIGHT_TEST_HCI: bluetooth.socket }
  return { NODE_OPTIONS: options, PORCHLIGHT_TEST_HCI_FAIL: bluetooth.missing }
}
