import { lan } from './lan.ts'
import { scenarioTest } from './scenario-test.ts'

await scenarioTest(lan)
