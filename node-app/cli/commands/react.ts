import type { Command } from 'commander'
import type { MessageView } from '../../api/schemas.ts'
import { MESSAGE_HELP, ROOM_HELP } from '../arguments.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import { reactionsOf } from '../message-words.ts'
import { messagePath, segment } from '../paths.ts'

/** `porchlight react` */
export function addReact(program: Command, { client, out }: CommandContext): void {
  program
    .command('react')
    .argument('<room>', ROOM_HELP)
    .argument('<id>', MESSAGE_HELP)
    .argument('<emoji>', 'one emoji')
    .option('--off', 'take it back')
    .description('react to a message with an emoji')
    .addHelpText(
      'after',
      examples(
        ['porchlight react harbour 3fa2…-12 👍', ''],
        ['porchlight react harbour 3fa2…-12 👍 --off', ''],
      ),
    )
    .action(async (room: string, id: string, emoji: string, flags: { off?: true }) => {
      const path = messagePath(room, id, `/reactions/${segment(emoji, 'The emoji')}`)
      const node = await client()
      const message = await (flags.off === true
        ? node.delete<MessageView>(path)
        : node.put<MessageView>(path))
      await out().result(message, () => reactionsOf(message) || 'There are no reactions now.')
    })
}
