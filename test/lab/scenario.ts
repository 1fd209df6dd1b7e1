import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LabNetwork } from './netns.ts'
import { StepFailed, Steps } from './steps.ts'

/** What a scenario works with. */
export interface Lab {
  readonly steps: Steps
  readonly network: LabNetwork
  /** A directory for its data, removed afterwards. */
  readonly directory: string
}

export interface Scenario {
  readonly name: string
  /** One line for the list. */
  readonly says: string
  /** Debian packages it needs, beside root. */
  readonly packages: readonly string[]
  /** Whether it mounts disks that are files. */
  readonly mounts?: boolean
  /** Why it can not run here for another reason, in words that follow "it"; it may fetch what it needs. */
  unavailable?(): Promise<string | null>
  run(lab: Lab): Promise<void>
}

/** Runs a scenario and takes everything down again; gives its steps. */
export async function runScenario(
  scenario: Scenario,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Steps> {
  const steps = new Steps(say, signal)
  const network = new LabNetwork()
  const directory = await mkdtemp(join(tmpdir(), `porchlight-lab-${scenario.name}-`))
  try {
    await scenario.run({ steps, network, directory })
  } catch (error) {
    // A failed step has been told already, and so has the one that was interrupted.
    if (!(error instanceof StepFailed) && !signal.aborted) throw error
  } finally {
    await network.remove()
    await rm(directory, { recursive: true, force: true })
  }
  steps.finish()
  return steps
}
