import type { Command } from 'commander'
import type { MessageView } from '../../api/schemas.ts'
import { MESSAGE_HELP, ROOM_HELP } from '../arguments.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import { messagePath } from '../paths.ts'
import { textOf } from '../text-argument.ts'

/** `porchlight edit | delete | hide | unhide` */
export function addEdit(program: Command, { io, client, out }: CommandContext): void {
  program
    .command('edit')
    .argument('<room>', ROOM_HELP)
    .argument('<id>', MESSAGE_HELP)
    .argument('<text...>', 'the new text; - reads it from standard input')
    .description('change the text of a message of yours')
    .addHelpText(
      'after',
      examples(['porchlight edit harbour 3fa2…-12 The ferry is on time', 'it shows as edited']),
    )
    .action(async (room: string, id: string, words: string[]) => {
      const path = messagePath(room, id)
      const text = await textOf(words, io.stdin)
      const edited = await (await client()).patch<MessageView>(path, { text })
      await out().result(edited, () => 'Edited here; it goes on to others as they are met.')
    })
  program
    .command('delete')
    .argument('<room>', ROOM_HELP)
    .argument('<id>', MESSAGE_HELP)
    .description('delete a message of yours for everyone; as a moderator, hide another’s')
    .addHelpText(
      'after',
      examples(['porchlight delete harbour 3fa2…-12', 'for good: it can not be undone']),
    )
    .action(async (room: string, id: string) => {
      await (await client()).delete(messagePath(room, id))
      await out().result({ id }, () => 'Deleted here; others follow as they are met.')
    })
  for (const [name, on, help, example, words] of [
    [
      'hide',
      true,
      'hide another’s message for everyone, as a moderator; your own is deleted',
      '`unhide` shows it again',
      'Hidden here; others follow as they are met.',
    ],
    [
      'unhide',
      false,
      'show a hidden message again, as a moderator',
      '',
      'Shown again; others follow as they are met.',
    ],
  ] as const) {
    program
      .command(name)
      .argument('<room>', ROOM_HELP)
      .argument('<id>', MESSAGE_HELP)
      .description(help)
      .addHelpText('after', examples([`porchlight ${name} harbour 3fa2…-12`, example]))
      .action(async (room: string, id: string) => {
        await (await client()).put(messagePath(room, id, '/hidden'), { on })
        await out().result({ id }, () => words)
      })
  }
}
