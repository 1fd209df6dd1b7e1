import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { FileSendRequest, FileView, FolderEntry } from '../../api/schemas.ts'
import { FILE_HELP, ROOM_HELP } from '../arguments.ts'
import type { CommandContext } from '../context.ts'
import { parseDuration } from '../duration.ts'
import { examples } from '../examples.ts'
import { getFile } from '../file-get.ts'
import { nameOf, reasonOf, SHOWN_ID, sizeOf, stateOf } from '../file-words.ts'
import type { Output } from '../output.ts'
import { filePath, roomPath } from '../paths.ts'
import { ProgressLine } from '../progress-line.ts'
import { formatBytes } from '../size.ts'
import { plain } from '../terminal-text.ts'
import { formatMoment } from '../when.ts'
import { addFilePolicy } from './file-policy.ts'

interface SendFlags {
  text?: string
  name?: string
  expires?: number
  replyTo?: string
}

/** `porchlight file send | list | show | get | pause | resume | cancel | delete | policy | quota` */
export function addFile(program: Command, context: CommandContext): void {
  const file = program
    .command('file')
    .description('send files and folders of any size; fetch what others sent')
    .addHelpText(
      'after',
      examples(
        ['porchlight file send harbour ./map.iso', 'served from where it is: nothing is copied'],
        ['porchlight file send harbour ~/photos --text "last week"', 'a folder, as one'],
        ['porchlight file list harbour', 'with ids, sizes, and how far each is'],
        ['porchlight file get harbour map.iso --out .', 'waits until all of it is here'],
        ['porchlight file policy harbour --auto-lan 1GB', 'fetched without being asked for'],
        ['porchlight file quota 20GB', 'the most that received files may take'],
      ),
    )
  addSend(file, context)
  addList(file, context)
  addShow(file, context)
  addGet(file, context)
  addActs(file, context)
  addDelete(file, context)
  addFilePolicy(file, context)
}

function addSend(file: Command, { io, client, out }: CommandContext): void {
  file
    .command('send')
    .argument('<room>', ROOM_HELP)
    .argument('<path>', 'a file or folder')
    .option('--text <text>', 'what to say with it')
    .option('--name <name>', 'what to call it; its own name when absent')
    .option('--expires <time>', 'when it disappears for everyone, as in 1h or 7d', parseDuration)
    .option('--reply-to <id>', 'the message that this one answers')
    .description('send a file or folder; others fetch it from where it is, so leave it there')
    .addHelpText(
      'after',
      examples(
        ['porchlight file send harbour ./map.iso', ''],
        ['porchlight file send harbour ./maps --name "Maps 2027" --expires 7d', ''],
      ),
    )
    .action(async (room: string, path: string, flags: SendFlags) => {
      const { text, name, expires, replyTo } = flags
      const request: FileSendRequest = {
        path: resolve(path),
        ...(text === undefined ? {} : { text }),
        ...(name === undefined ? {} : { name }),
        ...(expires === undefined ? {} : { expiresIn: expires }),
        ...(replyTo === undefined ? {} : { replyTo }),
      }
      const node = await client()
      const progress = new ProgressLine(io, !out().json)
      progress.show(`Reading ${path} once, to make it ready…`)
      const sent = await node
        .postAndWait<FileView>(roomPath(room, '/files'), request, 0, io.interrupted())
        .finally(() => progress.clear())
      await out().result(sent, () =>
        [
          `Sent ${nameOf(sent)} (${sizeOf(sent)}). ${out().style('dim', sent.id)}`,
          'Others fetch it from where it is: leave it there, unchanged, until they have it.',
        ].join('\n'),
      )
    })
}

function addList(file: Command, { client, out }: CommandContext): void {
  file
    .command('list')
    .argument('<room>', ROOM_HELP)
    .description('list the files of a room, oldest first')
    .addHelpText('after', examples(['porchlight file list harbour', '']))
    .action(async (room: string) => {
      const files = await (await client()).get<FileView[]>(roomPath(room, '/files'))
      await out().result(files, () => describeAll(files, out()))
    })
}

function addShow(file: Command, { client, out }: CommandContext): void {
  file
    .command('show')
    .argument('<room>', ROOM_HELP)
    .argument('<file>', FILE_HELP)
    .option('--contents', 'of a folder: the files in it')
    .description('show one file: how far it is, where it is, why it stands still')
    .addHelpText('after', examples(['porchlight file show harbour map.iso', '']))
    .action(async (room: string, reference: string, flags: { contents?: true }) => {
      const node = await client()
      const view = await node.get<FileView>(filePath(room, reference))
      if (flags.contents !== true) return out().result(view, () => describe(view, out()))
      const path = filePath(room, view.id, '/contents')
      const contents = await node.get<FolderEntry[]>(path)
      await out().result({ ...view, contents }, () =>
        [
          describe(view, out()),
          ...contents.map(({ path: inside, size }) => `  ${plain(inside)}  ${formatBytes(size)}`),
        ].join('\n'),
      )
    })
}

