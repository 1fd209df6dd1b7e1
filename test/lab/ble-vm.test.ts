import { bleVm } from './ble-vm.ts'
import { scenarioTest } from './scenario-test.ts'

await scenarioTest(bleVm)
