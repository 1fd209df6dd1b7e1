/** The compliance suite over real radios: noble and bleno in child processes, on emulated adapters in one air. */
import { systemClock } from '../../core/clock.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import type { LinkStream } from '../../core/transport.ts'
import type { FamilyName } from '../../transports/ble/index.ts'
import { BleTransport } from '../../transports/ble/index.ts'
import type { Radio } from '../../transports/ble/radio.ts'
import { DriverStreet } from '../ble/driver-street.ts'
import { runTransportSuite } from './transport-suite.ts'
import { until } from './until.ts'

const KIB = 1024
const NAMES = ['a', 'b', 'c'] as const

/** Runs the suite with the radios of one driver. */
export function runOnAdapters(driver: FamilyName): void {
  runTransportSuite(
    `ble with ${driver} on emulated adapters`,
    async () => {
      const street = await DriverStreet.open()
      const device = (radio: Radio): BleTransport =>
        new BleTransport({ radio, clock: systemClock, random: systemRandom, logger: silentLogger })
      const radios = await Promise.all(NAMES.map((name) => street.radio(name, driver)))
      const [a, b, c] = radios.map(device) as [BleTransport, BleTransport, BleTransport]
      const open = new Set<LinkStream>()
      a.on('link', ({ stream }) => {
        open.add(stream)
        stream.on('close', () => open.delete(stream))
      })
      return {
        transports: [a, b, c],
        teardown: () => street.close(),
        // Only two of them are on in that test: what is open at the first is between them.
        sever: async () => {
          street.air.reach('a', 'b', false)
          await until('the radio to notice', () => open.size === 0)
          street.air.reach('a', 'b', true)
        },
        unavailable: () => device(street.radioWith(driver, { PORCHLIGHT_TEST_HCI_FAIL: 'none' })),
      }
    },
    { buffered: 256 * KIB },
  )
}
