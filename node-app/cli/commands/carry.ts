import { resolve } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import { PorchlightError } from '../../../core/errors.ts'
import type { CarryReport } from '../../api/schemas.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import { carryWords } from '../mirror-words.ts'
import { ProgressLine } from '../progress-line.ts'

/** `porchlight carry DIR` */
export function addCarry(program: Command, { io, client, out }: CommandContext): void {
  program
    .command('carry')
    .argument('<dir>', 'a directory, on a USB stick as a rule; it has to be there')
    .description('exchange all rooms with a directory, to carry them to where no network leads')
    .addHelpText(
      'after',
      [
        examples(
          ['porchlight carry /media/stick', 'here, and again where the stick arrives'],
          ['porchlight carry /media/stick --json', 'what came and what went'],
        ),
        '',
        'What is written is sealed: who finds the stick can not read it. It can be pulled out at any',
        'moment; what was written until then is good, and the next time goes on from there.',
      ].join('\n'),
    )
    .action(async (dir: string) => {
      // As an unset variable of a script would be: this directory is hardly meant.
      if (dir === '') throw new InvalidArgumentError('The directory must not be empty.')
      const node = await client()
      const progress = new ProgressLine(io, !out().json)
      progress.show(`Exchanging rooms with ${dir}…`)
      const report = await node
        .postAndWait<CarryReport>('/carry', { dir: resolve(dir) }, 0, io.interrupted())
        .finally(() => progress.clear())
      await out().result(report, () => carryWords(report))
      if (report.problems.length > 0) {
        throw new PorchlightError(
          'INCOMPLETE',
          'Not everything was exchanged. What was is complete in itself and written; mend what is named above, then repeat.',
        )
      }
    })
}
