import { bleBtvirt } from './ble-btvirt.ts'
import { scenarioTest } from './scenario-test.ts'

await scenarioTest(bleBtvirt)
