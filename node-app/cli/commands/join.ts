import type { Command } from 'commander'
import type { RoomView } from '../../api/schemas.ts'
import type { CommandContext } from '../context.ts'
import { parseDuration } from '../duration.ts'
import { examples } from '../examples.ts'
import { plain } from '../terminal-text.ts'

const MAX_WAIT = 60_000

/** `porchlight join` */
export function addJoin(program: Command, { client, out }: CommandContext): void {
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
      const patience = flags.wait === undefined ? {} : { patience: Math.min(flags.wait, MAX_WAIT) }
      const room = await (await client()).post<RoomView>('/join', { invite, ...patience })
      await out().result(room, () => {
        const name = out().style('bold', plain(room.name) || room.id.slice(0, 12))
        if (room.state === 'removed') return `You were removed from ${name}.`
        return room.state === 'joined'
          ? `You are in ${name} (${room.id.slice(0, 12)}).`
          : `Waiting to enter ${name}: it happens by itself once a member’s device is in reach.`
      })
    })
}
