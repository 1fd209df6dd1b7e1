import { filesScenario } from './files.ts'
import { scenarioTest } from './scenario-test.ts'

await scenarioTest(filesScenario({ rounds: 3, sizes: 0.4, seed: 20 }))
