import type { Command } from 'commander'
import type { RoomView } from '../../api/schemas.ts'
import { roomPath } from '../paths.ts'
import { ROOM_HELP } from '../arguments.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import type { Output } from '../output.ts'
import { plain } from '../terminal-text.ts'
import { showMembers } from '../show-members.ts'

/** `porchlight room create | list | members | leave`, and `porchlight leave`. Gives the `room` command. */
export function addRoom(program: Command, context: CommandContext): Command {
  const { client, out } = context
  const room = program
    .command('room')
    .description('make, list and leave rooms; see who is in them; set their rules')
    .addHelpText(
      'after',
      examples(
        ['porchlight room create harbour', 'then `porchlight invite` to let others in'],
        ['porchlight room list', 'with unread counts'],
        ['porchlight room members harbour', 'a name, an id, or the beginning of an id'],
        ['porchlight room show harbour', 'its rules'],
        ['porchlight room set harbour --disappear 1d', 'messages go after a day'],
      ),
    )
  room
    .command('create')
    .argument('<name>')
    .description('make a room')
    .action(async (name: string) => {
      const view = await (await client()).post<RoomView>('/rooms', { name })
      await out().result(view, () => {
        const id = view.id.slice(0, 12)
        return `Made ${out().style('bold', plain(view.name))} (${id}). Let others in: porchlight invite ${id}`
      })
    })
  room
    .command('list')
    .description('list the rooms you are in')
    .action(async () => {
      const views = await (await client()).get<RoomView[]>('/rooms')
      await out().result(views, () => describeRooms(views, out()))
    })
  room
    .command('members')
    .argument('<room>', ROOM_HELP)
    .description('list who is in a room, and who is here now')
    .action((reference: string) => showMembers(reference, context))
  addLeave(room, context)
  addLeave(program, context)
  return room
}

function addLeave(parent: Command, { client, out }: CommandContext): void {
  parent
    .command('leave')
    .argument('<room>', ROOM_HELP)
    .description('leave a room; the others keep what you wrote')
    .action(async (reference: string) => {
      const done = await (await client()).delete<object>(roomPath(reference))
      await out().result(done, () => `You left ${plain(reference)}.`)
    })
}

function describeRooms(rooms: readonly RoomView[], out: Output): string {
  if (rooms.length === 0) {
    return 'You are in no room yet: `porchlight room create NAME` makes one, `porchlight join INVITE` enters one.'
  }
  const rows = rooms.map((room) => [
    room.id.slice(0, 12),
    plain(room.name) || '(not known yet)',
    room.state === 'joined' ? room.role : room.state,
    String(room.members),
    room.unread > 0 ? String(room.unread) : '-',
    room.mentions > 0 ? String(room.mentions) : '-',
    room.missing > 0 ? `${room.messages} (${room.missing} on the way)` : String(room.messages),
  ])
  return out.table(['ROOM', 'NAME', 'ROLE', 'MEMBERS', 'UNREAD', 'TO YOU', 'MESSAGES'], rows)
}
