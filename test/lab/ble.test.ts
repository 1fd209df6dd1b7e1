import { bleScenario } from './ble.ts'
import { scenarioTest } from './scenario-test.ts'

await scenarioTest(
  bleScenario({
    messages: 5,
    fileBytes: 300_000,
    hard: { messages: 30, fileBytes: 100_000 },
  }),
)
