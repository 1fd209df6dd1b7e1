import { natScenario } from './nat.ts'
import { scenarioTest } from './scenario-test.ts'

await scenarioTest(natScenario({ meetings: 2, outages: 2, luck: false }))
