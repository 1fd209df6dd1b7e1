import type { Command } from 'commander'
import { systemClock } from '../../../core/clock.ts'
import { PorchlightError } from '../../../core/errors.ts'
import { systemRandom } from '../../../core/random.ts'
import type { Finding } from '../../api/schemas.ts'
import { readConfig } from '../../config.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import type { Output } from '../output.ts'

/** `porchlight doctor` */
export function addDoctor(program: Command, { dir, client, out }: CommandContext): void {
  program
    .command('doctor')
    .description(
      'look for what is wrong with this computer, its network and the node, and say what to do',
    )
    .addHelpText(
      'after',
      examples(
        ['porchlight doctor', 'works without a running node as well; takes some seconds'],
        ['porchlight doctor --json', 'exit 0 once it has looked: read `ok` of each finding'],
      ),
    )
    .action(async () => {
      const findings = await look(dir(), client)
      await out().result(findings, () => describe(findings, out()))
    })
}

async function look(dir: string, client: CommandContext['client']): Promise<Finding[]> {
  try {
    return await (await client()).get<Finding[]>('/doctor')
  } catch (error) {
    if (!(error instanceof PorchlightError) || !['NOT_RUNNING', 'TIMED_OUT'].includes(error.code))
      throw error
  }
  const { runDoctor } = await import('../../doctor/run.ts')
  const { lanBeaconPort: beaconPort } = await readConfig(dir)
  return runDoctor({ dir, clock: systemClock, random: systemRandom, beaconPort })
}

function describe(findings: readonly Finding[], out: Output): string {
  return findings
    .map(({ check, ok, says, fix }) => {
      const mark = ok ? out.style('green', 'ok  ') : out.style('red', 'BAD ')
      const line = `${mark} ${check.padEnd(12)} ${says}`
      return fix === undefined
        ? line
        : `${line}\n${' '.repeat(18)}${out.style('yellow', `→ ${fix}`)}`
    })
    .join('\n')
}
