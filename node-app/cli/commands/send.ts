import { InvalidArgumentError, type Command } from 'commander'
import type { Readable } from 'node:stream'
import { PorchlightError } from '../../../core/errors.ts'
import type { MessageView } from '../../api/schemas.ts'
import { roomPath } from '../client.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'

/** What the API takes at most; the engine's own limit is lower and names itself. */
const MAX_BYTES = 60_000

/** `porchlight send` */
export function addSend(program: Command, { io, client, out }: CommandContext): void {
  program
    .command('send')
    .argument('<room>', 'an id, the beginning of one, or a name')
    .argument('<text...>', 'the message; - reads it from standard input')
    .option('--reply-to <id>', 'the message that this one answers')
    .description('send a message; done once it is safe on this device')
    .addHelpText(
      'after',
      examples(
        ['porchlight send harbour The ferry is late', 'quotes are not needed'],
        ['uptime | porchlight send harbour -', 'what another program says'],
        ['porchlight send harbour -- --dashes first', 'text that begins with dashes'],
      ),
    )
    .action(async (reference: string, words: string[], flags: { replyTo?: string }) => {
      const fromInput = words.length === 1 && words[0] === '-'
      const text = fromInput ? await readText(io.stdin) : words.join(' ')
      if (text === '') throw new InvalidArgumentError('There is nothing to send.')
      const reply = flags.replyTo === undefined ? {} : { replyTo: flags.replyTo }
      const node = await client()
      const sent = await node.post<MessageView>(roomPath(reference, '/messages'), {
        text,
        ...reply,
      })
      await out().result(
        { id: sent.id },
        () => `Saved here; it goes on to others as they are met. ${out().style('dim', sent.id)}`,
      )
    })
}

/** All of a stream as text, without the line end that programs put last. Errors: TOO_LARGE. */
async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array)
    size += bytes.length
    if (size > MAX_BYTES) {
      throw new PorchlightError('TOO_LARGE', 'A message holds at most 16 KiB: nothing was sent.')
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}
