import type { Command } from 'commander'
import type { RoomView, SearchHit, SearchPage } from '../../api/schemas.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import { excerptOf } from '../excerpt.ts'
import { wholeNumber } from '../numbers.ts'
import type { Output } from '../output.ts'
import { plain } from '../terminal-text.ts'
import { formatMoment } from '../when.ts'

interface SearchFlags {
  room?: string
  limit?: number
  after?: string
}

/** `porchlight search` */
export function addSearch(program: Command, { client, out }: CommandContext): void {
  program
    .command('search')
    .argument('<words...>', 'all of them; the last one may be unfinished')
    .option('--room <room>', 'in this room alone')
    .option('--limit <n>', 'how many (default 20)', wholeNumber(1, 100))
    .option('--after <cursor>', 'go on after a page before')
    .description('find messages by words in any language, newest first')
    .addHelpText(
      'after',
      examples(
        ['porchlight search water pump', 'in every room'],
        ['porchlight search ferr --room harbour', 'finds ferry and ferries too'],
      ),
    )
    .action(async (words: string[], flags: SearchFlags) => {
      const node = await client()
      const query = new URLSearchParams({ words: words.join(' ') })
      for (const [name, value] of Object.entries(flags)) query.set(name, String(value))
      const page = await node.get<SearchPage>(`/search?${query.toString()}`)
      const rooms = out().json ? [] : await node.get<RoomView[]>('/rooms')
      const names = new Map(rooms.map((room) => [room.id, room.name]))
      await out().result(page, () => describe(page, names, out()))
      if (out().terminal && page.after !== undefined) {
        out().notice(`Older ones: --after ${plain(page.after)}`)
      }
    })
}

function describe(page: SearchPage, rooms: ReadonlyMap<string, string>, out: Output): string {
  if (page.hits.length === 0) return 'Nothing was found on this device.'
  return page.hits.map((hit) => describeHit(hit, rooms, out)).join('\n')
}

function describeHit(
  { roomId, message, marks }: SearchHit,
  rooms: ReadonlyMap<string, string>,
  out: Output,
): string {
  const room = plain(rooms.get(roomId) ?? '') || roomId.slice(0, 12)
  const text = excerptOf(message.text, marks)
    .map(({ words, marked }) => (marked ? out.style('bold', words) : words))
    .join('')
  const head = out.style('dim', `${formatMoment(message.sentAt)}  ${room}`)
  const name = out.style(message.own ? 'green' : 'cyan', plain(message.authorName))
  return `${head}  ${name}: ${text}  ${out.style('dim', plain(message.id))}`
}
