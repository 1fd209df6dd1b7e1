import { systemClock } from '../../core/clock.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import { BleTransport } from '../../transports/ble/index.ts'
import { FakeAir } from '../ble/fake-air.ts'
import type { FakeRadio } from '../ble/fake-air.ts'
import { runTransportSuite } from './transport-suite.ts'
import type { TransportSetup } from './transport-suite.ts'

const KIB = 1024

function onAir(): TransportSetup {
  const air = new FakeAir({ clock: systemClock, random: systemRandom })
  const device = (radio: FakeRadio): BleTransport =>
    new BleTransport({
      radio,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
    })
  const radios = [air.radio(), air.radio(), air.radio()] as const
  return {
    transports: [device(radios[0]), device(radios[1]), device(radios[2])],
    teardown: () => air.close(),
    sever: () => air.cut(radios[0], radios[1]),
    unavailable: () => {
      const radio = air.radio()
      radio.unplug('This computer has no Bluetooth adapter. Plug one in.')
      return device(radio)
    },
  }
}

runTransportSuite('ble', onAir, { buffered: 256 * KIB })
