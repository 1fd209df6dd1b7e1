import { awayScenario } from './away.ts'
import { scenarioTest } from './scenario-test.ts'

await scenarioTest(awayScenario({ visits: 2, messages: 5, internet: false }))
