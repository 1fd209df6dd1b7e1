import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import { waitForEnd } from '../process-end.ts'

/** `porchlight stop` */
export function addStop(program: Command, { client, out }: CommandContext): void {
  program
    .command('stop')
    .description('stop the node, and wait until it is gone')
    .addHelpText(
      'after',
      examples(['porchlight stop', 'nothing is lost: what was sent is on disk']),
    )
    .action(async () => {
      const node = await client()
      await node.post('/stop')
      await waitForEnd(node.pid)
      await out().result({ stopped: true, pid: node.pid }, () => 'Porchlight has stopped.')
    })
}
