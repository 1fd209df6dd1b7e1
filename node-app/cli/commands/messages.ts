import type { Command } from 'commander'
import { findRoom } from '../../api/references.ts'
import type { MessagePage, MessageView, RoomView } from '../../api/schemas.ts'
import { roomPath, type ApiClient } from '../client.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import { follow } from '../follow.ts'
import { MessageWriter } from '../message-writer.ts'
import { wholeNumber } from '../numbers.ts'

const MAX_PAGE = 500

interface MessagesFlags {
  limit: number
  before?: string
  follow?: true
  ids?: true
}

/** `porchlight messages` */
export function addMessages(program: Command, { io, dir, client, out }: CommandContext): void {
  program
    .command('messages')
    .argument('<room>', 'an id, the beginning of one, or a name')
    .option('--limit <n>', 'how many, the newest ones', wholeNumber(1, 1_000_000), 50)
    .option('--before <id>', 'those before this message')
    .option('--follow', 'go on with what arrives, until Ctrl-C')
    .option('--ids', 'show the ids, for --reply-to and --before')
    .description('show the messages of a room, oldest first')
    .addHelpText(
      'after',
      examples(
        ['porchlight messages harbour', 'the newest 50'],
        ['porchlight messages harbour --follow', 'and what comes, as it comes'],
        ['porchlight messages harbour --json --limit 1000', 'a JSON document a line'],
      ),
    )
    .action(async (reference: string, flags: MessagesFlags) => {
      const node = await client()
      const room = findRoom(reference, await node.get<RoomView[]>('/rooms'))
      const writer = new MessageWriter(out(), flags.ids === true)
      const show = (message: MessageView): Promise<void> => writer.write(message)
      if (flags.follow) {
        await follow({
          dir: dir(),
          room: room.id,
          limit: flags.limit,
          show,
          notice: (text) => out().notice(text),
          signal: io.interrupted(),
        })
        return
      }
      const { messages, more } = await newest(node, room.id, flags.limit, flags.before)
      for (const message of messages) await show(message)
      const last = messages.at(-1)
      if (!out().terminal) return
      if (messages.length === 0) out().notice('There are no messages here yet.')
      if (more) out().notice(`Older ones: --limit N, or --before ${messages[0]!.id}`)
      if (last !== undefined && flags.before === undefined) {
        await node.put(roomPath(room.id, '/read'), { messageId: last.id })
      }
    })
}

/** The newest `limit` messages (before one), oldest first, in as many pages as that takes. */
async function newest(
  node: ApiClient,
  room: string,
  limit: number,
  before: string | undefined,
): Promise<MessagePage> {
  let messages: readonly MessageView[] = []
  let more = true
  let at = before
  while (more && messages.length < limit) {
    const size = Math.min(MAX_PAGE, limit - messages.length)
    const query = new URLSearchParams({
      limit: String(size),
      ...(at === undefined ? {} : { before: at }),
    })
    const page = await node.get<MessagePage>(roomPath(room, `/messages?${query.toString()}`))
    messages = [...page.messages, ...messages]
    more = page.more && page.messages.length > 0
    at = messages[0]?.id
  }
  return { messages, more }
}
