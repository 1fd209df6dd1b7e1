import type { Command } from 'commander'
import type { WarningView } from '../../api/schemas.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import { counted } from '../numbers.ts'
import type { Output } from '../output.ts'
import { segment } from '../paths.ts'
import { plain } from '../terminal-text.ts'
import { formatMoment } from '../when.ts'

/** `porchlight warnings [acknowledge ID]` */
export function addWarnings(program: Command, { client, out }: CommandContext): void {
  const warnings = program
    .command('warnings')
    .description('show what does not fit about somebody’s key; each stays until acknowledged')
    .addHelpText(
      'after',
      examples(
        ['porchlight warnings', ''],
        ['porchlight warnings acknowledge 7d01', 'by the beginning of its id'],
      ),
    )
    .action(async () => {
      const all = await (await client()).get<WarningView[]>('/warnings')
      await out().result(all, () => describe(all, out()))
    })
  warnings
    .command('acknowledge')
    .argument('<id>', 'the warning’s id, or the beginning of it')
    .description('have seen a warning, and not be shown it again')
    .action(async (id: string) => {
      const path = `/warnings/${segment(id, 'The warning’s id')}`
      const done = await (await client()).delete<WarningView>(path)
      await out().result(done, () => 'It will not be shown again.')
    })
}

/** One line that says that there are warnings. */
export function warningNotice(count: number): string {
  return `${counted(count, 'warning')} about a key: see \`porchlight warnings\`.`
}

function describe(warnings: readonly WarningView[], out: Output): string {
  if (warnings.length === 0) return 'There are no warnings.'
  return warnings
    .map(({ id, person, words, at }) => {
      const head = `${plain(id).slice(0, 12)}  ${formatMoment(at)}  person ${plain(person).slice(0, 12)}`
      return `${out.style('red', head)}\n  ${plain(words)}`
    })
    .join('\n')
}
