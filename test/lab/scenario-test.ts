import { labTest } from '../setup/lab-test.ts'
import { runScenario } from './scenario.ts'
import type { Scenario } from './scenario.ts'

/** Runs a scenario as a test; a step that does not hold fails it, with all that was said. */
export function scenarioTest(scenario: Scenario): Promise<void> {
  return labTest(
    `the ${scenario.name} scenario: every step holds`,
    {
      namespaces: true,
      mounts: scenario.mounts ?? false,
      packages: scenario.packages,
      unavailable: async () => (await scenario.unavailable?.()) ?? null,
    },
    async () => {
      const said: string[] = []
      const never = new AbortController().signal
      const { ok } = await runScenario(scenario, (line) => said.push(line), never)
      if (!ok) throw new Error(said.join('\n'))
    },
    1_800_000,
  )
}
