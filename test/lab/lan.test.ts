import { labTest } from '../setup/lab-test.ts'
import { lan } from './lan.ts'
import { runScenario } from './scenario.ts'

await labTest(
  'the lan scenario: every step holds',
  { namespaces: true, packages: lan.packages },
  async () => {
    const said: string[] = []
    const never = new AbortController().signal
    const { ok } = await runScenario(lan, (line) => said.push(line), never)
    if (!ok) throw new Error(said.join('\n'))
  },
  600_000,
)
