import type { Command } from 'commander'
import { setTimeout as pause } from 'node:timers/promises'
import { PorchlightError } from '../../../core/errors.ts'
import { isAlive } from '../../process-identity.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'

const LIMIT = 30_000

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
      const end = Date.now() + LIMIT
      while (await isAlive(node.pid)) {
        if (Date.now() > end) {
          throw new PorchlightError(
            'TIMED_OUT',
            `Process ${node.pid} is still closing after 30 s. Wait, or end it: nothing that was sent gets lost.`,
          )
        }
        await pause(50)
      }
      await out().result({ stopped: true, pid: node.pid }, () => 'Porchlight has stopped.')
    })
}