function addGet(file: Command, { io, client, out }: CommandContext): void {
  file
    .command('get')
    .argument('<room>', ROOM_HELP)
    .argument('<file>', FILE_HELP)
    .option('--out <path>', 'where to put it: a new name, or a folder that exists')
    .option('--timeout <time>', 'how long to wait, as in 90s or 1h', parseDuration)
    .description('fetch a file before all others, and wait until all of it is here')
    .addHelpText(
      'after',
      examples(
        ['porchlight file get harbour map.iso', 'into the data directory; prints where'],
        ['porchlight file get harbour 3fa2 --out ~/Downloads', 'into a folder'],
        ['porchlight file get harbour 3fa2 --timeout 10m', 'the node goes on after that'],
      ),
    )
    .action(async (room: string, reference: string, flags: { out?: string; timeout?: number }) => {
      const node = await client()
      const got = await getFile({
        node,
        room,
        file: await node.get<FileView>(filePath(room, reference)),
        ...(flags.out === undefined ? {} : { out: resolve(flags.out) }),
        ...(flags.timeout === undefined ? {} : { timeout: flags.timeout }),
        progress: new ProgressLine(io, !out().json),
        interrupted: io.interrupted(),
      })
      await out().result(got, () => {
        const rate = got.seconds > 0 ? ` at ${formatBytes(got.size / got.seconds)}/s` : ''
        return `${plain(got.path)}\n${formatBytes(got.size)} in ${got.seconds.toFixed(1)} s${rate}`
      })
    })
}

function addActs(file: Command, { client, out }: CommandContext): void {
  for (const [name, help, words] of [
    ['pause', 'stop fetching a file; what is here is kept', 'is paused'],
    ['resume', 'go on with a paused file', 'goes on'],
    ['cancel', 'stop fetching a file and free what came of it', 'is not fetched any more'],
  ] as const) {
    file
      .command(name)
      .argument('<room>', ROOM_HELP)
      .argument('<file>', FILE_HELP)
      .description(help)
      .addHelpText('after', examples([`porchlight file ${name} harbour map.iso`, '']))
      .action(async (room: string, reference: string) => {
        const path = filePath(room, reference, `/${name}`)
        const view = await (await client()).post<FileView>(path)
        await out().result(view, () => `${nameOf(view)} ${words}: ${stateOf(view)}.`)
      })
  }
}

function addDelete(file: Command, { client, out }: CommandContext): void {
  file
    .command('delete')
    .argument('<room>', ROOM_HELP)
    .argument('<file>', FILE_HELP)
    .option('--everyone', 'of what you sent: its message too, and its bytes on all devices')
    .description('free the bytes of a file here; what you sent, or put elsewhere, stays there')
    .addHelpText(
      'after',
      examples(
        ['porchlight file delete harbour map.iso', 'it can be fetched again'],
        ['porchlight file delete harbour map.iso --everyone', 'gone for all'],
      ),
    )
    .action(async (room: string, reference: string, flags: { everyone?: true }) => {
      const node = await client()
      const view = await node.get<FileView>(filePath(room, reference))
      const everyone = flags.everyone === true
      await node.delete(filePath(room, view.id, everyone ? '?everyone=true' : ''))
      await out().result({ id: view.id, name: view.name, everyone }, () =>
        everyone
          ? `${nameOf(view)} was deleted for everyone.`
          : view.own
            ? `${nameOf(view)} is offered no more from here; the original stays where it is.`
            : `${nameOf(view)} takes no space here any more; \`porchlight file get\` fetches it again.`,
      )
    })
}

function describeAll(files: readonly FileView[], out: Output): string {
  if (files.length === 0) {
    return 'Nobody has sent a file here yet: `porchlight file send ROOM PATH` does.'
  }
  const rows = files.map((view) => [
    view.id.slice(0, SHOWN_ID),
    nameOf(view),
    sizeOf(view),
    stateOf(view),
    String(view.sources),
    view.own ? 'you' : plain(view.authorName),
    reasonOf(view),
  ])
  return out.table(['FILE', 'NAME', 'SIZE', 'STATE', 'SOURCES', 'FROM', ''], rows)
}

function describe(view: FileView, out: Output): string {
  const { id, sources, own, authorName, sentAt, type, path, words } = view
  return [
    `${out.style('bold', nameOf(view))}  ${id}`,
    `${sizeOf(view)}, ${plain(type)}; from ${own ? 'you' : plain(authorName)}, ${formatMoment(sentAt)}`,
    `${stateOf(view)}; ${sources === 1 ? '1 device' : `${sources} devices`} in reach ${sources === 1 ? 'has' : 'have'} some of it`,
    ...(path === undefined ? [] : [`At ${plain(path)}`]),
    ...(words === undefined ? [] : [plain(words)]),
  ].join('\n')
}
