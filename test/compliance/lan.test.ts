import { systemClock } from '../../core/clock.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import { LanTransport } from '../../transports/lan/index.ts'
import type { LanTransportOptions } from '../../transports/lan/index.ts'
import { runTransportSuite } from './transport-suite.ts'

const MIB = 1024 * 1024

/** Three devices on this computer's loopback, apart from any other program's ports. */
function onLoopback(ports: Partial<LanTransportOptions>): Parameters<typeof runTransportSuite>[1] {
  const make = (more: Partial<LanTransportOptions> = {}): LanTransport =>
    new LanTransport({
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      loopback: true,
      ...ports,
      ...more,
    })
  return () => ({
    transports: [make(), make(), make()],
    teardown: () => {},
    unavailable: () => make({ nics: () => [] }),
  })
}

// On one network whoever looks is heard by all: not announcing a topic hides nobody there.
const options = { buffered: 32 * MIB, hidesLookers: false }

runTransportSuite('lan', onLoopback({ beaconPort: 47_481, mdnsPort: 47_482 }), options)

runTransportSuite(
  'lan where mDNS is blocked',
  onLoopback({ beaconPort: 47_483, mdns: false }),
  options,
)

runTransportSuite(
  'lan where the beacon is blocked',
  onLoopback({ mdnsPort: 47_484, beacon: false }),
  options,
)
