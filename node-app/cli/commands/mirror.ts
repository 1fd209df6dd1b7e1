import { InvalidArgumentError, type Command } from 'commander'
import type {
  HeldView,
  MirrorView,
  NodeView,
  RoomView,
  SharingRequest,
  SharingSettings,
} from '../../api/schemas.ts'
import { ROOM_HELP } from '../arguments.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import { heldWords, mirrorTable, mirrorWords, nodeTable, sharingWords } from '../mirror-words.ts'
import { roomPath, segment } from '../paths.ts'
import { parseSize } from '../size.ts'
import { plain } from '../terminal-text.ts'

const NODE_HELP = 'an id, the beginning of one, or a name, as `mirror nodes` shows them'

/** `porchlight mirror add | list | remove | nodes | held | offer | carry | relay` */
export function addMirror(program: Command, context: CommandContext): void {
  const mirror = program
    .command('mirror')
    .description(
      'have nodes keep a room for those who are away; keep, carry and pass on for others',
    )
    .addHelpText(
      'after',
      examples(
        ['porchlight mirror nodes', 'who offers space around here'],
        ['porchlight mirror add harbour library', 'it holds the room, and can not read it'],
        ['porchlight mirror list', 'what each holds, and until when'],
        ['porchlight mirror offer on --quota 20GB', 'this node keeps rooms for others'],
        ['porchlight mirror carry off', 'nothing of strangers is carried from place to place'],
      ),
    )
  addRooms(mirror, context)
  addNodes(mirror, context)
  addHeld(mirror, context)
  addSharing(mirror, context)
}

function addRooms(mirror: Command, { client, out }: CommandContext): void {
  mirror
    .command('add')
    .argument('<room>', ROOM_HELP)
    .argument('<node>', NODE_HELP)
    .description(
      'ask a node to keep a room for its members; all of their devices give it what it lacks',
    )
    .addHelpText('after', examples(['porchlight mirror add harbour library', '']))
    .action(async (room: string, node: string) => {
      if (node === '') throw new InvalidArgumentError('The node must not be empty.')
      const view = await (await client()).post<MirrorView>(roomPath(room, '/mirrors'), { node })
      await out().result(view, () => mirrorWords(view))
    })
  mirror
    .command('list')
    .argument('[room]', `${ROOM_HELP}; without one: of all rooms`)
    .description('list the nodes that keep rooms, and how much of them')
    .action(async (room: string | undefined) => {
      const node = await client()
      const path = room === undefined ? '/mirrors' : roomPath(room, '/mirrors')
      const views = await node.get<MirrorView[]>(path)
      const rooms = out().json ? [] : await node.get<RoomView[]>('/rooms')
      const names = new Map(rooms.map(({ id, name }) => [id, name]))
      await out().result(views, () => mirrorTable(views, names, out()))
    })
  mirror
    .command('remove')
    .argument('<room>', ROOM_HELP)
    .argument('<node>', 'as `mirror list` shows it')
    .description('have a node keep a room no longer; it deletes what it holds')
    .action(async (room: string, node: string) => {
      const path = roomPath(room, `/mirrors/${segment(node, 'The node')}`)
      const done = await (await client()).delete<object>(path)
      await out().result(done, () =>
        [
          `${plain(node)} is asked to delete the room.`,
          'It does once the devices that gave it something were in reach, or when its time is over.',
        ].join('\n'),
      )
    })
}

function addNodes(mirror: Command, { client, out }: CommandContext): void {
  mirror
    .command('nodes')
    .description('list the nodes that offer space')
    .action(async () => {
      const nodes = await (await client()).get<NodeView[]>('/nodes')
      await out().result(nodes, () => nodeTable(nodes, out()))
    })
}

function addHeld(mirror: Command, { client, out }: CommandContext): void {
  mirror
    .command('held')
    .option('--drop <carried|all>', 'delete what strangers gave to carry, or all', dropped)
    .description('show, or delete, what this node holds for others; it can read none of it')
    .addHelpText('after', examples(['porchlight mirror held --drop carried', '']))
    .action(async ({ drop }: { drop?: string }) => {
      const node = await client()
      const held =
        drop === undefined
          ? await node.get<HeldView>('/held')
          : await node.delete<HeldView>(`/held?what=${drop}`)
      await out().result(held, () => heldWords(held))
    })
}

function addSharing(mirror: Command, { client, out }: CommandContext): void {
  const share = async (change: SharingRequest): Promise<void> => {
    const node = await client()
    const sharing =
      Object.keys(change).length === 0
        ? await node.get<SharingSettings>('/sharing')
        : await node.patch<SharingSettings>('/sharing', change)
    await out().result(sharing, () => sharingWords(sharing))
  }
  const switchOf = (name: string): Command =>
    mirror.command(name).argument('[on|off]', 'without one: shows what is set', onOff)
  switchOf('offer')
    .option('--quota <size>', 'the most that others may store here', parseSize)
    .description('offer space for rooms of others, and relay for them; stays so over restarts')
    .addHelpText('after', examples(['porchlight mirror offer on --quota 20GB', '']))
    .action((on: boolean | undefined, { quota }: { quota?: number }) =>
      share({
        ...(on === undefined ? {} : { neighbourhood: on }),
        ...(quota === undefined ? {} : { quota }),
      }),
    )
  switchOf('carry')
    .option('--quota <size>', 'the most that is carried', parseSize)
    .description('carry what strangers write, sealed, from place to place until it meets theirs')
    .addHelpText('after', examples(['porchlight mirror carry on --quota 1GB', '']))
    .action((on: boolean | undefined, { quota }: { quota?: number }) =>
      share({
        ...(on === undefined ? {} : { carry: on }),
        ...(quota === undefined ? {} : { carryQuota: quota }),
      }),
    )
  switchOf('relay')
    .description('pass on, sealed, between devices that do not reach each other')
    .action((on: boolean | undefined) => share(on === undefined ? {} : { relay: on }))
}

function onOff(text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on'
  throw new InvalidArgumentError('Use on or off.')
}

function dropped(text: string): string {
  if (text === 'carried' || text === 'all') return text
  throw new InvalidArgumentError('Use carried or all.')
}
