import { carryScenario } from './carry.ts'
import { scenarioTest } from './scenario-test.ts'

await scenarioTest(carryScenario({ rounds: 1, hour: 40 }))
