import type { Command } from 'commander'
import { findRoom } from '../../api/references.ts'
import type {
  MemberView,
  MessagePage,
  MessageView,
  RoomView,
  WarningView,
} from '../../api/schemas.ts'
import type { ApiClient } from '../client.ts'
import { roomPath } from '../paths.ts'
import { ROOM_HELP } from '../arguments.ts'
import { AuthorNames } from '../author-names.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import { SHOWN_ID } from '../file-words.ts'
import { follow } from '../follow.ts'
import { MessageWriter } from '../message-writer.ts'
import { counted, wholeNumber } from '../numbers.ts'

import { warningNotice } from './warnings.ts'

const MAX_PAGE = 500

interface MessagesFlags {
  limit: number
  before?: string
  follow?: true
  changes?: true
  ids?: true
  read?: true
}

/** `porchlight messages` */
export function addMessages(program: Command, { io, dir, client, out }: CommandContext): void {
  program
    .command('messages')
    .argument('<room>', ROOM_HELP)
    .option('--limit <n>', 'how many, the newest ones', wholeNumber(1, 1_000_000), 50)
    .option('--before <id>', 'those before this message')
    .option('--follow', 'go on with what arrives, until Ctrl-C')
    .option('--changes', 'with --follow: show again what is edited, deleted or reacted to')
    .option('--ids', 'show the ids, for --reply-to, --before, `edit`, `react` and the like')
    .option('--read', 'mark them as read; on a terminal they are anyway')
    .description('show the messages of a room, oldest first')
    .addHelpText(
      'after',
      examples(
        ['porchlight messages harbour', 'the newest 50'],
        ['porchlight messages harbour --follow', 'and what comes, as it comes'],
        ['porchlight messages harbour --json --limit 1000', 'a JSON document a line'],
        ['porchlight messages harbour --json --read', 'and others are told that you read them'],
      ),
    )
    .action(async (reference: string, flags: MessagesFlags) => {
      const node = await client()
      const room = findRoom(reference, await node.get<RoomView[]>('/rooms'))
      const names = new AuthorNames(async () =>
        // By a fresh client: a reader that follows outlives the node.
        (await client()).get<MemberView[]>(roomPath(room.id, '/members')),
      )
      const writer = new MessageWriter({
        out: out(),
        room: room.id.slice(0, SHOWN_ID),
        ids: flags.ids === true,
        authorOf: (message) => names.of(message),
      })
      const show = (message: MessageView): Promise<void> => writer.write(message)
      const reads = out().terminal || flags.read === true
      if (flags.follow) {
        await follow({
          dir: dir(),
          room: room.id,
          limit: flags.limit,
          show,
          changes: flags.changes === true,
          changed: () => names.forget(),
          ...(reads ? { shown: (live, last) => markRead(live, room.id, last) } : {}),
          notice: (text) => out().notice(text),
          signal: io.interrupted(),
        })
        return
      }
      const { messages, more } = await newest(node, room.id, flags.limit, flags.before)
      for (const message of messages) await show(message)
      const last = messages.at(-1)
      if (reads && last !== undefined && flags.before === undefined) {
        await markRead(node, room.id, last)
      }
      if (!out().terminal) return
      if (messages.length === 0) out().notice('There are no messages here yet.')
      if (more) out().notice(`Older ones: --limit N, or --before ${messages[0]!.id}`)
      if (room.mentions > 0) out().notice(`${counted(room.mentions, 'new message')} to you.`)
      const warnings = await node.get<WarningView[]>('/warnings')
      if (warnings.length > 0) out().notice(out().style('red', warningNotice(warnings.length)))
    })
}

async function markRead(node: ApiClient, room: string, last: MessageView): Promise<void> {
  await node.put(roomPath(room, '/read'), { messageId: last.id })
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
