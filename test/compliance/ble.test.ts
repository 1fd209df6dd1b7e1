import { systemClock } from '../../core/clock.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import { BleTransport } from '../../transports/ble/index.ts'
import type { RadioAbilities } from '../../transports/ble/radio.ts'
import { ABLE, FEW, FakeAir } from '../ble/fake-air.ts'
import type { FakeRadio } from '../ble/fake-air.ts'
import { runTransportSuite } from './transport-suite.ts'

const KIB = 1024

function onAir(abilities: RadioAbilities): Parameters<typeof runTransportSuite>[1] {
  return () => {
    const air = new FakeAir({ clock: systemClock, random: systemRandom })
    const device = (radio: FakeRadio): BleTransport =>
      new BleTransport({
        radio,
        clock: systemClock,
        random: systemRandom,
        logger: process.env['DBG'] ? dbg(radio) : silentLogger,
      })
    const radios = [air.radio(abilities), air.radio(abilities), air.radio(abilities)] as const
    return {
      transports: [device(radios[0]), device(radios[1]), device(radios[2])],
      teardown: () => air.close(),
      sever: () => air.cut(radios[0], radios[1]),
      unavailable: () => {
        const radio = air.radio(abilities)
        radio.unplug('This computer has no Bluetooth adapter. Plug one in.')
        return device(radio)
      },
    }
  }
}

runTransportSuite('ble', onAir(ABLE), { buffered: 256 * KIB })

runTransportSuite('ble where one other can dial a device at a time', onAir(FEW), {
  buffered: 256 * KIB,
})
