import type { Command } from 'commander'
import type { MemberView, MessageView, RoomView } from '../../api/schemas.ts'
import { MESSAGE_HELP, ROOM_HELP } from '../arguments.ts'
import { AuthorNames } from '../author-names.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import { SHOWN_ID } from '../file-words.ts'
import { MessageWriter } from '../message-writer.ts'
import { roomPath, segment } from '../paths.ts'

/** `porchlight pin | unpin | pins` */
export function addPins(program: Command, { client, out }: CommandContext): void {
  for (const [name, on, words] of [
    ['pin', true, 'Pinned.'],
    ['unpin', false, 'Not pinned any more.'],
  ] as const) {
    program
      .command(name)
      .argument('<room>', ROOM_HELP)
      .argument('<id>', MESSAGE_HELP)
      .description(`${name} a message for everyone, as a moderator`)
      .addHelpText('after', examples([`porchlight ${name} harbour 3fa2…-12`, '']))
      .action(async (room: string, id: string) => {
        const path = roomPath(room, `/pins/${segment(id, 'The message’s id')}`)
        const node = await client()
        await (on ? node.put(path) : node.delete(path))
        await out().result({ id, pinned: on }, () => words)
      })
  }
  program
    .command('pins')
    .argument('<room>', ROOM_HELP)
    .description('show the pinned messages of a room')
    .addHelpText('after', examples(['porchlight pins harbour', 'with their ids']))
    .action(async (room: string) => {
      const node = await client()
      const messages = await node.get<MessageView[]>(roomPath(room, '/pins'))
      if (out().json) return out().result(messages, () => '')
      if (messages.length === 0) return out().line('Nothing is pinned here.')
      const names = new AuthorNames(() => node.get<MemberView[]>(roomPath(room, '/members')))
      const writer = new MessageWriter({
        out: out(),
        room: (await node.get<RoomView>(roomPath(room))).id.slice(0, SHOWN_ID),
        ids: true,
        authorOf: (message) => names.of(message),
      })
      for (const message of messages) await writer.write(message)
    })
}
