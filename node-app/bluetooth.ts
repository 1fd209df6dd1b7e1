/** What the command line and config.json say of Bluetooth, as a transport. */
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Random } from '../core/random.ts'
import { BleTransport, createRadio } from '../transports/ble/index.ts'
import type { Config } from './config-keys.ts'
import { readPower } from './power.ts'

/** Options of `porchlight start` that go before config.json. */
export interface BluetoothFlags {
  readonly ble?: boolean
}

export interface Bluetooth {
  readonly transport: BleTransport
  readonly on: boolean
}

/** Makes the transport; what drives the adapter is started with it, in a process of its own. */
export function bluetooth(
  flags: BluetoothFlags,
  config: Config,
  shared: { readonly clock: Clock; readonly random: Random; readonly logger: Logger },
): Bluetooth {
  const radio = createRadio({
    ...shared,
    driver: config.bleDriver ?? 'stoprocent',
    ...(config.bleAdapter === undefined ? {} : { adapter: config.bleAdapter }),
  })
  const transport = new BleTransport({ ...shared, radio, power: () => readPower() })
  // A node that was told to stay on this computer stays there unless it is told otherwise.
  return { transport, on: flags.ble ?? config.ble ?? config.lanLoopback !== true }
}
