import type { Command } from 'commander'
import type { MessageView, SendRequest } from '../../api/schemas.ts'
import { ROOM_HELP } from '../arguments.ts'
import type { CommandContext } from '../context.ts'
import { parseDuration } from '../duration.ts'
import { examples } from '../examples.ts'
import { roomPath } from '../paths.ts'
import { parsePlace, type Place } from '../place.ts'
import { textOf } from '../text-argument.ts'

interface SendFlags {
  replyTo?: string
  expires?: number
  at?: Place
}

/** `porchlight send` */
export function addSend(program: Command, { io, client, out }: CommandContext): void {
  program
    .command('send')
    .argument('<room>', ROOM_HELP)
    .argument('[text...]', 'the message; - reads it from standard input')
    .option('--reply-to <id>', 'the message that this one answers')
    .option(
      '--expires <time>',
      'when it disappears for everyone, as in 90s, 1h or 7d',
      parseDuration,
    )
    .option('--at <place>', 'a place to show with it: latitude,longitude in degrees', parsePlace)
    .description('send a message; done once it is safe on this device')
    .addHelpText(
      'after',
      examples(
        ['porchlight send harbour The ferry is late', 'quotes are not needed'],
        ['uptime | porchlight send harbour -', 'what another program says'],
        ['porchlight send harbour --expires 1h Code 4711', 'gone after an hour'],
        ['porchlight send harbour --at 53.5459,9.9667 Water here', 'with a place'],
        ['porchlight send harbour -- --dashes first', 'text that begins with dashes'],
      ),
    )
    .action(async (reference: string, words: string[], flags: SendFlags) => {
      const { replyTo, expires, at } = flags
      const request: SendRequest = {
        // A place says enough by itself.
        text: at !== undefined && words.length === 0 ? '' : await textOf(words, io.stdin),
        ...(replyTo === undefined ? {} : { replyTo }),
        ...(expires === undefined ? {} : { expiresIn: expires }),
        ...(at === undefined ? {} : { location: at }),
      }
      const path = roomPath(reference, '/messages')
      const sent = await (await client()).post<MessageView>(path, request)
      await out().result(
        { id: sent.id },
        () => `Saved here; it goes on to others as they are met. ${out().style('dim', sent.id)}`,
      )
    })
}
