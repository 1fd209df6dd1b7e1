import type { Command } from 'commander'
import type { TransportView } from '../../api/schemas.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import type { Output } from '../output.ts'
import { plain } from '../terminal-text.ts'

/** `porchlight transport list | on | off | add` */
export function addTransport(program: Command, { client, out }: CommandContext): void {
  const transport = program
    .command('transport')
    .description('see and switch what carries messages; link with an address typed by hand')
    .addHelpText(
      'after',
      examples(
        ['porchlight transport list', 'and the addresses others can type'],
        ['porchlight transport off lan', 'until the next start; "lan" in config.json keeps it off'],
        ['porchlight transport add 192.168.1.20:47471', 'where devices do not find each other'],
      ),
    )
  transport
    .command('list')
    .description('list the transports, their state and addresses')
    .action(async () => {
      const views = await (await client()).get<TransportView[]>('/transports')
      await out().result(views, () => transportTable(views, out()))
    })
  for (const [name, on] of [
    ['on', true],
    ['off', false],
  ] as const) {
    transport
      .command(name)
      .argument('<id>', 'as in `transport list`')
      .description(`switch a transport ${name}, until the next start`)
      .action(async (id: string) => {
        const path = `/transports/${encodeURIComponent(id)}`
        const view = await (await client()).put<TransportView>(path, { on })
        await out().result(view, () => transportTable([view], out()))
      })
  }
  transport
    .command('add')
    .argument('<address>', 'host:port, as the other device shows it in its `transport list`')
    .option('--transport <id>', 'the transport to dial with', 'lan')
    .description('link with a device by an address typed by hand')
    .action(async (address: string, options: { transport: string }) => {
      const path = `/transports/${encodeURIComponent(options.transport)}/dial`
      const done = await (await client()).post<object>(path, { address })
      await out().result(done, () => `Linked with ${plain(address)}.`)
    })
}

const COLOURS = { on: 'green', starting: 'yellow', off: 'dim', unavailable: 'red' } as const

/** The transports with what a person can do about each. */
export function transportTable(views: readonly TransportView[], out: Output): string {
  const rows = views.map((view) => [
    view.id,
    view.state,
    String(view.peers),
    view.addresses.length === 0 ? '-' : view.addresses.join(' '),
  ])
  const table = out.table(['TRANSPORT', 'STATE', 'PEERS', 'ADDRESSES'], rows)
  const reasons = views
    .filter((view) => view.reason !== undefined)
    .map((view) => out.style(COLOURS[view.state], `${view.id} is ${view.state}: ${view.reason}`))
  return [table, ...reasons].join('\n')
}
