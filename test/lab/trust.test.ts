import { trust } from './trust.ts'
import { scenarioTest } from './scenario-test.ts'

await scenarioTest(trust)
