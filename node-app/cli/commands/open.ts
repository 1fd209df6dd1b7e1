import { spawn } from 'node:child_process'
import type { Command } from 'commander'
import type { BrowserLink } from '../../api/schemas.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'

/** `porchlight open` */
export function addOpen(program: Command, { client, out }: CommandContext): void {
  program
    .command('open')
    .option('--print', 'only print the link')
    .description('open the page in the browser, by a fresh link that is good once')
    .addHelpText(
      'after',
      examples(
        ['porchlight open', 'from a terminal it opens the browser too'],
        ['porchlight open --print', 'to paste it yourself, within ten minutes'],
      ),
    )
    .action(async (flags: { print?: true }) => {
      const link = await (await client()).post<BrowserLink>('/link')
      await out().result(link, () => link.url)
      if (out().terminal && !flags.print) openBrowser(link.url)
    })
}

/** Leaves it to the system which browser that is; without one the printed link is enough. */
function openBrowser(url: string): void {
  const [program, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', url]
        : ['xdg-open', url]
  const child = spawn(program!, args, { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}
