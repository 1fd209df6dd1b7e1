import { systemClock } from '../../core/clock.ts'
import { seededRandom } from '../../core/random.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import type { Conditions } from '../../transports/memory/index.ts'
import { runTransportSuite } from './transport-suite.ts'

const MIB = 1024 * 1024

function onNetwork(conditions: Partial<Conditions>): Parameters<typeof runTransportSuite>[1] {
  return () => {
    const network = new MemoryNetwork({ clock: systemClock, random: seededRandom(1), conditions })
    return {
      transports: [network.transport('a'), network.transport('b'), network.transport('c')],
      teardown: () => {},
      sever: () => network.sever('a', 'b'),
      unavailable: () => {
        const transport = network.transport('d')
        transport.unplug('This computer has no memory network. Plug one in.')
        return transport
      },
    }
  }
}

runTransportSuite('memory', onNetwork({}), { buffered: 2 * MIB })

runTransportSuite(
  'memory with latency, jitter, loss and a limited bandwidth',
  onNetwork({ latency: 5, jitter: 5, loss: 0.0001, bandwidth: 20 * MIB }),
  { buffered: 2 * MIB },
)

runTransportSuite('memory where pieces written together arrive as one', onNetwork({ latency: 5 }), {
  buffered: 2 * MIB,
})
