import { join } from 'node:path'
import { packageRoot } from '../../node-app/package-root.ts'

/** The environment in which noble and bleno have the emulated adapter behind a unix socket; see hci-shim.cjs. */
export function radioEnv(socket: string): NodeJS.ProcessEnv {
  return {
    NODE_OPTIONS: `--require=${join(packageRoot, 'test', 'ble', 'hci-shim.cjs')}`,
    PORCHLIGHT_TEST_HCI: socket,
  }
}
