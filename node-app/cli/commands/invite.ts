import { Option, type Command } from 'commander'
import type { Invite, InviteRequest, RoomView } from '../../api/schemas.ts'
import { roomPath } from '../client.ts'
import type { CommandContext } from '../context.ts'
import { parseDuration } from '../duration.ts'
import { examples } from '../examples.ts'
import { wholeNumber } from '../numbers.ts'
import { plain } from '../terminal-text.ts'

interface InviteFlags {
  role?: NonNullable<InviteRequest['role']>
  uses?: number
  expires?: number
}

/** `porchlight invite` and `porchlight join` */
export function addInvite(program: Command, { client, out }: CommandContext): void {
  program
    .command('invite')
    .argument('<room>', 'an id, the beginning of one, or a name')
    .addOption(
      new Option('--role <role>', 'what they may do (default member)').choices([
        'member',
        'reader',
        'moderator',
      ]),
    )
    .option('--uses <n>', 'how many people it lets in', wholeNumber(1, 1_000_000))
    .option('--expires <time>', 'how long it is good, as in 90s, 24h or 7d', parseDuration)
    .description('make the link that lets others into a room')
    .addHelpText(
      'after',
      examples(
        ['porchlight invite harbour', 'anyone who has the link may enter'],
        ['porchlight invite harbour --uses 1 --expires 24h', 'one person, until tomorrow'],
        ['porchlight invite harbour --role reader', 'they read along'],
      ),
    )
    .action(async (reference: string, { role, uses, expires }: InviteFlags) => {
      const body: InviteRequest = {
        ...(role === undefined ? {} : { role }),
        ...(uses === undefined ? {} : { uses }),
        ...(expires === undefined ? {} : { expiresIn: expires }),
      }
      const made = await (await client()).post<Invite>(roomPath(reference, '/invites'), body)
      await out().result(made, () => made.invite)
      if (out().terminal) {
        out().notice('Whoever has this link can enter: send it only to those you mean.')
      }
    })

  program
    .command('join')
    .argument('<invite>', 'the link, porchlight:…')
    .option('--wait <time>', 'how long to wait for a member in reach (default 5s)', parseDuration)
    .description('enter a room by an invite')
    .addHelpText(
      'after',
      examples(
        ["porchlight join 'porchlight:…'", 'any member in reach lets you in'],
        ["porchlight join 'porchlight:…' --wait 60s", 'at most a minute; it goes on by itself'],
      ),
    )
    .action(async (invite: string, flags: { wait?: number }) => {
      const patience = flags.wait === undefined ? {} : { patience: Math.min(flags.wait, 60_000) }
      const room = await (await client()).post<RoomView>('/join', { invite, ...patience })
      await out().result(room, () => {
        const name = out().style('bold', plain(room.name) || room.id.slice(0, 12))
        return room.state === 'joined'
          ? `You are in ${name} (${room.id.slice(0, 12)}).`
          : `Waiting to enter ${name}: it happens by itself once a member’s device is in reach.`
      })
    })
}
