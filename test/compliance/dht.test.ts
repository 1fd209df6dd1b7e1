import { systemClock } from '../../core/clock.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import { DhtTransport } from '../../transports/dht/index.ts'
import { PrivateDht } from './private-dht.ts'
import { runTransportSuite } from './transport-suite.ts'

const MIB = 1024 * 1024

/** On loopback no router stands between: each device has an address of its own in 127.0.0.0/8. */
runTransportSuite(
  'dht',
  async () => {
    const dht = await PrivateDht.start('127.77.1')
    const device = (host: string, bootstrap = dht.bootstrap): DhtTransport =>
      new DhtTransport({
        clock: systemClock,
        random: systemRandom,
        logger: silentLogger,
        bootstrap,
        host,
      })
    return {
      transports: [device('127.77.2.1'), device('127.77.2.2'), device('127.77.2.3')],
      teardown: () => dht.stop(),
      unavailable: () => device('127.77.2.4', ['127.77.3.1:49737']),
    }
  },
  // A dial that loses against one that crossed it is made once more by either side; on a busy computer some times.
  { buffered: 32 * MIB, crossing: 16 },
)
